"""Notes the event that it got from the bus."""

import json
from typing import Any

from shared import write


def handler(event: dict[str, Any], context: Any) -> None:
    write(f"event-{event['detail'].get('name', event['detail-type'])}", event=json.dumps(event))
