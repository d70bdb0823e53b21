"""What can go wrong, by what to do about it: retry now, retry later, or give up.

The class name is the interface: Lambda reports it as the error's type and the state machine's `Retry` and `Catch` match on
it (`statemachine/peering.asl.yaml`). A new class without a place there would be a give-up, so the tests compare the two.
"""


class CausewayError(Exception):
    """An error that says what is wrong, where, and what to do.

    Args:
        what: What is wrong, in one sentence.
        where: The resource or call it is about.
        remedy: What a person, or the state machine, can do about it.
    """

    def __init__(self, what: str, *, where: str, remedy: str) -> None:
        super().__init__(f"{what} Where: {where}. {remedy}")
        self.what = what
        self.where = where
        self.remedy = remedy


class RetryNowError(CausewayError):
    """A passing condition of AWS itself: the same call is likely to work in a second."""


class Throttled(RetryNowError):
    """AWS refused the call for its rate, after the client's own attempts."""


class ServiceUnavailable(RetryNowError):
    """AWS answered with a fault of its own, or did not answer."""


class RetryLaterError(CausewayError):
    """Something has to become true first; it usually does within seconds or minutes."""


class PeeringNotVisible(RetryLaterError):
    """A connection made moments ago cannot be seen here yet: EC2 is eventually consistent."""


class PeeringNotActive(RetryLaterError):
    """The connection is accepted but still provisioning."""


class NetworkNotSettled(RetryLaterError):
    """EC2 does not show yet what was just changed, or two looks at the network do not agree."""


class WitnessesNotReady(RetryLaterError):
    """A witness that was asked has not answered yet."""


class PairBusy(RetryLaterError):
    """Another run works on the same two VPCs."""


class GiveUpError(CausewayError):
    """No repetition helps: a person has to change something."""


class AccessDenied(GiveUpError):
    """A role may not be assumed or lacks a permission."""


class ResourceNotFound(GiveUpError):
    """A resource that the plan names is gone."""


class QuotaExceeded(GiveUpError):
    """AWS refused one more of something."""


class PeeringConflict(GiveUpError):
    """The connection is not what the plan says: other VPCs, other owners, or a terminal state."""


class RouteConflict(GiveUpError):
    """Somebody else's route to the same destination appeared after the plan was made."""


class AclEntryConflict(GiveUpError):
    """Somebody else's network ACL entry took the number after the plan was made."""


class InvalidRequest(GiveUpError):
    """AWS understood the call and refuses its content."""


class ApprovalDenied(GiveUpError):
    """A person said no to the plan."""


class ApprovalWithdrawn(GiveUpError):
    """A newer change of the item took the place of the one that asked."""


class ApprovalNotAsked(GiveUpError):
    """Somebody decides about a plan that waits for no decision, or no longer does."""


class LedgerMissing(GiveUpError):
    """A record that an earlier step must have written is not in the ledger."""


class SnapshotTooLarge(GiveUpError):
    """What was seen of two VPCs does not fit into one answer of a function."""
