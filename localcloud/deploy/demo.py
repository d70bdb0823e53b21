"""`make demo`: the walkthrough's two VPCs become able to talk because one item was put. Deployed here, done by the command."""

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group

from causeway.clock import timestamp
from cli import work
from cli.flow_views import proof_view
from cli.following import follow
from cli.hub import Document
from cli.hub import Hub as Command
from cli.map.model import map_of
from cli.map.page import page_of
from cli.output import write
from cli.screen import Screen
from cli.views import history_view, status_view
from localcloud import packets
from localcloud.deploy.stacks import HUB_STACK, Member, deploy_everything, operator_session
from localcloud.lambda_.runtime_image import LOCAL_FOLDER
from localcloud.server import DEFAULT_REGION, HUB_ACCOUNT_ID, EmbeddedAws

REQUEST_ID = "test-to-production"
FLOWS = 4
"""SSH and ICMP, each in both directions."""


def run_demo(console: Console) -> bool:
    """Deploy, put one item, watch it through, show the verdicts and the history, and ping where this machine can.

    Returns:
        Whether the peering is active, every flow is proved, no other witness says otherwise, and the ping, where there is one,
        was answered.

    Raises:
        CommandError: The request came to no end.
    """
    started = time.monotonic()
    missing = packets.available()
    with EmbeddedAws(packets=missing is None) as aws:
        with console.status("Deploying the hub, two member accounts and the lab to the embedded AWS"):
            _, members = deploy_everything(aws)
        console.print(f"Deployed in {time.monotonic() - started:.1f} s: the hub in {HUB_ACCOUNT_ID}, and a VPC in each of")
        for member in members:
            lab = member.lab
            place = f"{member.account_id}: {lab['VpcId']}, instance {lab['InstanceId']} at {lab['PrivateIpAddress']}"
            console.print(f"  {place}", soft_wrap=True)
        hub = Command(HUB_STACK, operator_session(aws, HUB_ACCOUNT_ID), endpoint_url=aws.endpoint_url)
        proved = is_proved(_request(console, hub, members))
        if missing:
            console.print(f"\nNo ping with real packets: {missing}.", soft_wrap=True)
        else:
            proved = _ping(console, aws, *members) and proved
        _draw(console, hub)
    return proved


def is_proved(status: Mapping[str, Any]) -> bool:
    """Whether every flow works, and no other witness says otherwise."""
    verdicts = status["verdicts"]
    contradicted = any(testimony["reachable"] is False for testimony in status["testimonies"])
    proved = len(verdicts) == FLOWS and all(verdict["reachable"] for verdict in verdicts)
    return status["state"] == "ACTIVE" and proved and not contradicted


def lab_item(members: tuple[Member, ...]) -> dict[str, Any]:
    """The request: SSH and ICMP, both ways, between the lab's two VPCs; and the witnesses that can say whether that works."""
    requester, accepter = (
        {"account_id": member.account_id, "region": DEFAULT_REGION, "vpc_id": member.lab["VpcId"]} for member in members
    )
    return {
        "request_id": REQUEST_ID,
        "requester": requester,
        "accepter": accepter,
        "allow": [{"from": "both", "protocol": "tcp", "ports": "22"}, {"from": "both", "protocol": "icmp"}],
        "witnesses": ["reachability_analyzer", "probe"],
    }


def _request(console: Console, hub: Command, members: tuple[Member, ...]) -> Document:
    item = lab_item(members)
    console.print("\n[bold]causeway request put - --wait[/bold]")
    console.print_json(data=item)
    put_at = time.monotonic()
    asked = work.put(hub, item)
    screen = Screen(as_json=False)
    with screen.steps() as show:
        status = follow(hub, REQUEST_ID, asked.generation(hub), show)
    console.print(f"\n{status['state']} {time.monotonic() - put_at:.1f} s after the item was put.\n", style="bold")
    screen.show(status, Group(proof_view(status["verdicts"]), status_view(status)))
    console.print(f"\n[bold]causeway history {REQUEST_ID}[/bold]")
    entries = work.history(hub, REQUEST_ID)
    screen.show(entries, history_view(entries))
    return status


def _draw(console: Console, hub: Command) -> None:
    """The map of what is there now, to be looked at when the demo is over."""
    drawn = map_of(hub.items(), source="make demo", drawn_at=timestamp())
    file = LOCAL_FOLDER / "map.html"
    write(page_of(drawn).encode(), file)
    console.print(f"\n[bold]causeway map[/bold]: {drawn.summary}. Open it in a browser:\n  {file}", soft_wrap=True)


def _ping(console: Console, aws: EmbeddedAws, source: Member, destination: Member) -> bool:
    """The walkthrough's ping, sent by one instance to the other through Run Command, with its real answers."""
    command, instance_id = f"ping -c 4 {destination.lab['PrivateIpAddress']}", source.lab["InstanceId"]
    console.print(f"\n[bold]{command}[/bold], from {instance_id} through Run Command, with real packets")
    systems_manager = operator_session(aws, source.account_id).client("ssm", endpoint_url=aws.endpoint_url)
    sent = systems_manager.send_command(
        InstanceIds=[instance_id], DocumentName="AWS-RunShellScript", Parameters={"commands": [command]}
    )
    invocation = _ended(systems_manager, sent["Command"]["CommandId"])
    console.print(invocation["CommandPlugins"][0]["Output"], highlight=False, soft_wrap=True)
    return bool(invocation["Status"] == "Success")


def _ended(systems_manager: Any, command_id: str) -> Any:
    """What became of a command's only invocation, which is not found right after the command was sent."""
    while True:
        for invocation in systems_manager.list_command_invocations(CommandId=command_id, Details=True)["CommandInvocations"]:
            if invocation["Status"] not in {"Pending", "InProgress"}:
                return invocation
        time.sleep(0.2)
