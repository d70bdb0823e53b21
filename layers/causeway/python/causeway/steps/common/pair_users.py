"""The requests that share the connection of a pair of VPCs."""

from causeway.aws.store.ledger import Ledger
from causeway.domain.planning.ownership import Holdings


def holdings_of_others(pair: str, request_id: str, ledger: Ledger) -> dict[str, Holdings]:
    """What the other requests of the pair hold, by their ids; for a run that has the pair, because then none of it changes."""
    users = (user for user in ledger.users(pair) if user != request_id)
    held = {user: ledger.load_holdings(user) for user in users}
    return {user: holdings for user, holdings in held.items() if holdings.request is not None}
