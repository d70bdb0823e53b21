"""How rules are put in place."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localcloud.core import patching


class Greeter:
    name = "moto"

    @property
    def title(self) -> str:
        return self.name

    def greet(self, whom: str) -> str:
        return f"{self.name} greets {whom}"

    @classmethod
    def make(cls, name: str) -> str:
        return f"{cls.__name__} {name}"


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A register of this test's own, and the class as it was afterwards."""
    monkeypatch.setattr(patching, "_REGISTERED", [])
    kept = {name: vars(Greeter)[name] for name in ("title", "greet", "make")}
    yield
    for name, member in kept.items():
        setattr(Greeter, name, member)


@pytest.mark.usefixtures("registered")
def test_a_rule_is_given_what_it_replaces() -> None:
    @patching.replaces(Greeter, "greet")
    def politely(original: Callable[..., str], self: Any, whom: str) -> str:
        return original(self, f"dear {whom}")

    assert Greeter().greet("AWS") == "moto greets AWS"
    patching.install()
    assert Greeter().greet("AWS") == "moto greets dear AWS"


@pytest.mark.usefixtures("registered")
def test_a_later_rule_comes_before_an_earlier_one() -> None:
    for word in ("dear", "my"):
        _prefix(word)
    patching.install()
    assert Greeter().greet("AWS") == "moto greets dear my AWS"


@pytest.mark.usefixtures("registered")
def test_an_outermost_rule_comes_first_of_all() -> None:
    _prefix("dear", outermost=True)
    _prefix("my")
    patching.install()
    assert Greeter().greet("AWS") == "moto greets my dear AWS"


def _prefix(word: str, *, outermost: bool = False) -> None:
    @patching.replaces(Greeter, "greet", outermost=outermost)
    def prefixed(original: Callable[..., str], self: Any, whom: str) -> str:
        return original(self, f"{word} {whom}")


@pytest.mark.usefixtures("registered")
def test_properties_class_methods_and_new_methods() -> None:
    @patching.replaces(Greeter, "title")
    def loud(original: Callable[..., str], self: Any) -> str:
        return original(self).upper()

    @patching.replaces(Greeter, "make")
    def made(original: Callable[..., str], name: str) -> str:
        return original(name) + "!"

    @patching.replaces(Greeter, "leave")
    def leave(original: None, self: Any) -> str:
        assert original is None
        return f"{self.name} leaves"

    patching.install()
    greeter: Any = Greeter()
    assert (greeter.title, Greeter.make("one"), greeter.leave()) == ("MOTO", "Greeter one!", "moto leaves")


@pytest.mark.usefixtures("registered")
def test_installing_twice_changes_nothing() -> None:
    _prefix("dear")
    patching.install()
    patching.install()
    assert Greeter().greet("AWS") == "moto greets dear AWS"
