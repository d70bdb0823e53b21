"""`causeway map`: of the table, of saved networks, as a page and as data."""

from pathlib import Path
from typing import Any

import pytest

from causeway.domain.lifecycle.saved_network import from_json, to_json
from cli.exits import ExitCode
from tests.domain.networks import change
from tests.map.samples import three

from .conftest import Command

SAMPLE = Path(__file__).parents[2] / "events" / "saved_network.json"


def request_of(drawn: Any) -> dict[str, Any]:
    ((request,),) = (peering["requests"] for peering in drawn["peerings"])
    found: dict[str, Any] = request
    return found


def test_a_map_of_the_table_is_one_page(causeway: Command, tmp_path: Path) -> None:
    for item in three():
        causeway.table.put_item(Item=item)
    page = tmp_path / "map.html"

    ended = causeway("map", "--output", str(page))
    assert ended.exit_code == ExitCode.DONE
    assert "3 VPCs, 3 accounts, 2 regions, 3 peerings" in ended.stdout
    assert "test-to-production" in page.read_text(encoding="utf-8")


def test_the_data_is_printed_and_no_file_written(causeway: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for item in three():
        causeway.table.put_item(Item=item)

    drawn = causeway.json("map")
    assert [len(drawn[name]) for name in ("vpcs", "peerings", "unplaced")] == [3, 3, 1]
    assert drawn["source"] == "stack causeway"
    assert list(tmp_path.iterdir()) == []


def test_a_map_of_a_saved_network_needs_no_aws(offline: Command) -> None:
    drawn = offline.json("map", "--on", str(SAMPLE))

    request = request_of(drawn)
    assert request["state"] == "REACHABLE"
    assert request["connection_id"].startswith("pcx-")
    assert len(request["verdicts"]) == 4
    assert [vpc["cidr_blocks"] for vpc in drawn["vpcs"]] == [["10.0.0.0/16"], ["192.0.0.0/16"]]


def test_a_saved_network_whose_flows_do_not_work_is_blocked(offline: Command, tmp_path: Path) -> None:
    saved = from_json(SAMPLE.read_bytes())
    file = tmp_path / "broken.json"
    no_way_back = tuple(change(table, routes=table.routes[:1]) for table in saved.accepter.route_tables)
    file.write_bytes(to_json(change(saved, accepter=change(saved.accepter, route_tables=no_way_back))))

    request = request_of(offline.json("map", "--on", str(file)))
    assert request["state"] == "BLOCKED"
    assert request["verdicts"][0]["causes"][0].startswith("NO_ROUTE_TO_DESTINATION")


def test_several_saved_networks_are_one_map(offline: Command, tmp_path: Path) -> None:
    """Of one request that is in two of them the newest counts; flows that nobody asks for cannot be checked."""
    saved = from_json(SAMPLE.read_bytes())
    files = {
        "newer": change(saved, taken_at="2026-02-01T00:00:00.000+00:00"),
        "other": change(saved, request={**saved.request, "request_id": "other", "allow": []}),
    }
    for name, network in files.items():
        (tmp_path / name).write_bytes(to_json(network))
    drawn = offline.json("map", *(word for file in (SAMPLE, *tmp_path.iterdir()) for word in ("--on", str(file))))

    ((one, two),) = (peering["requests"] for peering in drawn["peerings"])
    assert (one["request_id"], one["state"]) == ("other", "UNCHECKED")
    assert (two["request_id"], two["updated_at"]) == ("test-to-production", "2026-02-01T00:00:00.000+00:00")


@pytest.mark.parametrize("words", [("--on", "README.md"), ("--on", "no such file")])
def test_what_is_no_saved_network_cannot_be_drawn(offline: Command, words: tuple[str, ...]) -> None:
    assert offline("map", *words).exit_code == ExitCode.USAGE


def test_a_page_that_cannot_be_written_says_so(offline: Command, tmp_path: Path) -> None:
    ended = offline("map", "--on", str(SAMPLE), "--output", str(tmp_path / "no" / "folder.html"))

    assert ended.exit_code == ExitCode.USAGE
