"""Who has to agree to what: growth alone, by the stack's rule or the item's wish; and a decision is about one plan."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.authority.approval import (
    Approval,
    ApprovalDecision,
    ApprovalRule,
    Decision,
    growth,
    must_ask,
    objection,
    why_ask,
)
from causeway.domain.model.network import FIRST_OWN_NUMBER, AclEntry, Direction, Permission, Snapshot
from causeway.domain.model.protocols import ALL_PORTS, PortRange, Protocol
from causeway.domain.model.request import AclMode, Request
from causeway.domain.model.values import PerSide, Side
from causeway.domain.planning.kinds import (
    AclGrant,
    AuthorizeRule,
    CreateAclEntry,
    CreateRoute,
    DnsGrant,
    RouteGrant,
    RuleGrant,
    SetDnsResolution,
)
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.planner import holdings_after, plan_removal, plan_request
from tests.domain.networks import change, change_side, closed, flow, request, snapshots, ssh
from tests.domain.situations import Situation, applied, edits, held, situations

NETWORKS = snapshots()
NO_RULE = ApprovalRule()
ALICE, BOB = "arn:aws:sts::123456789012:assumed-role/approver/alice", "arn:aws:iam::123456789012:user/bob"


def tagged(side: Side, **tags: str) -> PerSide[Snapshot]:
    network = NETWORKS[side]
    return change_side(NETWORKS, side, change(network, vpc=change(network.vpc, tags=tags)))


def why(
    wanted: Request, rule: ApprovalRule = NO_RULE, networks: PerSide[Snapshot] = NETWORKS, holdings: Holdings = NOTHING_HELD
) -> tuple[str, ...]:
    return why_ask(rule, wanted, networks, plan_request(wanted, 1, networks, holdings), holdings)


# --- Which rule asks


def test_nobody_is_asked_without_a_rule() -> None:
    assert why(request()) == ()


def test_the_item_may_ask_for_it() -> None:
    assert why(request(approval=True)) == ("The item asks for approval.",)


@pytest.mark.parametrize("account_id", ["111111111111", "222222222222"])
def test_an_account_of_either_side(account_id: str) -> None:
    rule = ApprovalRule(accounts=("333333333333", account_id))
    assert why(request(), rule) == (f"A VPC of account {account_id} needs approval.",)


def test_other_accounts_ask_for_nothing() -> None:
    assert why(request(), ApprovalRule(accounts=("333333333333",))) == ()


def test_a_tag_on_either_vpc() -> None:
    rule = ApprovalRule(tags=(("Tier", "production"), ("Pci", "yes")))
    assert why(request(), rule, tagged(Side.ACCEPTER, Tier="production", Name="x")) == (
        "vpc-b1 (222222222222, us-east-1) has the tag Tier=production, which needs approval.",
    )
    assert why(request(), rule, tagged(Side.REQUESTER, Pci="yes")) != ()
    assert why(request(), rule, tagged(Side.REQUESTER, Tier="test")) == ()


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (flow(Side.REQUESTER, ports=PortRange(first=8000, last=8100)), "tcp/8000-8100 opens 101 ports"),
        (flow(Side.REQUESTER, Protocol.UDP, ALL_PORTS), "udp/0-65535 opens 65536 ports"),
        (flow(Side.ACCEPTER, Protocol.ALL), "All traffic opens 65536 ports"),
    ],
)
def test_more_ports_than_the_limit(wanted: Any, words: str) -> None:
    closed = snapshots(security_groups=1)
    assert why(request(wanted), ApprovalRule(ports_wider_than=100), closed) == (f"{words}; more than 100 need approval.",)


@pytest.mark.parametrize(
    "wanted", [flow(Side.REQUESTER, ports=PortRange(first=8000, last=8099)), ssh(), flow(Side.REQUESTER, Protocol.ICMP)]
)
def test_no_more_ports_than_the_limit(wanted: Any) -> None:
    assert why(request(wanted), ApprovalRule(ports_wider_than=100)) == ()


def test_all_reasons_are_told() -> None:
    rule = ApprovalRule(accounts=("111111111111", "222222222222"), tags=(("Tier", "production"),), ports_wider_than=1)
    wide = request(flow(Side.REQUESTER, ports=PortRange(first=1, last=3)), approval=True)
    assert len(why(wide, rule, tagged(Side.REQUESTER, Tier="production"))) == 5


def test_the_rule_as_the_stacks_parameters_say_it() -> None:
    assert ApprovalRule.parse("", "", "0") == ApprovalRule.parse("", "", "") == NO_RULE
    assert ApprovalRule.parse("111111111111,222222222222", "Tier=production,Note=a=b", "100") == ApprovalRule(
        accounts=("111111111111", "222222222222"), tags=(("Tier", "production"), ("Note", "a=b")), ports_wider_than=100
    )


# --- Growth


def test_what_was_agreed_to_is_not_asked_for_again() -> None:
    wanted = request(approval=True)
    holdings = holdings_after(wanted, NOTHING_HELD, plan_request(wanted, 1, NETWORKS))
    assert why(wanted, holdings=holdings) == ()


def test_another_port_another_block_and_dns_are_growth() -> None:
    wanted = request(ssh(), approval=True)
    holdings = holdings_after(wanted, NOTHING_HELD, plan_request(wanted, 1, NETWORKS))
    vpc = NETWORKS.accepter.vpc
    wider = change_side(
        NETWORKS, Side.ACCEPTER, change(NETWORKS.accepter, vpc=change(vpc, cidr_blocks=(*vpc.cidr_blocks, "192.1.0.0/16")))
    )
    assert why(request(ssh(), flow(Side.REQUESTER, ports=443), approval=True), holdings=holdings)
    assert why(request(ssh(), approval=True, dns_resolution=PerSide(requester=True, accepter=False)), holdings=holdings)
    assert why(wanted, networks=wider, holdings=holdings)


def test_an_acl_entry_is_growth_unless_it_is_part_of_an_agreed_one() -> None:
    """Also where the flow itself was agreed to: the ACL let it through then, and somebody has closed it."""
    wanted = request(ssh(), approval=True, network_acls=AclMode.MANAGE)
    held_open = holdings_after(wanted, NOTHING_HELD, plan_request(wanted, 1, NETWORKS))
    shut = PerSide(requester=closed(NETWORKS.requester), accepter=closed(NETWORKS.accepter))
    wide = request(flow(Side.REQUESTER, ports=PortRange(first=20, last=30)), network_acls=AclMode.MANAGE)
    held_shut = holdings_after(wide, NOTHING_HELD, plan_request(wide, 1, shut))

    assert why(wanted, networks=shut, holdings=held_open)
    assert why(wanted, networks=shut, holdings=held_shut) == ()


def test_a_part_of_what_was_agreed_to_is_no_growth() -> None:
    wide = request(flow(Side.REQUESTER, ports=PortRange(first=20, last=30)), approval=True)
    holdings = holdings_after(wide, NOTHING_HELD, plan_request(wide, 1, NETWORKS))
    assert why(request(ssh(), approval=True), holdings=holdings) == ()


def test_what_was_given_up_is_asked_for_again() -> None:
    wide, narrow = request(ssh(), flow(Side.REQUESTER, ports=443), approval=True), request(ssh(), approval=True)
    before = holdings_after(wide, NOTHING_HELD, plan_request(wide, 1, NETWORKS))
    holdings = holdings_after(narrow, before, plan_request(narrow, 2, NETWORKS, before))
    assert why(wide, holdings=holdings)


def test_a_blocked_plan_asks_nobody() -> None:
    wanted = request(approval=True)
    plan = plan_request(wanted, 1, snapshots(cidr="10.0.0.0/16"))
    assert plan.is_blocked
    assert why_ask(NO_RULE, wanted, NETWORKS, plan, NOTHING_HELD) == ()


@given(situations())
def test_a_plan_grows_by_no_more_than_the_scope_that_is_agreed_to_with_it(situation: Situation) -> None:
    wanted, networks = situation
    plan = plan_request(wanted, 1, networks, held(networks))
    assert {grant for each in plan.changes if (grant := each.grant)} <= set(plan.scope)


@given(situations(), st.randoms(use_true_random=False))
def test_what_somebody_broke_is_made_again_without_asking(situation: Situation, chance: Any) -> None:
    wanted, networks = situation
    plan = plan_request(wanted, 1, networks)
    holdings = holdings_after(wanted, NOTHING_HELD, plan)
    done = applied(wanted, plan, networks)
    broken = change_side(done, Side.REQUESTER, _without_some(done.requester, chance))
    assert growth(plan_request(wanted, 2, broken, holdings), holdings) == ()


def _without_some(network: Snapshot, chance: Any) -> Snapshot:
    """Some routes, rules and network ACL entries of ours are gone."""
    tables = (
        change(table, routes=tuple(route for route in table.routes if chance.random() < 0.5)) for table in network.route_tables
    )
    groups = (
        change(group, permissions=tuple(each for each in group.permissions if chance.random() < 0.5))
        for group in network.security_groups
    )
    acls = (
        change(acl, entries=tuple(each for each in acl.entries if each.number < FIRST_OWN_NUMBER or chance.random() < 0.5))
        for acl in network.network_acls
    )
    return change(network, route_tables=tuple(tables), security_groups=tuple(groups), owned_rules=(), network_acls=tuple(acls))


@given(edits())
def test_a_removal_never_asks(edit: Any) -> None:
    wanted, _, networks = edit
    assert growth(plan_removal(wanted, 2, networks, held(networks)), NOTHING_HELD) == ()


def test_the_grants_of_changes() -> None:
    permission = Permission(direction=Direction.INGRESS, protocol="tcp", peer="10.0.0.0/16")
    assert CreateRoute(side=Side.REQUESTER, route_table_id="rtb-a1", destination="192.0.0.0/16").grant == RouteGrant(
        side=Side.REQUESTER, destination="192.0.0.0/16"
    )
    assert AuthorizeRule(side=Side.ACCEPTER, security_group_id="sg-b1", permission=permission).grant == RuleGrant(
        side=Side.ACCEPTER, permission=permission
    )
    entry = AclEntry(number=20000, direction=Direction.INGRESS, allow=True, protocol="tcp", cidr_block="10.0.0.0/16")
    assert CreateAclEntry(side=Side.ACCEPTER, network_acl_id="acl-b1", entry=entry).grant == AclGrant(
        side=Side.ACCEPTER, permission=permission
    )
    assert SetDnsResolution(side=Side.ACCEPTER, allow=True).grant == DnsGrant(side=Side.ACCEPTER)
    assert SetDnsResolution(side=Side.ACCEPTER, allow=False).grant is None


# --- The decision

PLAN = change(plan_request(request(), 1, NETWORKS), approval_reasons=("The item asks for approval.",))
ASKED = Approval(number=1, checksum=PLAN.checksum, reasons=PLAN.approval_reasons, asked_at="2026-01-01T00:00:00.000+00:00")
YES = ApprovalDecision(request_id="test-to-production", checksum=PLAN.checksum, decision=Decision.APPROVED)
NO = change(YES, decision=Decision.DENIED, reason="Not now.")
NOW = "2026-01-02T00:00:00.000+00:00"
APPROVED = ASKED.decided(YES, ALICE, now=NOW)


def test_a_plan_without_reasons_waits_for_nobody() -> None:
    assert not must_ask(change(PLAN, approval_reasons=()), None)


@pytest.mark.parametrize(
    ("approval", "asks"),
    [
        (None, True),
        (ASKED, True),
        (APPROVED, False),
        (ASKED.decided(NO, ALICE, now=NOW), True),
        (APPROVED.lapsed(now=NOW), True),
        (ASKED.withdrawn(now=NOW), True),
        (change(APPROVED, checksum="0" * 16), True),
    ],
)
def test_only_a_persons_word_for_this_very_plan_lets_it_go_on(approval: Approval | None, asks: bool) -> None:
    assert must_ask(PLAN, approval) is asks


def test_who_said_what_and_when_is_kept() -> None:
    denied = ASKED.decided(NO, ALICE, now=NOW)
    assert (denied.decision, denied.decided_by, denied.decided_at, denied.reason) == (Decision.DENIED, ALICE, NOW, "Not now.")
    assert not denied.is_open


@pytest.mark.parametrize(
    ("asked", "answer", "who", "words"),
    [
        (ASKED, change(YES, checksum="0" * 16), ALICE, "asked about last is"),
        (APPROVED, YES, BOB, f"was approved at {NOW} by {ALICE}"),
        (APPROVED, NO, ALICE, f"was approved at {NOW} by {ALICE}"),
        (ASKED.lapsed(now=NOW), YES, ALICE, f"lapsed at {NOW}"),
        (ASKED.withdrawn(now=NOW), YES, ALICE, f"was withdrawn at {NOW}"),
    ],
)
def test_an_answer_to_what_is_not_asked_is_refused(asked: Approval, answer: ApprovalDecision, who: str, words: str) -> None:
    assert words in str(objection(asked, answer, who))


def test_the_first_answer_is_taken_and_may_be_said_again_by_the_same_person() -> None:
    assert objection(ASKED, YES, ALICE) is None
    assert objection(APPROVED, YES, ALICE) is None


def test_the_checksum_is_about_the_changes_alone() -> None:
    assert change(PLAN, generation=7, approval_reasons=(), scope=()).checksum == PLAN.checksum
    assert Plan(request_id="x", generation=1).checksum != PLAN.checksum
