"""Cases in which the check once said more than it knew: `plan` and `check` on the networks of `tests/cases/`."""

from pathlib import Path

from cli.exits import ExitCode

from .conftest import Command

CASES = Path(__file__).parents[1] / "cases"


def network_of(case: str) -> str:
    return str(CASES / f"{case}.network.json")


def item_of(case: str) -> str:
    return str(CASES / f"{case}.item.json")


def test_a_group_that_the_vpc_does_not_list_is_not_written_nor_called_reachable(offline: Command) -> None:
    plan = offline.json("plan", item_of("group_not_listed"), "--on", network_of("group_not_listed"))
    check = offline("check", network_of("group_not_listed"))
    reach = offline("reach", "--to", "192.0.0.180", "--on", network_of("group_not_listed"))

    (finding,) = plan["findings"]
    assert (finding["code"], finding["where"], plan["blocked"]) == ("NO_SECURITY_GROUP_SELECTED", "sg-0f0f0f0f0f0f0f001", True)
    assert "is carried by eni-d3646f4c0b539ad2a, but cannot be read" in finding["message"]
    findings = offline.json("check", network_of("group_not_listed"))["findings"]
    assert ("GROUPS_LEFT_OUT", "sg-0f0f0f0f0f0f0f001") in [(each["code"], each["where"]) for each in findings]
    assert "GROUPS_LEFT_OUT" in check.stdout
    assert (reach.exit_code, "unknown: everything" in reach.stdout) == (ExitCode.UNKNOWN, True)


def test_a_group_whose_only_interface_uses_an_unselected_table_is_cut_off(offline: Command) -> None:
    plan = offline.json("plan", item_of("wrong_table"), "--on", network_of("wrong_table"))
    check = offline("check", network_of("wrong_table"))
    (verdict,) = offline.json("check", network_of("wrong_table"))["verdicts"]

    assert [(finding["code"], finding["where"]) for finding in plan["findings"]] == [("FLOW_BLOCKED", "rtb-9b83c4cf0dec73715")]
    assert (plan["blocked"], check.exit_code) == (True, ExitCode.FAILED)
    assert (verdict["reachable"], verdict["destination"]["network_interface_id"]) == (False, "eni-bf576454a93cc4cbe")
