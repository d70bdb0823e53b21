"""How the command ends: the exit codes, and the errors that have one."""

from enum import IntEnum

from causeway.domain.model.errors import AccessDenied, CausewayError, ResourceNotFound, ServiceUnavailable, Throttled


class ExitCode(IntEnum):
    """What a script learns without reading. `docs/command.md` has them all; a test compares the two."""

    DONE = 0
    """What was asked is done, or is as wanted."""
    FAILED = 1
    """Rejected, failed, blocked or denied: somebody has to change something."""
    USAGE = 2
    """The command line, or the file that it names, is not understood."""
    WAITING = 3
    """It waits for a person's decision; or, of `plan` and `drift`, the network is not as the item says."""
    NOT_FOUND = 4
    """The stack, the request, or the flow that is asked for, is not there."""
    UNREACHABLE = 5
    """AWS does not answer, or not to these credentials; or, of `drift` and `reach`, one of the networks cannot be looked at."""
    UNKNOWN = 6
    """Nothing is blocked, but of a flow it is unknown whether it works: something that decides cannot be seen."""


OF_STATE = {
    "ACTIVE": ExitCode.DONE,
    "REMOVED": ExitCode.DONE,
    "AWAITING_APPROVAL": ExitCode.WAITING,
    "DRIFTED": ExitCode.WAITING,
    "REJECTED": ExitCode.FAILED,
    "FAILED": ExitCode.FAILED,
}
"""How a run that was waited for ends the command, by its state."""

_OF_ERROR = {
    AccessDenied: ExitCode.UNREACHABLE,
    ServiceUnavailable: ExitCode.UNREACHABLE,
    Throttled: ExitCode.UNREACHABLE,
    ResourceNotFound: ExitCode.NOT_FOUND,
}


class CommandError(Exception):
    """Something that ends the command: what is wrong, where, what to do, and the code to end with."""

    def __init__(self, code: ExitCode, what: str, *, where: str, remedy: str) -> None:
        super().__init__(f"{what}\nWhere: {where}\n{remedy}")
        self.code = code

    @classmethod
    def of(cls, error: CausewayError) -> "CommandError":
        """What the package raises; a refusal is about the person's own credentials here."""
        remedy = "Use credentials that may do this: docs/command.md." if isinstance(error, AccessDenied) else error.remedy
        return cls(_OF_ERROR.get(type(error), ExitCode.FAILED), error.what, where=error.where, remedy=remedy)
