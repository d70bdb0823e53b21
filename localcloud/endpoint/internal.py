"""Calls that one service of the embedded AWS makes to another, on behalf of an account."""

import functools
from typing import Any

import boto3
from botocore.config import Config
from moto.settings import moto_server_port
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from localcloud.endpoint.callers import INTERNAL_HEADER

SERVICE_ROLE = "localcloud-service"
"""No such role exists: its sessions only say which account a service works for."""
_SESSION_SECONDS = 43_200


def client_for(service: str, account_id: str, region: str) -> Any:
    """A client whose calls the endpoint takes for the embedded AWS's own."""
    return _client(service, account_id, region, moto_server_port())


@functools.lru_cache(maxsize=256)
def _client(service: str, account_id: str, region: str, port: str) -> Any:
    session = sts_backends[account_id][get_partition(region)].assume_role(
        region_name=region,
        role_session_name="service",
        role_arn=f"arn:aws:iam::{account_id}:role/{SERVICE_ROLE}",
        policy="",
        duration=_SESSION_SECONDS,
        external_id="",
    )
    return client_as(session, service, region, port, Config(retries={"total_max_attempts": 1}))


def client_as(session: Any, service: str, region: str, port: str, config: Config) -> Any:
    """A role session's client, its calls marked as the embedded AWS's own: judged like others, but no fault hits them."""
    client: Any = boto3.Session().client(
        service,  # type: ignore[call-overload]
        region_name=region,
        endpoint_url=f"http://localhost:{port}",
        aws_access_key_id=session.access_key_id,
        aws_secret_access_key=session.secret_access_key,
        aws_session_token=session.session_token,
        config=config,
    )
    client.meta.events.register("before-sign", _mark)
    return client


def _mark(request: Any, **_: Any) -> None:
    request.headers[INTERNAL_HEADER] = "true"
