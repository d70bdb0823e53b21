"""EC2's filters, on plain values."""

import pytest
from moto.ec2.exceptions import EC2ClientError

from localcloud.ec2.filters import FilterReader, select

THINGS = ["alpha", "beta", "a*a", "al.ha"]
READERS: dict[str, FilterReader[str]] = {"name": lambda thing: [thing], "letter": list}


def selected(**filters: list[str]) -> list[str]:
    return select(THINGS, filters, READERS, lambda thing: {"Initial": thing[0]})


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["alpha"], ["alpha"]),
        (["al?ha"], ["alpha", "al.ha"]),
        (["al.ha"], ["al.ha"]),
        (["b*", "alpha"], ["alpha", "beta"]),
        (["ALPHA"], []),
        (["[a]lpha"], []),
    ],
)
def test_a_filter_knows_two_wildcards_and_no_others(patterns: list[str], found: list[str]) -> None:
    assert selected(name=patterns) == found


def test_values_of_one_filter_are_alternatives_and_filters_add_up() -> None:
    assert selected(letter=["b", "p"]) == ["alpha", "beta"]
    assert selected(letter=["b", "p"], name=["*t*"]) == ["beta"]


def test_tags_are_filtered_by_key_and_by_value() -> None:
    assert selected(**{"tag:Initial": ["b"]}) == ["beta"]
    assert selected(**{"tag-key": ["Init*"]}) == THINGS
    assert selected(**{"tag:Other": ["*"]}) == []


def test_an_unknown_filter_is_refused() -> None:
    with pytest.raises(EC2ClientError) as caught:
        selected(colour=["red"])
    assert caught.value.code == "InvalidParameterValue"
