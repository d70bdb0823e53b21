"""What EC2's API reference documents of a call, which is all that is taken: members, values, page sizes and filters.

It is read from botocore's own model of EC2: that is the reference in another form. AWS may take more, such as filters of old
times; code that uses them is refused here, and never the other way round.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.model import OperationModel, ServiceModel, StructureShape
from botocore.session import get_session
from moto.ec2.exceptions import MissingParameter

from localcloud.ec2.errors import invalid_parameter, not_emulated
from localcloud.ec2.filters import unknown_filter

BY_TAG = "tag:"
"""Among an operation's filters: it has one for each key of a tag."""

_ENTRY = re.compile(r"<li>\s*(?:<p>)?\s*(?:<code>\s*([\w.-]+)|([\w.-]+)\s+-\s)")
"""How an entry of the list of filters begins: with the name as code, or with the name and a dash."""


def refuse_undocumented(operation: str, parameters: Mapping[str, Any]) -> None:
    """Check a call's parameters.

    Raises:
        EC2ClientError: MissingParameter; InvalidParameterValue for an undocumented value, size or filter; NotEmulated for
            filters of an operation whose filters are not documented.
    """
    _check_structure(_input_of(operation), parameters)
    size = parameters.get("MaxResults")
    if size is not None:
        _check_page_size(operation, int(size))
    for given in parameters.get("Filters") or parameters.get("Filter") or ():
        _check_filter(operation, given.get("Name", "null"))


@cache
def filters_of(operation: str) -> frozenset[str]:
    """The names of an operation's filters, with `BY_TAG` where it takes `tag:<key>`."""
    members = _input_of(operation).members
    documentation = "".join(members[name].documentation for name in ("Filters", "Filter") if name in members)
    names = {as_code or before_dash for as_code, before_dash in _ENTRY.findall(_outer_list(documentation))}
    return frozenset(BY_TAG if name == "tag" else name for name in names)


def _check_filter(operation: str, name: str) -> None:
    known = filters_of(operation)
    if not known:
        raise not_emulated(f"the filters of {operation}, of which EC2's API reference names none")
    if (BY_TAG if name.startswith(BY_TAG) else name) not in known:
        raise unknown_filter(name)


def _check_page_size(operation: str, size: int) -> None:
    bounds = _input_of(operation).members["MaxResults"].metadata
    least, most = bounds.get("min", size), bounds.get("max", size)
    if not least <= size <= most:
        expected = f"greater than {least}" if size < least else f"smaller than {most}"
        raise invalid_parameter(f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value {expected}.")


def _check_structure(shape: StructureShape, value: Mapping[str, Any]) -> None:
    for name in shape.required_members:
        if value.get(name) in (None, []):
            raise MissingParameter(f"The request must contain the parameter {name}")
    for name, given in value.items():
        if member := shape.members.get(name):
            _check_value(member, name, given)


def _check_value(shape: Any, name: str, value: Any) -> None:
    match shape.type_name:
        case "structure":
            _check_structure(shape, value)
        case "list":
            for each in value:
                _check_value(shape.member, name, each)
        case "string" if shape.enum and value not in shape.enum:
            raise invalid_parameter(f"Value ({value}) for parameter {name[0].lower()}{name[1:]} is invalid.")


def _outer_list(html: str) -> str:
    """Without the lists within its entries, which name values."""
    depth, kept = 0, ""
    for part in re.split(r"(</?ul>)", html):
        depth += {"<ul>": 1, "</ul>": -1}.get(part, 0)
        kept += part if depth <= 1 else ""
    return kept


def _input_of(operation: str) -> StructureShape:
    model: OperationModel = _model().operation_model(operation)
    return model.input_shape or StructureShape("Nothing", {"type": "structure", "members": {}})


@cache
def _model() -> ServiceModel:
    return get_session().get_service_model("ec2")
