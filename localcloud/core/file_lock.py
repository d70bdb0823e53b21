"""One process at a time: what several embedded AWS of one project folder prepare on disk."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def file_lock(folder: Path) -> Iterator[None]:
    """Have the folder to this process. Others wait; the lock of one that dies is free."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
