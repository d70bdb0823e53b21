from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from causeway.aws.queues import Queue
from causeway.domain.model.errors import CausewayError, InvalidRequest, ServiceUnavailable

URL = "https://sqs.us-east-1.amazonaws.com/111111111111/work"


@pytest.mark.parametrize(("sender_fault", "kind"), [(False, ServiceUnavailable), (True, InvalidRequest)])
def test_a_message_that_the_queue_did_not_take_is_an_error(cloud: None, sender_fault: bool, kind: type[CausewayError]) -> None:
    client: Any = boto3.client("sqs")
    failed = {"Id": "1", "SenderFault": sender_fault, "Code": "Some", "Message": "Not taken."}
    with Stubber(client) as stubber:
        stubber.add_response("send_message_batch", {"Successful": [], "Failed": [failed]})

        with pytest.raises(kind, match=r"Some: Not taken\. Where: SendMessageBatch on queue"):
            Queue(URL, client).send(["one", "two"])
