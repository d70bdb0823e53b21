"""Every function has an event that its cold start is measured with."""

from pathlib import Path

from bench.cold_start import events_of
from bench.networks import Pair, Vpc

FUNCTIONS = Path(__file__).parents[2] / "functions"


def test_every_function_has_its_event() -> None:
    vpc = Vpc("111111111111", "", "vpc-1", "10.0.0.0/16", (), "sg-1", "eni-1")
    pair = Pair("one", "us-east-1", vpc, vpc)
    assert {name.lower() for name in events_of(pair, pair)} == {each.name.replace("_", "") for each in FUNCTIONS.iterdir()}
