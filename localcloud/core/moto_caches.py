"""Caches: what moto and botocore compute again and again with the same result is computed once. Answers stay the same."""

import copy
import functools
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from botocore import session
from moto.core import responses
from moto.core.serialize import AttributePicker, AttributePickerContext, XFormedAttributePicker
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from localcloud.core.patching import replaces

_KEYS: dict[tuple[object, ...], tuple[str, ...]] = {}
_BACKENDS: dict[str | None, Any] = {}
_PROGRAMS: dict[str, Any] = {}


def install() -> None:
    read_models_once()
    # Each response object asks for the names of its class's methods.
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)


def read_models_once() -> None:
    """The sessions of this process share the API models: each would parse megabytes of JSON for its clients."""
    session.create_loader = functools.cache(session.create_loader)


@replaces(DomainDispatcherApplication, "get_backend_for_host")
def a_host_keeps_its_backend(original: Callable[..., Any], dispatcher: Any, host: str | None) -> Any:
    """Moto lists its own folder for each call, while all others wait."""
    if host not in _BACKENDS:
        _BACKENDS[host] = original(dispatcher, host)
    return _BACKENDS[host]


@replaces(AmazonStateLanguageParser, "parse")
def a_definition_is_parsed_once(original: Callable[..., Any], definition: str) -> Any:
    """Moto parses it anew for each execution. What it parses to is only read."""
    if definition not in _PROGRAMS:
        _PROGRAMS[definition] = original(definition)
    return _PROGRAMS[definition]


@replaces(XFormedAttributePicker, "get_possible_keys")
def a_member_keeps_its_names(original: Callable[..., Any], picker: AttributePicker, context: AttributePickerContext) -> Any:
    """The names under which a value may be found depend on the member and on the type of the object alone."""
    looked_for = (type(context.obj), context.key, context.shape)
    if looked_for not in _KEYS:
        _KEYS[looked_for] = tuple(original(picker, context))
    return _KEYS[looked_for]


@replaces(Table, "query")
def a_query_looks_at_its_partition(
    original: Callable[..., Any], table: Table, hash_key: DynamoType | None, *others: Any, **conditions: Any
) -> Any:
    """Moto sorts the whole table for each query."""
    if hash_key is not None and not table.all_indexes():
        partition = {hash_key: table.items[hash_key]} if hash_key in table.items else {}
        table = copy.copy(table)
        table.items = defaultdict(dict, partition)
    return original(table, hash_key, *others, **conditions)
