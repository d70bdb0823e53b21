"""Logs that carry the request in each line, and the frame that every step of the state machine stands in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from causeway.steps.common.step_input import StepInput

logger = Logger()

type Handler = Callable[[dict[str, Any], LambdaContext], Any]


@contextmanager
def about(**keys: object) -> Iterator[None]:
    """Lines that carry these keys. An error is one of them, and raised: who called decides by its type."""
    with logger.append_context_keys(**keys):
        try:
            yield
        except Exception:
            logger.exception("Failed")
            raise


def step(body: Callable[[StepInput], Any]) -> Handler:
    """A handler around a step: the state machine's input parsed, its result as plain JSON, a line at the start and the end."""

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: dict[str, Any], _context: LambdaContext) -> Any:
        given = msgspec.convert(event, StepInput)
        with about(request_id=given.request_id, generation=given.generation, side=given.side):
            logger.info("Started")
            result = msgspec.to_builtins(body(given))
            logger.info("Finished", result=result)
        return result

    return handler
