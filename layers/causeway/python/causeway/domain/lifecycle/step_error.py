"""The error that ended a run, as Step Functions reports it."""

import json

from causeway.domain.model.values import Value


class StepError(Value, rename={"error": "Error", "cause": "Cause", "state": "State"}):
    """What Step Functions hands to a Catch, and the name of the state that it came from."""

    error: str
    cause: str = ""
    state: str = ""

    @property
    def message(self) -> str:
        """The error's own words. A function's cause is a JSON object around them."""
        try:
            cause = json.loads(self.cause)
        except json.JSONDecodeError:
            return self.cause or self.error
        return str(cause.get("errorMessage", self.cause)) if isinstance(cause, dict) else self.cause
