"""WatchRequests: expired items are deleted, and the requests that are due for a drift check go to DetectDrift's queue.

On a schedule every settled request is due, and every run without an outcome; after calls to EC2 that others made, the settled
requests with a VPC in the account and region of a call. DetectDrift checks them one at a time.
"""

from collections.abc import Collection
from datetime import datetime

from msgspec import field

from causeway.aws.queues import Queue
from causeway.aws.store.generations import Generations
from causeway.aws.store.requests_table import RequestsTable
from causeway.boundary import parse_watched
from causeway.domain.lifecycle.watch import AccountRegion, due_for_drift_check
from causeway.domain.model.values import Value


class Sweep(Value, omit_defaults=False):
    """The ids of the requests that were found to be due."""

    expired: tuple[str, ...]
    drift_checks: tuple[str, ...] = field(name="to_look_at")


def watch_requests(
    locations: Collection[AccountRegion] | None,
    now: datetime,
    *,
    requests: RequestsTable,
    generations: Generations,
    checks: Queue,
) -> Sweep:
    """Delete what has expired, and ask for a drift check of the rest.

    Args:
        locations: Where somebody changed something; None means everywhere.
        now: What `expires_at` is compared with.
        requests: The items.
        generations: Where the runs are that were begun.
        checks: DetectDrift's queue.
    """
    watched = [parse_watched(item) for item in requests.overview()]
    over = [item for item in watched if item.has_expired(now)]
    settled = due_for_drift_check((item for item in watched if item not in over), locations)
    unfinished = generations.unfinished_requests() if locations is None else ()
    sweep = Sweep(
        expired=tuple(item.request_id for item in over if requests.delete_expired(item.request_id, item.expires_at_text)),
        drift_checks=tuple(dict.fromkeys((*settled, *unfinished))),
    )
    checks.send(sweep.drift_checks)
    return sweep
