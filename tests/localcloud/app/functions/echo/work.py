"""Notes each message of the work queue, with its batch; one that says so fails, alone or with its batch."""

import json
import os
import time
from typing import Any

from shared import write


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    works = [json.loads(record["body"]) for record in event["Records"]]
    batch = json.dumps([work["id"] for work in works])
    for record, work in zip(event["Records"], works, strict=True):
        count = record["attributes"]["ApproximateReceiveCount"]
        write(f"work-{work['id']}-{count}", record=json.dumps(record), batch=batch, pid=str(os.getpid()))
        time.sleep(work.get("sleep", 0))
        if work.get("wish") == "fail":
            failures.append({"itemIdentifier": record["messageId"]})
        if work.get("wish") == "odd":
            failures.append({"itemIdentifier": "no-such-message"})
    if any(work.get("wish") == "raise" for work in works):
        raise RuntimeError("as it was asked")
    return {"batchItemFailures": failures}
