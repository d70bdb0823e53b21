"""The deployed hub, as the command uses it. The only module of the command that knows boto3."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from http import HTTPStatus
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from causeway.aws.errors import translated
from causeway.aws.executions import describe_execution, execution_arn
from causeway.aws.store.codec import attributes, plain
from causeway.aws.store.generations import Generations
from causeway.aws.store.history import RunHistory
from causeway.aws.store.runs import Runs
from causeway.domain.lifecycle.saved_network import SavedNetwork, UnusableSnapshot, unpack
from causeway.domain.lifecycle.status import execution_name
from causeway.domain.model.errors import ResourceNotFound

from .exits import CommandError, ExitCode

type Document = dict[str, Any]
"""A JSON object as plain values."""

_IS_API = re.compile(r"https://[^/.]+\.execute-api\.")
"""The URL of an HTTP API, where functions have none. It is signed for another service."""


class Hub:
    """One stack of Causeway, found by its outputs.

    Args:
        stack: The stack's name.
        session: Whose credentials and region; the environment's unless told otherwise.
        endpoint_url: Of another AWS than AWS; `AWS_ENDPOINT_URL` in the environment does the same.
    """

    def __init__(self, stack: str, session: boto3.session.Session | None = None, *, endpoint_url: str | None = None) -> None:
        self._stack = stack
        self._session = session or boto3.session.Session()
        self._endpoint_url = endpoint_url
        if self._session.region_name is None:
            raise CommandError(
                ExitCode.UNREACHABLE,
                "No AWS region is set.",
                where="the environment and the profile",
                remedy="Set AWS_DEFAULT_REGION to the hub's region.",
            )

    # Requests

    def put(self, item: Document) -> None:
        """Put the item as a whole. That takes its `status` away, which asks for a run."""
        with translated(self._place(item["request_id"])):
            self._dynamodb.put_item(TableName=self._table, Item=attributes(**item))

    def find(self, request_id: str) -> Document | None:
        """The item as it is now; None where there is none."""
        with translated(self._place(request_id)):
            key = attributes(request_id=request_id)
            answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return _document(answer["Item"]) if "Item" in answer else None

    def item(self, request_id: str) -> Document:
        """The item as it is now.

        Raises:
            CommandError: It is not there.
        """
        item = self.find(request_id)
        if item is None:
            raise self._no_such_request(request_id)
        return item

    def items(self) -> list[Document]:
        """Every item, by its id."""
        with translated(f"table {self._table}"):
            pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table)
            return sorted(
                (_document(item) for page in pages for item in page["Items"]), key=lambda item: str(item["request_id"])
            )

    def delete(self, request_id: str) -> None:
        """Delete the item.

        Raises:
            CommandError: There is none.
        """
        with translated(self._place(request_id)):
            key = attributes(request_id=request_id)
            answer = self._dynamodb.delete_item(TableName=self._table, Key=key, ReturnValues="ALL_OLD")
        if "Attributes" not in answer:
            raise self._no_such_request(request_id)

    def caller(self) -> str:
        """The ARN that AWS knows the caller by."""
        with translated("the caller's credentials"):
            return str(self._client("sts").get_caller_identity()["Arn"])

    # Runs

    @cached_property
    def generations(self) -> Generations:
        return Generations(self._output("LedgerTableName"), self._dynamodb)

    @cached_property
    def runs(self) -> Runs:
        return Runs(self._output("LedgerTableName"), self._dynamodb)

    @cached_property
    def history(self) -> RunHistory:
        return RunHistory(self._output("LedgerTableName"), self._dynamodb)

    def execution_status(self, request_id: str, generation: int) -> str | None:
        """The state machine's word for how the generation's execution stands; None where there is no such execution."""
        described = describe_execution(self._executions, self._execution_arn(request_id, generation))
        return described and described["status"]

    def execution_events(self, request_id: str, generation: int) -> list[Mapping[str, Any]]:
        """The history events of the generation's execution, so far."""
        arn = self._execution_arn(request_id, generation)
        with translated(arn):
            try:
                pages = self._executions.get_paginator("get_execution_history").paginate(executionArn=arn)
                return [event for page in pages for event in page["events"]]
            except self._executions.exceptions.ExecutionDoesNotExist:
                return []

    # Plans and decisions

    def preview(self, item: Document) -> Document:
        """What the item would find and change: PreviewPlan's answer."""
        return self._invoke("PreviewPlanName", "preview", item)

    def snapshot(self, item: Document) -> SavedNetwork:
        """What Causeway sees of both sides of the item: TakeSnapshot's answer."""
        said = self._invoke("TakeSnapshotName", "snapshot", item)
        try:
            return unpack(said["snapshot"])
        except UnusableSnapshot as error:
            where = f"stack {self._stack}"
            remedy = "Bring the command and the stack to the same version."
            raise CommandError(ExitCode.FAILED, str(error), where=where, remedy=remedy) from error

    def _invoke(self, output: str, what: str, item: Document) -> Document:
        """The answer of the function that the output names."""
        name = self._output(output)
        with translated(f"function {name}"):
            answer = self._client("lambda").invoke(FunctionName=name, Payload=json.dumps(item).encode())
            said: Document = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise CommandError(
                ExitCode.FAILED,
                f"The {what} failed with {said.get('errorType')}: {said.get('errorMessage')}",
                where=f"function {name}, request {item.get('request_id')}",
                remedy="See the function's log.",
            )
        return said

    def decide(self, request_id: str, checksum: str, decision: str, reason: str | None) -> Document:
        """Send a decision about exactly the plan with this checksum. The signature says who decides.

        Args:
            request_id: The request that waits.
            checksum: Of the plan that the person has seen.
            decision: `approve` or `deny`.
            reason: What the person says about it.
        """
        url = self._output("ApprovalUrl")
        content = {"request_id": request_id, "checksum": checksum, "decision": decision}
        body = json.dumps(content if reason is None else {**content, "reason": reason})
        with translated(url):
            response = URLLib3Session().send(self._signed(url, body).prepare())
        said = response.content.decode(errors="replace")
        if response.status_code == HTTPStatus.OK:
            decided: Document = json.loads(said)
            return decided
        refused = response.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED}
        raise CommandError(
            ExitCode.UNREACHABLE if refused else ExitCode.FAILED,
            f"The decision was not taken ({response.status_code}): {_message(said)}",
            where=f"request {request_id}, plan {checksum}",
            remedy="Use credentials that may decide: docs/command.md."
            if refused
            else f"See `causeway request get {request_id}`.",
        )

    def _signed(self, url: str, body: str) -> AWSRequest:
        request = AWSRequest("POST", url, headers={"Content-Type": "application/json"}, data=body)
        credentials = self._session.get_credentials()
        service = "execute-api" if _IS_API.match(url) else "lambda"
        if credentials is not None:
            SigV4Auth(credentials.get_frozen_credentials(), service, self._session.region_name).add_auth(request)
        return request

    # Where everything is

    @cached_property
    def _outputs(self) -> dict[str, str]:
        with translated(f"stack {self._stack} in {self._session.region_name}", {"ValidationError": ResourceNotFound}):
            (stack,) = self._client("cloudformation").describe_stacks(StackName=self._stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}

    def _output(self, name: str) -> str:
        if name not in self._outputs:
            raise CommandError(
                ExitCode.NOT_FOUND,
                f"The stack has no output {name}.",
                where=f"stack {self._stack}",
                remedy="Name Causeway's stack by --stack, or bring it up to date.",
            )
        return self._outputs[name]

    @cached_property
    def _dynamodb(self) -> Any:
        return self._client("dynamodb")

    @cached_property
    def _executions(self) -> Any:
        return self._client("stepfunctions")

    def _client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint_url)  # type: ignore[call-overload]

    @property
    def _table(self) -> str:
        return self._output("RequestsTableName")

    def _execution_arn(self, request_id: str, generation: int) -> str:
        return execution_arn(self._output("StateMachineArn"), execution_name(request_id, generation))

    def _place(self, request_id: str) -> str:
        return f"table {self._table}, request {request_id}"

    def _no_such_request(self, request_id: str) -> CommandError:
        return CommandError(
            ExitCode.NOT_FOUND,
            f"There is no request {request_id}.",
            where=f"table {self._table}",
            remedy="`causeway request list` shows all that are there.",
        )


def _document(item: Mapping[str, Any]) -> Document:
    """As JSON has it: DynamoDB's numbers are decimals, its sets are lists."""
    return {name: _as_json(value) for name, value in plain(item).items()}


def _as_json(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {name: _as_json(each) for name, each in value.items()}
        case list() | set():
            return [_as_json(each) for each in _in_order(value)]
    return value


def _in_order(values: list[Any] | set[Any]) -> Iterator[Any]:
    yield from values if isinstance(values, list) else sorted(values)


def _message(body: str) -> str:
    """The words of an answer that is no success."""
    try:
        content = json.loads(body)
    except json.JSONDecodeError:
        return body
    return str(content.get("message") or content.get("Message") or body) if isinstance(content, dict) else body
