"""`make demo`: the walkthrough's two VPCs become able to talk because one item was put into a table."""

import time
from collections.abc import Mapping
from typing import Any

import boto3
from rich.console import Console
from rich.live import Live

from localcloud.demo_view import StepView, finding_table, hop_tree, verdict_table
from localcloud.deploy import Member, Outputs, deploy_everything, operator_session
from localcloud.server import DEFAULT_REGION, HUB_ACCOUNT_ID, EmbeddedAws

REQUEST_ID = "test-to-production"
FINAL_STATES = {"ACTIVE", "REJECTED", "FAILED"}
FLOWS = 4
"""SSH and ICMP, each in both directions."""
PATIENCE = 120.0
"""Seconds; a run takes a few."""
HOP_WIDTH = 120
"""Columns: a terminal that is narrower wraps the lines, which is better than losing their ends."""
_POLL = 0.1


class DemoError(Exception):
    """The request came to no end."""


def run_demo(console: Console) -> bool:
    """Deploy, put one item, watch it through, show the verdicts.

    Returns:
        Whether the peering is active and every flow is proved.
    """
    started = time.monotonic()
    with EmbeddedAws() as aws:
        with console.status("Deploying the hub, two member accounts and the lab to the embedded AWS"):
            hub, members = deploy_everything(aws)
        console.print(f"Deployed in {time.monotonic() - started:.1f} s: the hub in {HUB_ACCOUNT_ID}, and a VPC in each of")
        for member in members:
            lab = member.lab
            place = f"{member.account_id}: {lab['VpcId']}, instance {lab['InstanceId']} at {lab['PrivateIpAddress']}"
            console.print(f"  {place}", soft_wrap=True)
        status = _request(console, operator_session(aws, HUB_ACCOUNT_ID), aws.endpoint_url, hub, members)
    _show(console, status)
    return is_proved(status)


def is_proved(status: Mapping[str, Any]) -> bool:
    verdicts = status["verdicts"]
    return status["state"] == "ACTIVE" and len(verdicts) == FLOWS and all(verdict["reachable"] for verdict in verdicts)


def lab_item(members: tuple[Member, ...]) -> dict[str, Any]:
    """The request: SSH and ICMP, both ways, between the lab's two VPCs."""
    requester, accepter = (
        {"account_id": member.account_id, "region": DEFAULT_REGION, "vpc_id": member.lab["VpcId"]} for member in members
    )
    return {
        "request_id": REQUEST_ID,
        "requester": requester,
        "accepter": accepter,
        "allow": [{"from": "both", "protocol": "tcp", "ports": "22"}, {"from": "both", "protocol": "icmp"}],
    }


def _request(
    console: Console, session: boto3.Session, endpoint_url: str, hub: Outputs, members: tuple[Member, ...]
) -> Mapping[str, Any]:
    table = session.resource("dynamodb", endpoint_url=endpoint_url).Table(hub["RequestsTableName"])
    executions = session.client("stepfunctions", endpoint_url=endpoint_url)
    item = lab_item(members)
    console.print("\nPutting one item into the table:")
    console.print_json(data=item)
    put_at = time.monotonic()
    table.put_item(Item=item)
    status = _watch(console, table, executions, hub["StateMachineArn"])
    console.print(f"\n{status['state']} {time.monotonic() - put_at:.1f} s after the item was put.", style="bold")
    return status


def _watch(console: Console, table: Any, executions: Any, state_machine_arn: str) -> Mapping[str, Any]:
    """Show the steps while they are taken, until the item has a final status."""
    view, seen = StepView(), 0
    deadline = time.monotonic() + PATIENCE
    with Live(view.render(), console=console, refresh_per_second=10) as live:
        while time.monotonic() < deadline:
            status: Mapping[str, Any] | None = table.get_item(Key={"request_id": REQUEST_ID})["Item"].get("status")
            if status is not None:
                events = _history(executions, state_machine_arn, status["execution"])
                view.take(events[seen:])
                seen = len(events)
                live.update(view.render())
                if status["state"] in FINAL_STATES:
                    return status
            time.sleep(_POLL)
    raise DemoError(f"The request had no outcome after {PATIENCE:.0f} s. Its item says: {status}")


def _history(executions: Any, state_machine_arn: str, execution: str) -> list[Mapping[str, Any]]:
    arn = f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{execution}"
    try:
        pages = executions.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]
    except executions.exceptions.ExecutionDoesNotExist:
        return []


def _show(console: Console, status: Mapping[str, Any]) -> None:
    if status["findings"]:
        console.print(finding_table(status["findings"]))
    for change in status["changes_made"]:
        console.print(f"  • {change}", highlight=False, soft_wrap=True)
    console.print()
    for verdict in status["verdicts"]:
        console.print(hop_tree(verdict), width=max(console.width, HOP_WIDTH), crop=False)
    console.print(verdict_table(status["verdicts"]))
