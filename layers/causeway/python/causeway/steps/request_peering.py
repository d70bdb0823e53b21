"""RequestPeering: the connection requested, in the requester's account and region."""

from causeway.aws.ec2.connection import ConnectionWriter
from causeway.aws.store.ledger import Ledger
from causeway.domain.planning.kinds import CreatePeering

from .common.step_input import StepInput


def request_peering(step: StepInput, *, ledger: Ledger, writer: ConnectionWriter) -> str:
    """Request the connection, and record its id.

    Returns:
        The connection's id. AWS gives the same id for the same request, so a repetition makes no second one.
    """
    run = ledger.load_run(step.request_id, step.generation)
    (change,) = run.saved_plan.of(CreatePeering)
    connection_id = writer.request_peering(change)
    ledger.save_connection(step.request_id, step.generation, connection_id)
    ledger.save_holdings(step.request_id, ledger.load_holdings(step.request_id).with_connection(connection_id))
    ledger.save_done(step.request_id, step.generation, change.side, "RequestPeering", (change,))
    return connection_id
