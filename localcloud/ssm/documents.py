"""Documents: found by name, well formed, and made from templates."""

import json
from collections.abc import Callable
from typing import Any

from moto.ssm.exceptions import SSMException
from moto.ssm.models import Document

from localcloud.core.patching import replaces
from localcloud.ssm.command_documents import PUBLIC, Content, refuse_malformed


def content_of(backend: Any, name: str) -> Content:
    """The content of one of AWS's documents, or of the account's own, by its name or ARN."""
    name = name.rpartition("/")[2]
    if name in PUBLIC:
        return PUBLIC[name]
    document = backend._get_documents(name).get_default_version()
    if document.document_type != "Command":
        raise SSMException("InvalidDocument", f"The document {name} is no Command document.")
    content: Content = document.content_json
    return content


@replaces(Document, "__init__")
def a_document_is_well_formed(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
    """CreateDocument and UpdateDocument: InvalidDocumentContent for what could not be run."""
    original(self, *args, **kwargs)
    if self.document_type == "Command":
        refuse_malformed(self.content_json)


@replaces(Document, "create_from_cloudformation_json")
def documents_are_made_from_templates(
    original: Callable[..., Any], resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
) -> Any:
    """AWS::SSM::Document: an object or text for its content, and the defaults that moto leaves out."""
    defaults = {"Name": resource_name, "DocumentType": "Command", "DocumentFormat": "JSON"}
    properties = defaults | cloudformation_json["Properties"]
    if not isinstance(properties["Content"], str):
        properties |= {"Content": json.dumps(properties["Content"]), "DocumentFormat": "JSON"}
    return original(resource_name, {**cloudformation_json, "Properties": properties}, account_id, region_name, **kwargs)
