"""WatchRequests: what is due of all requests. Items whose time is over are deleted, the other requests are to be looked at.

On a schedule it is every settled request, and every run that has no outcome yet; after calls to EC2 that others made, the
settled requests with a VPC in the account and region of a call.
Nothing is looked at here, and nothing decided: that is DetectDrift's, one request at a time.
"""

from collections.abc import Collection
from datetime import datetime

from causeway.aws.queues import Queue
from causeway.aws.store.generations import Generations
from causeway.aws.store.requests_table import RequestsTable
from causeway.boundary import parse_watched
from causeway.domain.lifecycle.watch import Place, to_look_at
from causeway.domain.model.values import Value


class Sweep(Value, omit_defaults=False):
    """What was found to be due: ids of requests."""

    expired: tuple[str, ...]
    to_look_at: tuple[str, ...]


def watch_requests(
    places: Collection[Place] | None, now: datetime, *, requests: RequestsTable, generations: Generations, checks: Queue
) -> Sweep:
    """Delete what has expired, and ask for a look at the rest.

    Args:
        places: Where somebody changed something; None means everywhere.
        now: What `expires_at` is compared with.
        requests: The items.
        generations: Where the runs are that were begun.
        checks: DetectDrift's queue.
    """
    watched = [parse_watched(item) for item in requests.overview()]
    over = [item for item in watched if item.is_over(now)]
    settled = to_look_at((item for item in watched if item not in over), places)
    unfinished = generations.unfinished_requests() if places is None else ()
    sweep = Sweep(
        expired=tuple(item.request_id for item in over if requests.delete_expired(item.request_id, item.expires_at_text)),
        to_look_at=tuple(dict.fromkeys((*settled, *unfinished))),
    )
    checks.send(sweep.to_look_at)
    return sweep
