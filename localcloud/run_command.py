"""Systems Manager's Run Command: instances run what they are told, on the network laid out for real."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ssm.exceptions import SSMException
from moto.ssm.models import Command, SimpleSystemManagerBackend

from causeway.domain.request import VpcRef
from localcloud.background import Background
from localcloud.packets import lay_out
from localcloud.packets.commands import Output, run_line
from localcloud.packets.observed import observed_around
from localcloud.strict.patching import replaces

_DOCUMENT = "AWS-RunShellScript"
_LONGEST_OUTPUT, _LONGEST_ERROR = 24_000, 8_000
"""What GetCommandInvocation answers of a longer output (its API reference)."""


class RunCommands:
    """Runs the commands of one embedded AWS, each on the network as it is when the command begins."""

    def __init__(self) -> None:
        self._work = Background("run-command", workers=4)

    def close(self) -> None:
        self._work.close()

    def start(self, command: Command, region: str) -> None:
        _tell(command, "Pending")
        for invocation in command.invocations:
            _tell_of(invocation, "Pending", Output(code=-1))
        self._work.submit(self._run, command, region)

    def _run(self, command: Command, region: str) -> None:
        _tell(command, "InProgress")
        codes = [self._invoke(command, invocation, region) for invocation in command.invocations]
        _tell(command, "Failed" if any(codes) else "Success")

    def _invoke(self, command: Command, invocation: dict[str, Any], region: str) -> int:
        _tell_of(invocation, "InProgress", Output(code=-1))
        begun = datetime.now(UTC)
        instance = ec2_backends[command.account_id][region].get_instance(invocation["InstanceId"])
        vpc = VpcRef(account_id=command.account_id, region=region, vpc_id=instance.vpc_id)
        output = run_at(vpc, instance.id, command.parameters["commands"])
        ended = datetime.now(UTC)
        invocation["ExecutionStartDateTime"], invocation["ExecutionEndDateTime"] = begun.isoformat(), ended.isoformat()
        invocation["ExecutionElapsedTime"] = f"PT{(ended - begun).total_seconds():.3f}S"
        _tell_of(invocation, "Failed" if output.code else "Success", output)
        return output.code


def run_at(vpc: VpcRef, instance_id: str, lines: Sequence[str]) -> Output:
    """Runs shell lines at an instance, whatever becomes of each: the last one's exit code counts.

    The VPC and its active peers are laid out for it as they are now, and taken away afterwards.
    """
    snapshots, connections = observed_around(vpc)
    interface = next(each for each in snapshots[0].network_interfaces if each.instance_id == instance_id)
    with lay_out(snapshots, connections) as network:
        outputs = [run_line(network, interface, line) for line in lines]
    return Output(
        code=outputs[-1].code if outputs else 0,
        out="".join(each.out for each in outputs),
        error="".join(each.error for each in outputs),
    )


def _tell(command: Command, status: str) -> None:
    command.status = command.status_details = status


def _tell_of(invocation: dict[str, Any], status: str, output: Output) -> None:
    invocation |= {"Status": status, "StatusDetails": status, "ResponseCode": output.code}
    invocation |= {"StandardOutputContent": output.out[:_LONGEST_OUTPUT], "StandardErrorContent": output.error[:_LONGEST_ERROR]}


_current: list[RunCommands] = []


def install(commands: RunCommands) -> None:
    """Instances run what they are told from now on."""
    _current[:] = [commands]


def uninstall() -> None:
    _current.clear()


@replaces(SimpleSystemManagerBackend, "send_command")
def instances_run_what_they_are_told(
    original: Callable[..., Command], backend: SimpleSystemManagerBackend, **arguments: Any
) -> Command:
    """Without real packets no instance answers, as on AWS one without the agent; moto runs nothing, and calls it a success."""
    instance_ids, document = arguments["instance_ids"], arguments["document_name"]
    running = {
        instance.id
        for reservation in ec2_backends[backend.account_id][backend.region_name].all_reservations()
        for instance in reservation.instances
        if instance.state == "running"
    }
    if not _current or not running.issuperset(instance_ids):
        raise SSMException(
            "InvalidInstanceId", f"Instances {instance_ids} not in a valid state for account {backend.account_id}"
        )
    if document != _DOCUMENT:
        raise SSMException("InvalidDocument", f"Document {document} is not known here: only {_DOCUMENT} is.")
    command = original(backend, **arguments)
    for commands in _current:
        commands.start(command, backend.region_name)
    return command
