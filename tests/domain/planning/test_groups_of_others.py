"""Security groups that the VPC's owner did not make there: another account's, another VPC's, and those that were not read."""

import pytest

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import NetworkInterface, OwnedRule, SecurityGroup, Snapshot
from causeway.domain.model.request import Request, Selector
from causeway.domain.model.values import SIDES, PerSide, Side
from causeway.domain.planning.kinds import AuthorizeRule, RevokeRule
from causeway.domain.planning.ownership import NOTHING_HELD
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import plan_removal, plan_request
from causeway.domain.reachability.check import check
from causeway.domain.reachability.query_targets import find_target
from causeway.domain.reachability.verdicts import Result
from tests.domain.networks import change, change_side, connection, everything_out, request, snapshots, ssh
from tests.domain.reachability.test_check import SSH_IN, peered, without_groups_rules
from tests.domain.situations import applied

REQUESTER, ACCEPTER = SIDES
PARTICIPANT = "333333333333"
EVERYTHING, TAGGED = Selector(every=True), Selector(tag_key="App", tag_value="api")
WANTED = request(ssh())


def group(**changes: object) -> SecurityGroup:
    ours = SecurityGroup(security_group_id="sg-b9", name="other", permissions=everything_out(), tags={"App": "api"})
    return change(ours, **changes)


OF_ANOTHER_ACCOUNT = group(owner_id=PARTICIPANT)
OF_ANOTHER_VPC = group(home_vpc_id="vpc-home")


def with_group(network: Snapshot, *more: SecurityGroup) -> Snapshot:
    """The side with an interface that carries `sg-b9` alone, and with these groups."""
    other = NetworkInterface(
        network_interface_id="eni-b9", subnet_id="subnet-b1", addresses=("192.0.0.99",), security_group_ids=("sg-b9",)
    )
    interfaces = (*network.network_interfaces, other)
    return change(network, network_interfaces=interfaces, security_groups=(*network.security_groups, *more))


def networks(*more: SecurityGroup) -> PerSide[Snapshot]:
    return change_side(snapshots(), ACCEPTER, with_group(snapshots().accepter, *more))


def selecting(selector: Selector) -> Request:
    return change(WANTED, security_groups=change_side(WANTED.security_groups, ACCEPTER, selector))


def planned(selector: Selector, *more: SecurityGroup) -> Plan:
    return plan_request(selecting(selector), 1, networks(*more))


def groups_written(plan: Plan) -> set[str]:
    return {each.security_group_id for each in plan.of(AuthorizeRule, ACCEPTER)}


def the_only(plan: Plan) -> Finding:
    (finding,) = plan.findings
    return finding


# --- another account's


@pytest.mark.parametrize("selector", [EVERYTHING, TAGGED], ids=str)
def test_a_group_of_another_account_is_never_selected_never_written_and_told(selector: Selector) -> None:
    plan = planned(selector, OF_ANOTHER_ACCOUNT, group(security_group_id="sg-b8"))

    assert groups_written(plan) == ({"sg-b1", "sg-b8"} if selector.every else {"sg-b8"})
    finding = the_only(plan)
    assert (finding.code, finding.side, finding.where, finding.blocking) == (Code.GROUPS_LEFT_OUT, ACCEPTER, "sg-b9", False)
    assert f"sg-b9 of account {PARTICIPANT}" in finding.message


def test_a_group_of_another_account_that_is_named_is_refused() -> None:
    finding = the_only(planned(Selector(ids=("sg-b9",)), OF_ANOTHER_ACCOUNT))

    assert (finding.code, finding.where, finding.blocking) == (Code.NO_SECURITY_GROUP_SELECTED, "sg-b9", True)
    assert f"belongs to account {PARTICIPANT}" in finding.message


def test_a_group_of_another_account_is_no_matter_where_others_are_named() -> None:
    assert planned(Selector(ids=("sg-b1",)), OF_ANOTHER_ACCOUNT).findings == ()


def test_the_rules_of_another_accounts_group_are_judged() -> None:
    """It is carried beside a selected one: what either allows passes."""
    seen = peered(networks(group(owner_id=PARTICIPANT, permissions=(SSH_IN,))))
    both = tuple(change(each, security_group_ids=("sg-b1", "sg-b9")) for each in seen.accepter.network_interfaces)
    closed = without_groups_rules(seen.accepter).security_groups[:1]
    others = seen.accepter.security_groups[1:]
    seen = change_side(seen, ACCEPTER, change(seen.accepter, network_interfaces=both, security_groups=(*closed, *others)))

    (verdict,) = check(selecting(Selector(ids=("sg-b1",))), seen, connection(seen))

    assert verdict.result is Result.REACHABLE
    assert "sg-b9" in [hop.resource_id for hop in verdict.hops]


# --- one that was not read


def test_a_group_that_was_not_read_is_told_and_its_interface_is_none_of_aws_devices() -> None:
    finding = the_only(planned(EVERYTHING))

    assert (finding.code, finding.where, finding.blocking) == (Code.GROUPS_LEFT_OUT, "sg-b9", False)
    assert "sg-b9, which cannot be read" in finding.message
    assert find_target("eni-b9", WANTED, networks()).candidates.interfaces[0].network_interface_id == "eni-b9"


def test_a_group_that_was_not_read_is_refused_where_it_is_named() -> None:
    finding = the_only(planned(Selector(ids=("sg-b9",))))

    assert (finding.code, finding.where, finding.blocking) == (Code.NO_SECURITY_GROUP_SELECTED, "sg-b9", True)
    assert "sg-b9 is carried by eni-b9, but cannot be read" in finding.message


# --- another VPC's, which is associated with this one


@pytest.mark.parametrize("selector", [EVERYTHING, TAGGED, Selector(ids=("sg-b9",))], ids=str)
def test_an_associated_group_is_selected_like_the_vpcs_own(selector: Selector) -> None:
    plan = planned(selector, OF_ANOTHER_VPC)

    assert plan.findings == ()
    assert "sg-b9" in groups_written(plan)


def test_a_group_that_both_vpcs_share_keeps_the_rules_of_both_sides() -> None:
    """The rules that one side needs in it are seen on the other side too, where nobody asks for them."""
    seen = PerSide.of(lambda side: with_shared(snapshots()[side]))
    wanted = change(WANTED, security_groups=PerSide.of(lambda _: Selector(ids=("sg-b9",))), flows=(ssh(), ssh(ACCEPTER)))
    after = applied(wanted, plan_request(wanted, 1, seen), seen)
    owned = tuple(rule for side in SIDES for rule in after[side].owned_rules)
    shared = shared_group(after, owned)
    after = PerSide.of(lambda side: change(with_shared(after[side], shared), owned_rules=owned))

    assert plan_request(wanted, 2, after).changes == ()
    removal = plan_removal(wanted, 3, after, NOTHING_HELD)
    assert {each.rule_id for each in removal.of(RevokeRule)} == {rule.rule_id for rule in owned}


def with_shared(network: Snapshot, shared: SecurityGroup = group()) -> Snapshot:  # noqa: B008 - a value
    shared = change(shared, home_vpc_id="vpc-a1" if network.side is Side.ACCEPTER else None)
    others = tuple(each for each in network.security_groups if each.security_group_id != "sg-b9")
    carrying = tuple(change(each, security_group_ids=("sg-b9",)) for each in network.network_interfaces)
    return change(network, security_groups=(*others, shared), network_interfaces=carrying)


def shared_group(after: PerSide[Snapshot], owned: tuple[OwnedRule, ...]) -> SecurityGroup:
    return group(permissions=(*everything_out(), *(rule.permission for rule in owned)))
