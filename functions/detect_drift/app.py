"""DetectDrift: ids of settled requests in, a run for each whose network is no longer as its item says."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from causeway import composition
from causeway.clock import now
from causeway.observability import about, logger
from causeway.steps.detect_drift import detect_drift


def look(record: SQSRecord) -> None:
    request_id = record.body
    with about(request_id=request_id):
        found = detect_drift(
            request_id,
            now(),
            requests=composition.requests(),
            generations=composition.generations(),
            runs=composition.runs(),
            holdings=composition.holdings(),
            reader=composition.reader(),
            executions=composition.executions(),
            bus=composition.bus(),
        )
        logger.info("Looked", found=found)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, look, BatchProcessor(EventType.SQS), context)
