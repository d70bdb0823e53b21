"""The metrics of Causeway's own: what the alarms and the dashboard show beside AWS's."""

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from causeway.domain.lifecycle.status import State, Status

_metrics = Metrics()


def count_outcome(status: Status) -> None:
    """One run that ended: `PeeringActive`, `PeeringDrifted`, `PeeringRejected`, `PeeringFailed` or `PeeringRemoved`.

    And the changes that it made.

    Written at once, not at the end of the invocation: most invocations have nothing to count. The line in the log names the
    request like every other; it is no dimension.
    """
    for state in (State.ACTIVE, State.DRIFTED, State.REJECTED, State.FAILED, State.REMOVED):
        _metrics.add_metric(name=f"Peering{state.value.title()}", unit=MetricUnit.Count, value=int(status.state is state))
    _metrics.add_metric(name="ChangesMade", unit=MetricUnit.Count, value=len(status.changes_made))
    _metrics.add_metadata(key="request_id", value=status.request_id)
    _metrics.flush_metrics()
