"""Files that the command writes."""

from pathlib import Path

from .exits import CommandError, ExitCode


def write(content: bytes, file: Path) -> None:
    """Write the file, anew if it is there.

    Raises:
        CommandError: It cannot be written.
    """
    try:
        file.write_bytes(content)
    except OSError as error:
        raise CommandError(ExitCode.USAGE, str(error), where=str(file), remedy="Name another --output.") from error
