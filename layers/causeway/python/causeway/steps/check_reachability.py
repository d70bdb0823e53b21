"""CheckReachability: both sides observed anew in, a verdict for every flow out, and what is open that no item asks for."""

from causeway.aws.ec2.reader import Reader
from causeway.aws.store.holdings import HoldingsStore
from causeway.aws.store.runs import Runs
from causeway.domain.lifecycle.run import Run
from causeway.domain.model.errors import NetworkNotSettled, PeeringNotActive
from causeway.domain.model.network import PeeringConnection, PeeringStatus, Snapshot
from causeway.domain.model.observation import both_readable
from causeway.domain.model.request import Flow
from causeway.domain.model.values import SIDES, PerSide, Value
from causeway.domain.planning.exposure import beyond_allow
from causeway.domain.reachability.check import check
from causeway.domain.reachability.verdicts import Verdict

from .common.settled_looks import refuse_unsettled
from .common.step_input import StepInput


class Proof(Value):
    """What the state machine needs to know.

    Attributes:
        blocked: Whether a flow does not work. One of which nobody can tell is not blocked.
        witnesses: Whether the request names others who are asked as well.
        reachable: Whether no flow is blocked: what executions ask for that a release before 0.2 began.
    """

    blocked: bool
    witnesses: bool
    reachable: bool


def check_reachability(step: StepInput, *, runs: Runs, holdings: HoldingsStore, reader: Reader) -> Proof:
    """Judge what is there now, not what was planned.

    What a settled look says is saved. A flow that does not work counts once two such looks in a row say so.

    Raises:
        PeeringNotActive: The connection is still on its way.
        NetworkNotSettled: The look does not show yet what the run has changed, or says otherwise than the one before.
    """
    run = runs.load(step.request_id, step.generation)
    observed = reader.observe_both(run.request)
    snapshots = both_readable(observed)
    connection = _active(snapshots.requester, run.known_connection_id)
    _refuse_mixed_view(snapshots, connection)
    refuse_unsettled(run, snapshots)
    verdicts = check(run.request, snapshots, connection)
    others = holdings.load_others(run.request.pair, step.request_id).values()
    runs.save_exposures(step.request_id, step.generation, beyond_allow(run.request, others, snapshots, connection))
    runs.save_verdicts(step.request_id, step.generation, verdicts)
    _refuse_first_doubt(run, verdicts)
    blocked = any(verdict.blocked_by for verdict in verdicts)
    return Proof(blocked=blocked, witnesses=bool(verdicts and run.request.witnesses), reachable=not blocked)


def _refuse_first_doubt(run: Run, verdicts: tuple[Verdict, ...]) -> None:
    """The plan was found to let every flow work: what says otherwise is looked at twice."""
    blocked = _blocked(verdicts)
    if blocked and blocked != _blocked(run.verdicts or ()):
        raise NetworkNotSettled(
            f"By this look and not by one before it, these flows do not work: {', '.join(sorted(map(str, blocked)))}.",
            where=run.request.request_id,
            remedy="It is looked at again.",
        )


def _blocked(verdicts: tuple[Verdict, ...]) -> set[Flow]:
    return {verdict.flow for verdict in verdicts if verdict.blocked_by}


def _active(requester: Snapshot, connection_id: str) -> PeeringConnection | None:
    """The connection; where it is no longer there, the verdicts say so."""
    found = (each for each in requester.peering_connections if each.connection_id == connection_id)
    connection = next(found, None)
    if connection is not None and connection.status in {PeeringStatus.PROVISIONING, PeeringStatus.INITIATING_REQUEST}:
        raise PeeringNotActive(
            f"{connection_id} is {connection.status}.", where=str(requester.vpc.ref), remedy="It usually is active in seconds."
        )
    return connection


def _refuse_mixed_view(snapshots: PerSide[Snapshot], connection: PeeringConnection | None) -> None:
    """The calls of one look are not of one moment: routes seen before the connection became active look like black holes."""
    if connection is None or connection.status is not PeeringStatus.ACTIVE:
        return
    for side in SIDES:
        for table in snapshots[side].route_tables:
            if any(route.blackhole and route.leads_to(connection.connection_id) for route in table.routes):
                raise PeeringNotActive(
                    f"{connection.connection_id} is active, but {table.route_table_id} shows its routes as black holes.",
                    where=str(snapshots[side].vpc.ref),
                    remedy="It usually is active in seconds.",
                )
