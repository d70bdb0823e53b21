"""Logs that carry the request in each line, and the frame that every step of the state machine stands in."""

from collections.abc import Callable
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from .steps.step_input import StepInput

logger = Logger()

type Handler = Callable[[dict[str, Any], LambdaContext], Any]


def step(body: Callable[[StepInput], Any]) -> Handler:
    """A handler around a step: the state machine's input parsed, its result as plain JSON, a line at the start and the end.

    Errors are logged once, here, and raised: the state machine decides by their type.
    """

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: dict[str, Any], _context: LambdaContext) -> Any:
        given = msgspec.convert(event, StepInput)
        logger.append_keys(request_id=given.request_id, generation=given.generation, side=given.side)
        logger.info("Started")
        try:
            result = msgspec.to_builtins(body(given))
        except Exception:
            logger.exception("Failed")
            raise
        logger.info("Finished", result=result)
        return result

    return handler
