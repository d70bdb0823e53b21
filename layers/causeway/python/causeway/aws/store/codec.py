"""Items of DynamoDB as the low-level client takes and gives them, and what the ledger packs into them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import msgspec
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


def attributes(**values: object) -> dict[str, AttributeValueTypeDef]:
    serializer = TypeSerializer()
    return {name: serializer.serialize(value) for name, value in values.items()}


def plain(item: Mapping[str, AttributeValueTypeDef]) -> dict[str, Any]:
    deserializer = TypeDeserializer()
    return {name: deserializer.deserialize(value) for name, value in item.items()}


def packed(value: object) -> bytes:
    """Compressed JSON: a plan of some thousand changes fits the 400 KB of an item."""
    return zlib.compress(msgspec.json.encode(value))


def unpacked[T](record: Mapping[str, Any], kind: type[T]) -> T:
    return msgspec.json.decode(zlib.decompress(record["payload"].value), type=kind)
