"""DispatchRequest: the requests table's stream in, one execution for each change of an item out."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord, StreamRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from causeway import composition
from causeway.metrics import count_outcome
from causeway.observability import about, logger
from causeway.steps.dispatch_request import ItemChange, dispatch_request


def dispatch(record: DynamoDBRecord) -> None:
    stream = StreamRecord(record["dynamodb"])
    number, before, after = stream["SequenceNumber"], stream.old_image or None, stream.new_image or None
    change = ItemChange(request_id=stream.keys["request_id"], sequence_number=number, before=before, after=after)
    with about(request_id=change.request_id):
        status = dispatch_request(
            change,
            requests=composition.requests(),
            generations=composition.generations(),
            runs=composition.runs(),
            history=composition.history(),
            holdings=composition.holdings(),
            executions=composition.executions(),
            bus=composition.bus(),
        )
        logger.info("Dispatched", state=status and status.state, generation=status and status.generation)
    if status is not None and status.state.is_final:
        count_outcome(status)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event, dispatch, BatchProcessor(EventType.DynamoDBStreams), context)
