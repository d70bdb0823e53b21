"""An account's own quotas, as Service Quotas has them: kept for an hour, because they change once in months."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from causeway.aws.errors import translated
from causeway.aws.sessions import Access, MemberSessions
from causeway.domain.model.errors import AccessDenied

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from causeway.domain.model.request import VpcRef

SERVICE = "vpc"
LARGEST_PAGE = 100
KEPT_SECONDS = 3600.0


class _Kept(NamedTuple):
    values: Mapping[str, int]
    until: float


class QuotaReader:
    """Reads the quotas of Amazon VPC, in one call for an account and region, with the read role.

    Args:
        clock: Seconds that only ever grow.
    """

    def __init__(self, sessions: MemberSessions, clock: Callable[[], float] = monotonic) -> None:
        self._sessions = sessions
        self._clock = clock
        self._kept: dict[tuple[str, str], _Kept] = {}

    def of(self, vpc: VpcRef) -> Mapping[str, int]:
        """The value of each quota that applies to the VPC's account and region, by its code.

        Where they may not be read there are none: the documented defaults then have to do.

        Raises:
            RetryNowError: AWS throttled or did not answer.
        """
        place = (vpc.account_id, vpc.region)
        kept = self._kept.get(place)
        if kept is None or kept.until < self._clock():
            try:
                kept = self._kept[place] = _Kept(self._read(vpc), self._clock() + KEPT_SECONDS)
            except AccessDenied:
                return {}
        return kept.values

    def _read(self, vpc: VpcRef) -> dict[str, int]:
        with translated(f"the quotas of {vpc.account_id} in {vpc.region}"):
            pages = (
                self._sessions.service_quotas(vpc, Access.READ)
                .get_paginator("list_service_quotas")
                .paginate(ServiceCode=SERVICE, PaginationConfig={"PageSize": LARGEST_PAGE})
            )
            return {quota["QuotaCode"]: int(quota["Value"]) for page in pages for quota in page["Quotas"]}
