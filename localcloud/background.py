"""Work that nobody waits for, and whose errors are reported all the same."""

from concurrent.futures import Future

from localcloud.sandbox_pool import StoppingError


def raise_what_went_wrong(work: Future[None]) -> None:
    """A done callback. A future keeps its error to itself; raised here it is reported."""
    if not work.cancelled() and (error := work.exception()) and not isinstance(error, StoppingError):
        raise error
