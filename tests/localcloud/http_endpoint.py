"""An endpoint in a thread, for the tests of what stands in front of moto."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HUB = "123456789012"
MEMBER = "111111111111"
REGION = "us-east-1"
OPERATOR = {"AccessKeyId": "test", "SecretAccessKey": "test"}


class Endpoint:
    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str, credentials: Mapping[str, str] = OPERATOR, **config: Any) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            config=Config(retries={"total_max_attempts": 1}, **config),
        )

    def assume(self, account_id: str, role: str, by: Mapping[str, str] = OPERATOR, **conditions: str) -> dict[str, str]:
        """Credentials of a session named ``test``."""
        answer = self.client("sts", by).assume_role(
            RoleArn=f"arn:aws:iam::{account_id}:role/{role}", RoleSessionName="test", **conditions
        )
        credentials: dict[str, str] = answer["Credentials"]
        return credentials


@contextmanager
def serving(app: "WSGIApplication") -> Iterator[Endpoint]:
    http = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield Endpoint(f"http://localhost:{http.server_port}")
    http.shutdown()
    thread.join()
    http.server_close()


def refused(client: BaseClient, operation: str, **parameters: Any) -> Any:
    """The error response with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**parameters)
    return caught.value.response


def code_of(client: BaseClient, operation: str, **parameters: object) -> tuple[str, int]:
    """The code and the HTTP status with which a call is refused."""
    response = refused(client, operation, **parameters)
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
