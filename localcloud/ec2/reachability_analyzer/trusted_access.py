"""Who in the organization may analyse paths across accounts.

On AWS the management account, and up to five delegated administrators, once trusted access is on (Reachability Analyzer
guide, "Cross-account analyses").
"""

import msgspec


class TrustedAccess(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The accounts that may, or None for every account of the organization."""

    administrators: tuple[str, ...] | None = None

    def permits(self, account_id: str) -> bool:
        return self.administrators is None or account_id in self.administrators


_SETTING = [TrustedAccess()]


def configure(access: TrustedAccess) -> None:
    """From now on only these accounts may."""
    _SETTING[:] = [access]


def trusted_access() -> TrustedAccess:
    return _SETTING[0]
