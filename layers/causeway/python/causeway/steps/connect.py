"""RequestPeering, AcceptPeering and DeletePeering: the life of one connection."""

from causeway.aws.ec2.writer import Writer
from causeway.aws.store.ledger import Ledger
from causeway.domain.planning.plan import AcceptPeering, CreatePeering, DeletePeering
from causeway.steps.common.recording import save_made
from causeway.steps.common.step_input import StepInput


def request_peering(step: StepInput, *, ledger: Ledger, writer: Writer) -> str:
    """Request the connection in the requester's account and region.

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


def accept_peering(step: StepInput, *, ledger: Ledger, writer: Writer) -> str:
    """Accept the connection in the accepter's account and region, if it is the one that was planned."""
    run = ledger.load_run(step.request_id, step.generation)
    (change,) = run.saved_plan.of(AcceptPeering)
    connection_id = run.known_connection_id
    writer.accept_peering(change, connection_id)
    ledger.save_done(step.request_id, step.generation, change.side, "AcceptPeering", (change,))
    return connection_id


def delete_peering(step: StepInput, *, ledger: Ledger, writer: Writer) -> str:
    """Delete the connection, once nothing leads to it any more."""
    run = ledger.load_run(step.request_id, step.generation)
    (change,) = run.plan_for(undoing=step.undoing).of(DeletePeering)
    connection_id = run.known_connection_id
    writer.delete_peering(change, connection_id, step.request_id)
    save_made(step, run, ledger, "DeletePeering", (change,))
    return connection_id
