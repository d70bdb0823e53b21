"""Background work: nobody waits for it, and its errors are reported all the same."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class StoppingError(Exception):
    """The embedded AWS is stopping: work that has not begun is dropped."""


class Background:
    """Threads for one kind of work."""

    def __init__(self, name: str, workers: int) -> None:
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix=name)

    def submit[**Arguments](
        self, work: Callable[Arguments, None], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[None]:
        future = self._workers.submit(work, *args, **kwargs)
        future.add_done_callback(_raise_what_went_wrong)
        return future

    def close(self, *, wait: bool = True) -> None:
        """Forget what has not begun, and wait for what has."""
        self._workers.shutdown(wait=wait, cancel_futures=True)


def _raise_what_went_wrong(work: Future[None]) -> None:
    """A future keeps its error to itself; raised here it is reported."""
    if not work.cancelled() and (error := work.exception()) and not isinstance(error, StoppingError):
        raise error
