"""AcceptPeering: the connection accepted, in the accepter's account and region, if it is the one that was planned."""

from causeway.aws.ec2.connection import ConnectionWriter
from causeway.aws.store.runs import Runs
from causeway.domain.planning.kinds import AcceptPeering

from .common.step_input import StepInput


def accept_peering(step: StepInput, *, runs: Runs, writer: ConnectionWriter) -> str:
    """Accept the connection.

    Returns:
        The connection's id.
    """
    run = runs.load(step.request_id, step.generation)
    (change,) = run.saved_plan.of(AcceptPeering)
    connection_id = run.known_connection_id
    writer.accept_peering(change, connection_id)
    runs.save_done(step.request_id, step.generation, change.side, "AcceptPeering", (change,))
    return connection_id
