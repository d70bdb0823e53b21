"""Replacing moto's methods and properties by rules of our own."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import msgspec


class _Replacement(msgspec.Struct, frozen=True):
    owner: type
    name: str
    rule: Callable[..., Any]
    outermost: bool


_REGISTERED: list[_Replacement] = []


def replaces[Rule: Callable[..., Any]](owner: Any, name: str, *, outermost: bool = False) -> Callable[[Rule], Rule]:
    """Register a rule to take the place of `owner.name` when `install` runs.

    Of several rules for one method the later registered is asked first, and an `outermost` one before all others.

    The rule's first argument is what it replaces: the bound function's plain function, a property's getter, or None
    where moto has no such method. The rest is what the caller passed, beginning with `self` (not for a class method).
    """

    def register(rule: Rule) -> Rule:
        _REGISTERED.append(_Replacement(owner, name, rule, outermost))
        return rule

    return register


def install() -> None:
    """Put every registered rule in place. Registrations are consumed, so a second call changes nothing."""
    for replacement in sorted(_REGISTERED, key=lambda each: each.outermost):
        _put_in_place(replacement)
    _REGISTERED.clear()


def _put_in_place(replacement: _Replacement) -> None:
    original = getattr(replacement.owner, replacement.name, None)
    if isinstance(original, property):
        setattr(replacement.owner, replacement.name, property(_with(original.fget, replacement.rule)))
        return
    method = _with(original, replacement.rule)
    if isinstance(inspect.getattr_static(replacement.owner, replacement.name, None), (classmethod, staticmethod)):
        setattr(replacement.owner, replacement.name, staticmethod(method))
        return
    setattr(replacement.owner, replacement.name, method)


def _with(original: Callable[..., Any] | None, rule: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original or rule)
    def replaced(*args: Any, **kwargs: Any) -> Any:
        return rule(original, *args, **kwargs)

    # Moto asks whether a method is abstract before it calls it; what `wraps` copies from an abstract one is not true any more.
    vars(replaced).pop("__isabstractmethod__", None)
    return replaced
