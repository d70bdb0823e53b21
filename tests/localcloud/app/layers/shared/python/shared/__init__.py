"""What the fixture's functions share; it is in the layer only."""

import os

import boto3


def greeting() -> str:
    return os.environ["GREETING"]


def write(item_id: str, **attributes: str) -> None:
    boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"]).put_item(Item={"id": item_id, **attributes})
