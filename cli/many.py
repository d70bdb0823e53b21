"""Several requests at once: one that cannot be answered for does not stop the others."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from .exits import CommandError
from .hub import Document

AT_ONCE = 8


class Many[T](NamedTuple):
    """The answers in the requests' order, and of which requests there is none.

    Attributes:
        unseen: `request_id`, and `why`.
    """

    answers: list[T]
    unseen: list[Document]


def ask_all[T](items: Iterable[Document], ask: Callable[[Document], T]) -> Many[T]:
    """Ask about each of them, some at a time.

    Args:
        items: Each with its `request_id`.
        ask: May raise `CommandError` about one of them. Anything else is about all of them, and goes on up.
    """

    def asked(item: Document) -> T | CommandError:
        try:
            return ask(item)
        except CommandError as error:
            return error

    items = list(items)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = list(zip(items, pool.map(asked, items), strict=True))
    unseen = [{"request_id": item["request_id"], "why": str(each)} for item, each in said if isinstance(each, CommandError)]
    return Many([each for _, each in said if not isinstance(each, CommandError)], unseen)
