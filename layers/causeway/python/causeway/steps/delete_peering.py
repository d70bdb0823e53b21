"""DeletePeering: the connection deleted, once nothing leads to it any more."""

from causeway.aws.ec2.connection import ConnectionWriter
from causeway.aws.store.runs import Runs
from causeway.clock import now
from causeway.domain.lifecycle.settling import may_lag
from causeway.domain.planning.kinds import DeletePeering

from .common.recording import save_made
from .common.settled_looks import not_shown
from .common.step_input import StepInput


def delete_peering(step: StepInput, *, runs: Runs, writer: ConnectionWriter) -> str:
    """Delete the connection.

    Returns:
        The connection's id.

    Raises:
        NetworkNotSettled: EC2 does not show the connection yet, which the plan saw moments ago.
    """
    run = runs.load(step.request_id, step.generation)
    (change,) = run.plan_for(undoing=step.undoing).of(DeletePeering)
    connection_id = run.known_connection_id
    shown = writer.delete_peering(change, connection_id, step.request_id)
    if not shown and may_lag(run.looked_at, now()):
        raise not_shown(run, (change,))
    save_made(step, run, runs, "DeletePeering", (change,))
    return connection_id
