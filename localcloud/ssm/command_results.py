"""The results of a command: of each step at each instance, for GetCommandInvocation and ListCommandInvocations."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ssm.exceptions import SSMException
from moto.ssm.models import Command
from moto.ssm.responses import SimpleSystemManagerResponse

from localcloud.core import timing
from localcloud.core.patching import replaces
from localcloud.ec2.pages import page
from localcloud.packets.commands import Output
from localcloud.ssm.command_documents import Step

_LONGEST_OUTPUT, _LONGEST_ERROR = 24_000, 8_000
"""What GetCommandInvocation answers of a longer output (its API reference)."""

_LONGEST_SHOWN = 2_500
"""What ListCommandInvocations answers of one (CommandPlugin in the API reference)."""

_NOT_YET = frozenset({"Pending", "InProgress"})


class StepResult(msgspec.Struct):
    """The result of one step at one instance so far. The agent writes it while others read it."""

    name: str
    status: str = "Pending"
    output: Output = Output(code=-1)
    begun: datetime | None = None
    ended: datetime | None = None

    def begin(self) -> None:
        self.status, self.begun = "InProgress", datetime.now(UTC)

    def end(self, output: Output) -> None:
        self.ended, self.output = datetime.now(UTC), output
        self.status = "Failed" if output.code else "Success"


class Results:
    """Of one command, by instance and in the order of its steps."""

    def __init__(self, instance_ids: Sequence[str], steps: Sequence[Step]) -> None:
        self._sent = timing.now()
        self.by_instance = {instance_id: [StepResult(step.name) for step in steps] for instance_id in instance_ids}

    @property
    def visible(self) -> bool:
        """Run Command is eventually consistent: right after a command was sent its invocations are not found."""
        return timing.now() >= self._sent + timedelta(seconds=timing.current().visibility)

    def status_at(self, instance_id: str) -> str:
        statuses = [result.status for result in self.by_instance[instance_id]]
        if all(status == "Pending" for status in statuses):
            return "Pending"
        if _NOT_YET.intersection(statuses):
            return "InProgress"
        return "Failed" if "Failed" in statuses else "Success"


def keep(command: Command, steps: Sequence[Step]) -> Results:
    """Start to keep the results of a command, beside moto's own record of it."""
    results = Results(command.instance_ids, steps)
    vars(command)["results"] = results
    return results


def results_of(command: Command) -> Results:
    results: Results = vars(command)["results"]
    return results


@replaces(Command, "get_invocation")
def a_step_at_an_instance(_: Callable[..., Any], self: Any, instance_id: str, plugin_name: str | None) -> dict[str, Any]:
    """GetCommandInvocation. Of several steps: the one that is named, or the status of all without output.

    Raises:
        SSMException: InvocationDoesNotExist, InvalidPluginName.
    """
    results = results_of(self)
    if not results.visible or instance_id not in results.by_instance:
        raise SSMException("InvocationDoesNotExist", f"The command {self.command_id} was not sent to {instance_id}.")
    steps = results.by_instance[instance_id]
    named = [step for step in steps if plugin_name in {None, step.name}]
    if not named:
        raise SSMException("InvalidPluginName", f"The document {self.document_name} has no step {plugin_name}.")
    if len(named) == 1:
        return _invocation(self, instance_id, named[0])
    return _invocation(self, instance_id, StepResult("", status=results.status_at(instance_id)))


def _invocation(command: Command, instance_id: str, step: StepResult) -> dict[str, Any]:
    elapsed = (step.ended - step.begun).total_seconds() if step.begun and step.ended else None
    return {
        "CommandId": command.command_id,
        "InstanceId": instance_id,
        "Comment": command.comment,
        "DocumentName": command.document_name,
        "DocumentVersion": "$DEFAULT",
        "PluginName": step.name,
        "ResponseCode": step.output.code,
        "ExecutionStartDateTime": step.begun.isoformat() if step.begun else "",
        "ExecutionElapsedTime": "" if elapsed is None else f"PT{elapsed:.3f}S",
        "ExecutionEndDateTime": step.ended.isoformat() if step.ended else "",
        "Status": step.status,
        "StatusDetails": step.status,
        "StandardOutputContent": step.output.out[:_LONGEST_OUTPUT],
        "StandardOutputUrl": "",
        "StandardErrorContent": step.output.error[:_LONGEST_ERROR],
        "StandardErrorUrl": "",
    }


@replaces(SimpleSystemManagerResponse, "list_command_invocations")
def list_command_invocations(_: None, self: Any) -> Any:
    """ListCommandInvocations, of one command or one instance if that is asked, with the steps where details are."""
    command_id, instance_id = self._get_param("CommandId"), self._get_param("InstanceId")
    commands = self.ssm_backend.list_commands(command_id, None)
    listed = [
        _listed(command, each, detailed=bool(self._get_param("Details")))
        for command in commands
        if results_of(command).visible
        for each in results_of(command).by_instance
        if instance_id in {None, each}
    ]
    return one_page(self, "CommandInvocations", listed)


def _listed(command: Command, instance_id: str, *, detailed: bool) -> dict[str, Any]:
    results = results_of(command)
    status = results.status_at(instance_id)
    steps = results.by_instance[instance_id] if detailed else ()
    return {
        "CommandId": command.command_id,
        "InstanceId": instance_id,
        "InstanceName": "",
        "Comment": command.comment,
        "DocumentName": command.document_name,
        "DocumentVersion": "$DEFAULT",
        "RequestedDateTime": command.requested_date_time,
        "Status": status,
        "StatusDetails": status,
        "CommandPlugins": [_plugin(step) for step in steps],
    }


def _plugin(step: StepResult) -> dict[str, Any]:
    described = {
        "Name": step.name,
        "Status": step.status,
        "StatusDetails": step.status,
        "ResponseCode": step.output.code,
        "ResponseStartDateTime": step.begun,
        "ResponseFinishDateTime": step.ended,
        "Output": (step.output.out + step.output.error)[:_LONGEST_SHOWN],
    }
    return {name: value for name, value in described.items() if value is not None}


def one_page(response: Any, key: str, items: Sequence[Any], size: int | None = None) -> Any:
    """The page that a request asked Systems Manager for. A token that no page gave: InvalidNextToken."""
    try:
        shown, token = page(items, response._get_param("MaxResults", size), response._get_param("NextToken"))
    except EC2ClientError as error:
        raise SSMException("InvalidNextToken", "The specified token isn't valid.") from error
    return ActionResult({key: shown, "NextToken": token})
