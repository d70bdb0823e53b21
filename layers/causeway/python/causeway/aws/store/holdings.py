"""The ledger's records of what each request holds in the network, and of the requests that share a pair's connection."""

from __future__ import annotations

from causeway.aws.errors import translated
from causeway.domain.planning.ownership import Holdings

from .codec import attributes, packed, unpacked
from .ledger_table import LedgerTable

HOLDINGS = "HOLDINGS"
USER = "USER#"


class HoldingsStore(LedgerTable):
    """What requests hold, whatever their generation, and the users of each pair of VPCs."""

    def save(self, request_id: str, holdings: Holdings) -> None:
        """Records what the request holds in the network."""
        self._put(request_id, HOLDINGS, payload=packed(holdings))

    def load(self, request_id: str) -> Holdings:
        """What the request holds; nothing where nothing was recorded."""
        record = self._get(request_id, HOLDINGS)
        return unpacked(record, Holdings) if record else Holdings()

    def load_others(self, pair: str, request_id: str) -> dict[str, Holdings]:
        """What the other requests of the pair hold, by their ids. While a run has the pair's lock, none of it changes."""
        held = {user: self.load(user) for user in self.users(pair) if user != request_id}
        return {user: holdings for user, holdings in held.items() if holdings.request is not None}

    def add_user(self, pair: str, request_id: str) -> None:
        """Records that the request uses the connection of these two VPCs."""
        self._put(pair, f"{USER}{request_id}")

    def users(self, pair: str) -> tuple[str, ...]:
        """The ids of the requests that use the connection of these two VPCs, in order."""
        return tuple(self._query_prefix(pair, USER))

    def remove_user(self, pair: str, request_id: str) -> None:
        """Records that the request no longer uses it."""
        with translated(self._place(pair)):
            self._client.delete_item(TableName=self._table_name, Key=attributes(request_id=pair, record=f"{USER}{request_id}"))
