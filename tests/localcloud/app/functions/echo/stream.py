"""Notes each record of the table's stream; a record that says so fails, alone or with its batch."""

import json
from typing import Any

from shared import write


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        change = record["dynamodb"]
        wish = change.get("NewImage", {}).get("wish", {}).get("S")
        if wish == "raise":
            raise RuntimeError("as it was asked")
        number = change["SequenceNumber"]
        write(f"seen-{number}", record=json.dumps(record))
        if wish == "fail":
            failures.append({"itemIdentifier": number})
    return {"batchItemFailures": failures}
