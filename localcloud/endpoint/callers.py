"""Callers: who signed a request."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from moto.iam.models import get_account_id_from
from moto.sts.models import sts_backends

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

INTERNAL_ACCESS_KEYS = frozenset({"ak"})
"""Keys of the embedded AWS itself: moto's Step Functions interpreter signs its calls to other services with ``ak``."""
INTERNAL_HEADER = "X-Localcloud-Internal"
"""Any value marks a call as the embedded AWS's own, for services that sign with a session of a role."""
OPERATOR = "operator"
"""The name of who signs with any other key than a role's."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed a request: a session of a role, or the operator of an account (any other key)."""

    account_id: str
    access_key: str
    role_arn: str | None = None
    session_name: str | None = None
    internal: bool = False

    @property
    def name(self) -> str:
        return self.role_name or ("internal" if self.internal else OPERATOR)

    @property
    def role_name(self) -> str | None:
        return self.role_arn.rsplit("/", 1)[-1] if self.role_arn else None

    @property
    def arn(self) -> str:
        if self.role_arn:
            return f"arn:aws:sts::{self.account_id}:assumed-role/{self.role_name}/{self.session_name}"
        return f"arn:aws:iam::{self.account_id}:root"


def caller_of(environ: "WSGIEnvironment", access_key: str) -> Caller:
    internal = access_key in INTERNAL_ACCESS_KEYS or "HTTP_X_LOCALCLOUD_INTERNAL" in environ
    if access_key.startswith("ASIA") and (session := session_of(access_key)):
        return replace(session, internal=internal)
    return Caller(account_id=get_account_id_from(access_key), access_key=access_key, internal=internal)


@lru_cache(maxsize=4096)
def session_of(access_key: str) -> Caller | None:
    """The role session behind a temporary key. A key belongs to one session for ever, so the answer can be kept."""
    for account_id, backends in list(sts_backends.items()):
        if session := backends["aws"].get_assumed_role_from_access_key(access_key):
            return Caller(account_id, access_key, role_arn=session.role_arn, session_name=session.session_name)
    return None
