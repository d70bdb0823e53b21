"""What the fixture's functions share; it is in the layer only."""

import os

import boto3


def greeting() -> str:
    return os.environ["GREETING"]


def write(item_id: str, **attributes: str) -> None:
    boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"]).put_item(Item={"id": item_id, **attributes})


def count(key: str) -> int:
    """How often this was called with the key, by whichever sandbox."""
    answer = boto3.client("dynamodb").update_item(
        TableName=os.environ["TABLE_NAME"],
        Key={"id": {"S": f"count-{key}"}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    return int(answer["Attributes"]["n"]["N"])
