"""Every call of EC2: refused where AWS's reference does not know it, and applied whole, one at a time."""

import threading
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ec2.responses._base_response import EC2BaseResponse

from localcloud.core.patching import replaces
from localcloud.ec2 import lag
from localcloud.ec2.documented import refuse_undocumented
from localcloud.ec2.errors import not_emulated

_ONE_CALL_AT_A_TIME = threading.RLock()
"""EC2 applies each call whole; moto's threaded server would let one call's check interleave with another's effect."""


@replaces(EC2BaseResponse, "call_action")
def call_action(original: Callable[..., Any], self: Any) -> Any:
    """What moto lacks, operations and filters: NotEmulated."""
    operation = self._get_action()
    try:
        refuse_undocumented(operation, self.params)
        with _ONE_CALL_AT_A_TIME:
            self.seen_backend = lag.seen_by(self)
            return original(self)
    except ServiceException as error:
        return _answer(self, error)
    except NotImplementedError as error:
        return _answer(self, not_emulated(f"{operation}: {error}"))


def _answer(response: Any, error: Exception) -> Any:
    """As moto's own `call_action` answers the errors that an operation raises."""
    status, headers, body = response.serialized(ActionResult(error))
    return status, {**headers, "status": str(status)}, body
