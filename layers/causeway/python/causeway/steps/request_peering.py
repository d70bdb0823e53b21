"""RequestPeering: the connection requested, in the requester's account and region."""

from causeway.aws.ec2.connection import ConnectionWriter
from causeway.aws.store.holdings import HoldingsStore
from causeway.aws.store.runs import Runs
from causeway.domain.planning.kinds import CreatePeering

from .common.step_input import StepInput


def request_peering(step: StepInput, *, runs: Runs, holdings: HoldingsStore, writer: ConnectionWriter) -> str:
    """Request the connection, and record its id.

    Returns:
        The connection's id. AWS gives the same id for the same request, so a repetition makes no second one.
    """
    run = runs.load(step.request_id, step.generation)
    (change,) = run.saved_plan.of(CreatePeering)
    connection_id = writer.request_peering(change)
    runs.save_connection(step.request_id, step.generation, connection_id)
    holdings.save(step.request_id, holdings.load(step.request_id).with_connection(connection_id))
    runs.save_done(step.request_id, step.generation, change.side, "RequestPeering", (change,))
    return connection_id
