"""The ledger's stores together, as tests use them: in the product, each part gets those that it needs."""

from typing import Any, NamedTuple, Self

from causeway.aws.store.approvals import Approvals
from causeway.aws.store.generations import Generations
from causeway.aws.store.history import RunHistory
from causeway.aws.store.holdings import HoldingsStore
from causeway.aws.store.locks import Locks
from causeway.aws.store.runs import Runs


class Ledger(NamedTuple):
    """One table, by concern."""

    generations: Generations
    runs: Runs
    history: RunHistory
    holdings: HoldingsStore
    approvals: Approvals
    locks: Locks

    @classmethod
    def of(cls, client: Any, table_name: str = "ledger") -> Self:
        return cls(
            generations=Generations(table_name, client),
            runs=Runs(table_name, client),
            history=RunHistory(table_name, client),
            holdings=HoldingsStore(table_name, client),
            approvals=Approvals(table_name, client),
            locks=Locks(table_name, client),
        )
