"""Systems Manager's Run Command: instances run commands on the network laid out for real."""

from collections.abc import Callable, Sequence
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ssm.exceptions import SSMException
from moto.ssm.models import Command, SimpleSystemManagerBackend

from causeway.domain.model.request import VpcRef
from localcloud.core.background import Background
from localcloud.core.patching import replaces
from localcloud.packets import lay_out
from localcloud.packets.commands import Output, run_line
from localcloud.ssm.command_documents import Step, steps_of
from localcloud.ssm.command_results import StepResult, keep, results_of
from localcloud.ssm.documents import content_of
from localcloud.ssm.observed import observed_around


class RunCommands:
    """Runs the commands of one embedded AWS, each on the network as it is when the command begins."""

    def __init__(self) -> None:
        self._work = Background("run-command", workers=4)

    def close(self) -> None:
        self._work.close()

    def start(self, command: Command, region: str, steps: Sequence[Step]) -> None:
        keep(command, steps)
        _set_status(command, "Pending")
        self._work.submit(_run, command, region, steps)


def _run(command: Command, region: str, steps: Sequence[Step]) -> None:
    _set_status(command, "InProgress")
    results = results_of(command)
    for instance_id, kept in results.by_instance.items():
        instance = ec2_backends[command.account_id][region].get_instance(instance_id)
        vpc = VpcRef(account_id=command.account_id, region=region, vpc_id=instance.vpc_id)
        run_at(vpc, instance_id, steps, kept)
    _set_status(command, "Failed" if "Failed" in map(results.status_at, results.by_instance) else "Success")


def run_at(vpc: VpcRef, instance_id: str, steps: Sequence[Step], results: Sequence[StepResult]) -> None:
    """Runs a command's steps at an instance, one after the other, whatever becomes of each.

    The VPC and its active peers are laid out for it as they are now, and taken away afterwards.
    """
    snapshots, connections = observed_around(vpc)
    interface = next(each for each in snapshots[0].network_interfaces if each.instance_id == instance_id)
    with lay_out(snapshots, connections) as network:
        for step, result in zip(steps, results, strict=True):
            result.begin()
            result.end(_output(step, lambda line: run_line(network, interface, line)))


def _output(step: Step, run: Callable[[str], Output]) -> Output:
    """What a step writes, and the exit code of its last line."""
    if step.failed:
        return Output(code=1, error=step.said)
    outputs = [run(line) for line in step.lines]
    return Output(
        code=outputs[-1].code if outputs else 0,
        out=step.said + "".join(each.out for each in outputs),
        error="".join(each.error for each in outputs),
    )


def _set_status(command: Command, status: str) -> None:
    command.status = command.status_details = status


_current: list[RunCommands] = []


def install(commands: RunCommands) -> None:
    """Instances run commands here from now on."""
    _current[:] = [commands]


def uninstall() -> None:
    _current.clear()


@replaces(SimpleSystemManagerBackend, "send_command")
def instances_run_their_commands(
    original: Callable[..., Command], backend: SimpleSystemManagerBackend, **arguments: Any
) -> Command:
    """Without real packets no instance answers, as on AWS one without the agent; moto runs nothing, and calls it a success.

    Raises:
        SSMException: InvalidDocument, InvalidParameters, DuplicateInstanceId, InvalidInstanceId.
    """
    steps = steps_of(content_of(backend, arguments["document_name"]), arguments["parameters"])
    instance_ids = arguments["instance_ids"]
    if len(set(instance_ids)) < len(instance_ids):
        raise SSMException("DuplicateInstanceId", "You can't specify an instance ID in more than one association.")
    if not {instance.id for instance in online_instances(backend)}.issuperset(instance_ids):
        raise SSMException(
            "InvalidInstanceId", f"Instances {instance_ids} not in a valid state for account {backend.account_id}"
        )
    command = original(backend, **arguments)
    for commands in _current:
        commands.start(command, backend.region_name, steps)
    return command


@replaces(Command, "_get_instance_ids_from_targets")
def without_targets_nobody_else_is_meant(original: Callable[..., list[str]], self: Any) -> list[str]:
    """A command without targets goes to the instances that it names; moto adds all others."""
    return original(self) if self.targets else []


def online_instances(backend: Any) -> list[Any]:
    """The running instances, where there are real packets."""
    reservations = ec2_backends[backend.account_id][backend.region_name].all_reservations() if _current else ()
    return [instance for each in reservations for instance in each.instances if instance.state == "running"]
