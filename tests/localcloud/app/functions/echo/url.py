"""Answers requests to its function URL with the event, or as the path says."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> Any:
    match event["rawPath"]:
        case "/created":
            headers = {"X-Greeting": "hello"}
            return {"statusCode": 201, "headers": headers, "body": "made", "cookies": ["a=1; Secure", "b=2"]}
        case "/binary":
            return {"statusCode": 200, "body": "AAEC", "isBase64Encoded": True}
        case "/text":
            return "plain"
        case "/fail":
            raise ValueError("as asked")
    return event
