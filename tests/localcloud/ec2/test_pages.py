"""EC2's pages, of plain values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.ec2.exceptions import EC2ClientError

from localcloud.ec2.pages import page


@given(st.lists(st.integers()), st.integers(1, 7))
def test_the_pages_together_are_the_whole(items: list[int], size: int) -> None:
    gathered, token = page(items, size, None)
    while token is not None:
        shown, token = page(items, size, token)
        assert shown
        assert len(shown) <= size
        gathered += shown
    assert gathered == items


def test_without_a_size_there_is_one_page() -> None:
    assert page(["alpha", "beta"], None, None) == (["alpha", "beta"], None)


@pytest.mark.parametrize("token", ["invented", "b2Zmc2V0Omg=", "b2Zmc2V0Oi0x", "é"])
def test_an_invented_token_is_refused(token: str) -> None:
    with pytest.raises(EC2ClientError) as caught:
        page(["alpha", "beta", "gamma"], 2, token)
    assert caught.value.code == "InvalidPaginationToken"
