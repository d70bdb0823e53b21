"""The updates of one side: changes are made as planned, and those that were made are recorded."""

from collections.abc import Callable

import pytest

from causeway.domain.model.errors import LedgerMissing, PeeringNotActive, RouteConflict, Throttled
from causeway.domain.model.request import AclMode
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import AuthorizeRule, CreateAclEntry, CreateRoute
from causeway.domain.planning.ownership import NOTHING_HELD
from causeway.domain.planning.planner import holdings_after, plan_removal
from causeway.domain.planning.rounds import summarise
from tests.domain.networks import change, closed
from tests.domain.situations import applied
from tests.ledger import Ledger

from .conftest import RecordingWriter, configure_dns, update_network_acls, update_route_tables, update_security_groups
from .samples import CONFLICT, MADE, NETWORKS, STEP, THROTTLED, WANTED, connected, on, planned

pytestmark = pytest.mark.usefixtures("begun")

type UpdateStep = Callable[..., int]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("step", "kind"), [(update_route_tables, CreateRoute), (update_security_groups, AuthorizeRule)])
def test_a_side_is_changed_as_planned(ledger: Ledger, step: UpdateStep, kind: type, side: Side) -> None:
    connected(ledger)
    writer = RecordingWriter()

    made = step(on(side), runs=ledger.runs, writer=writer)

    run = ledger.runs.load(WANTED.request_id, 1)
    assert run.done == run.saved_plan.of(kind, side)
    assert made == len(run.done) == 2
    assert writer.asked[0][0] == WANTED.vpc(side)


def test_rules_carry_the_requests_tags(ledger: Ledger) -> None:
    connected(ledger)
    writer = RecordingWriter()

    update_security_groups(on(Side.ACCEPTER), runs=ledger.runs, writer=writer)

    (target,) = writer.targets
    assert (target.vpc, target.request_id, target.tags) == (WANTED.accepter, WANTED.request_id, {"Owner": "payments"})


@pytest.mark.parametrize("step", [update_route_tables, update_security_groups])
@pytest.mark.parametrize("failing", [1, 2])
def test_what_was_made_is_recorded_also_where_the_rest_failed(ledger: Ledger, step: UpdateStep, failing: int) -> None:
    connected(ledger)

    with pytest.raises(RouteConflict):
        step(on(Side.REQUESTER), runs=ledger.runs, writer=RecordingWriter(failing=failing, error=CONFLICT))

    assert len(ledger.runs.load(WANTED.request_id, 1).done) == 2 - failing


def test_a_step_that_is_tried_again_has_in_the_end_everything_on_record(ledger: Ledger) -> None:
    connected(ledger)
    with pytest.raises(Throttled):
        update_route_tables(on(Side.REQUESTER), runs=ledger.runs, writer=RecordingWriter(failing=1, error=THROTTLED))

    update_route_tables(on(Side.REQUESTER), runs=ledger.runs, writer=RecordingWriter())

    run = ledger.runs.load(WANTED.request_id, 1)
    assert run.done == run.saved_plan.of(CreateRoute, Side.REQUESTER)


def test_network_acls_are_changed_as_planned_and_back(ledger: Ledger) -> None:
    wanted = change(WANTED, network_acls=AclMode.MANAGE)
    shut = PerSide.of(lambda side: closed(NETWORKS[side]))
    planned(ledger, wanted, shut)
    plan = ledger.runs.load(WANTED.request_id, 1).saved_plan
    writer = RecordingWriter()

    made = update_network_acls(on(Side.ACCEPTER), runs=ledger.runs, writer=writer)

    entries = plan.of(CreateAclEntry, Side.ACCEPTER)
    assert made == len(entries) > 0
    assert writer.asked == [(WANTED.accepter, *entries)]
    assert ledger.runs.load(WANTED.request_id, 1).done == entries
    assert [each.step for each in summarise(plan, check=True).rounds[0].updates].count("UpdateNetworkAcls") == 2

    held = holdings_after(wanted, NOTHING_HELD, plan)
    back = plan_removal(wanted, 1, applied(wanted, plan, shut), held)
    ledger.runs.save_request(2, wanted)
    ledger.runs.save_plan(change(back, generation=2))
    removing = change(on(Side.ACCEPTER), generation=2, removing=True)

    assert update_network_acls(removing, runs=ledger.runs, writer=writer) == len(entries)
    (round_,) = summarise(back, check=False).rounds
    assert [each.step for each in round_.updates if each.side is Side.ACCEPTER][-1] == "UpdateNetworkAcls"


def test_dns_is_set_where_it_is_planned(ledger: Ledger) -> None:
    connected(ledger)
    writer = RecordingWriter()

    assert configure_dns(on(Side.REQUESTER), runs=ledger.runs, writer=writer) == 1
    assert configure_dns(on(Side.ACCEPTER), runs=ledger.runs, writer=writer) == 0

    ((vpc, dns),) = writer.asked
    assert (vpc, writer.targets[0].connection_id, dns.allow) == (WANTED.requester, MADE, True)
    assert ledger.runs.load(WANTED.request_id, 1).done == (dns,)


def test_dns_that_is_too_early_is_not_on_record(ledger: Ledger) -> None:
    connected(ledger)
    error = PeeringNotActive("It is provisioning.", where=MADE, remedy="It is tried again.")

    with pytest.raises(PeeringNotActive):
        configure_dns(on(Side.REQUESTER), runs=ledger.runs, writer=RecordingWriter(failing=1, error=error))

    assert ledger.runs.load(WANTED.request_id, 1).done == ()


@pytest.mark.parametrize("step", [update_route_tables, update_security_groups, configure_dns])
def test_an_update_needs_a_side_and_a_plan(ledger: Ledger, step: UpdateStep) -> None:
    with pytest.raises(LedgerMissing, match="no plan"):
        step(on(Side.REQUESTER), runs=ledger.runs, writer=RecordingWriter())
    connected(ledger)
    with pytest.raises(ValueError, match="needs a side"):
        step(STEP, runs=ledger.runs, writer=RecordingWriter())
