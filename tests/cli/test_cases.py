"""Cases in which the check once said more than it knew: `plan` and `check` on the networks of `tests/cases/`."""

from pathlib import Path

from cli.exits import ExitCode

from .conftest import Command

CASES = Path(__file__).parents[1] / "cases"


def network_of(case: str) -> str:
    return str(CASES / f"{case}.network.json")


def item_of(case: str) -> str:
    return str(CASES / f"{case}.item.json")


def test_a_group_whose_only_interface_uses_an_unselected_table_is_cut_off(offline: Command) -> None:
    plan = offline.json("plan", item_of("wrong_table"), "--on", network_of("wrong_table"))
    check = offline("check", network_of("wrong_table"))
    (verdict,) = offline.json("check", network_of("wrong_table"))["verdicts"]

    assert [(finding["code"], finding["where"]) for finding in plan["findings"]] == [("FLOW_BLOCKED", "rtb-9b83c4cf0dec73715")]
    assert (plan["blocked"], check.exit_code) == (True, ExitCode.FAILED)
    assert (verdict["reachable"], verdict["destination"]["network_interface_id"]) == (False, "eni-bf576454a93cc4cbe")
