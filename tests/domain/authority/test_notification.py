"""A plan as people read it."""

from causeway.domain.authority.notification import MAX_LINES, approval_notification, render_plan
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.values import Side
from causeway.domain.planning.kinds import CreateRoute
from causeway.domain.planning.planner import plan_request
from tests.domain.networks import change, request, snapshots, ssh

REQUEST = request(ssh(), requested_by="payments team")
PLAN = change(plan_request(REQUEST, 3, snapshots()), approval_reasons=("The item asks for approval.",))


def test_a_question_says_all_that_a_person_needs_to_decide() -> None:
    assert approval_notification(REQUEST, PLAN).text.splitlines() == [
        "Request test-to-production, generation 3",
        "Asked by: payments team",
        "Requester: vpc-a1 (111111111111, us-east-1)",
        "Accepter:  vpc-b1 (222222222222, us-east-1)",
        f"Checksum:  {PLAN.checksum}",
        "",
        "Why you are asked:",
        "  The item asks for approval.",
        "",
        "What would be done:",
        *(f"  {change.sentence}" for change in PLAN.changes),
        "",
        "How to decide:",
        "  causeway approve test-to-production",
        '  causeway deny test-to-production --reason "..."',
        "",
        "The decision is about exactly these changes. If the network has changed by then, you are asked again.",
    ]


def test_the_title_is_what_sns_takes_as_a_subject() -> None:
    subject = approval_notification(change(REQUEST, request_id="x" * 64), PLAN).subject
    assert subject.isascii()
    assert len(subject) <= 100


def test_nobody_is_made_up_who_asked() -> None:
    assert "Asked by: the item does not say" in approval_notification(change(REQUEST, requested_by=None), PLAN).text


def test_findings_are_told_too() -> None:
    finding = Finding(code=Code.NOTHING_TO_CHECK, where="x", message="There are no ends.", blocking=False)
    lines = list(render_plan(change(PLAN, findings=(finding,))))
    assert lines[lines.index("What to know:") + 1] == "  There are no ends."


def test_a_plan_of_any_size_fits_a_notification() -> None:
    routes = tuple(
        CreateRoute(side=Side.REQUESTER, route_table_id=f"rtb-{number:017x}", destination="2600:1f00:aaaa:bbbb::/64")
        for number in range(5000)
    )
    text = approval_notification(REQUEST, change(PLAN, changes=routes)).text
    assert len(text.encode()) < 256 * 1024
    assert f"  and {5000 - MAX_LINES} more" in text.splitlines()
