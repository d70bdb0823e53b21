"""File locks: several processes that use one project folder prepare files on disk one at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def file_lock(folder: Path) -> Iterator[None]:
    """Keep the folder for this process. Others wait; the lock of a process that dies is free again."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
