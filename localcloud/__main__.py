"""`make local`: the embedded AWS with everything deployed, until Ctrl-C. `make demo`: one item, from end to end."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer
from rich.console import Console

from cli.exits import CommandError
from localcloud import packets
from localcloud.deploy.demo import run_demo
from localcloud.deploy.sam import DeploymentError
from localcloud.deploy.stacks import EXTERNAL_ID, LAB_NETWORKS, Member, Outputs, deploy_everything
from localcloud.lambda_.runtime_image import LOCAL_FOLDER
from localcloud.server import DEFAULT_REGION, HUB_ACCOUNT_ID, EmbeddedAws

DEFAULT_PORT = 4566
OUTPUTS_FILE = LOCAL_FOLDER / "outputs.json"
_ROLES = ("causeway-read", "causeway-write")

serving = threading.Event()
"""Set once everything is up: from then on a signal to stop is the regular end."""
app = typer.Typer(add_completion=False, no_args_is_help=True)
console = Console()


@app.callback()
def main() -> None:
    """The embedded AWS: try Causeway on one machine, with no AWS account."""
    _end_in_order()


@app.command()
def up(port: Annotated[int, typer.Option(help="Where to listen, on the loopback interface.")] = DEFAULT_PORT) -> None:
    """Start, deploy everything, show how to use it, and stay until Ctrl-C."""
    try:
        with EmbeddedAws(port, packets=packets.available() is None) as aws:
            with console.status("Deploying the hub, the members and the lab"):
                hub, members = deploy_everything(aws)
            with _published(outputs_document(aws, hub, members)):
                _show_use(aws, hub)
                serving.set()
                threading.Event().wait()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        _fail(f"Port {port} is taken. Is another `make local` running? Choose another one with --port.")
    except DeploymentError as error:
        _fail(str(error))


@app.command()
def demo() -> None:
    """Deploy everything, put one item, and show how two VPCs become able to talk. Exit code 0 only if all of it is proved."""
    try:
        proved = run_demo(console)
    except (DeploymentError, CommandError) as error:
        _fail(str(error))
    if not proved:
        _fail("The peering is not proved: see the findings above.")


def outputs_document(aws: EmbeddedAws, hub: Outputs, members: tuple[Member, ...]) -> dict[str, object]:
    """What a program needs to use the running embedded AWS."""
    return {
        "endpoint_url": aws.endpoint_url,
        "region": DEFAULT_REGION,
        "hub_account_id": HUB_ACCOUNT_ID,
        "requests_table": hub["RequestsTableName"],
        "ledger_table": hub["LedgerTableName"],
        "event_bus": hub["EventBusName"],
        "event_bus_arn": hub["EventBusArn"],
        "state_machine_arn": hub["StateMachineArn"],
        "external_id": EXTERNAL_ID,
        "member_roles": list(_ROLES),
        "members": {member.account_id: {"network": LAB_NETWORKS[member.account_id], "lab": member.lab} for member in members},
    }


@contextmanager
def _published(document: dict[str, object]) -> Iterator[None]:
    OUTPUTS_FILE.parent.mkdir(exist_ok=True)
    OUTPUTS_FILE.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    try:
        yield
    finally:
        OUTPUTS_FILE.unlink(missing_ok=True)


def _end_in_order() -> None:
    """Make Ctrl-C and SIGTERM, whenever they come, leave through every `with` block: no process stays behind."""

    def leave(number: int, _frame: object) -> NoReturn:
        for other in (signal.SIGINT, signal.SIGTERM):
            signal.signal(other, signal.SIG_IGN)
        sys.exit(os.EX_OK if serving.is_set() else 128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)


def _show_use(aws: EmbeddedAws, hub: Outputs) -> None:
    console.print(
        f"""
[bold]The embedded AWS is up.[/bold] Ctrl-C takes it down.

  export AWS_ENDPOINT_URL={aws.endpoint_url} AWS_DEFAULT_REGION={DEFAULT_REGION}
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

You are the operator of the hub account {HUB_ACCOUNT_ID}. For any other account assume any role in it:

  aws sts assume-role --role-session-name me --role-arn arn:aws:iam::111111111111:role/operator

Put a request and look at its status:

  .venv/bin/causeway request put request.json --wait
  .venv/bin/causeway request list

Or into the table {hub["RequestsTableName"]}, with any program of yours.

Every id is in {OUTPUTS_FILE.relative_to(Path.cwd()) if OUTPUTS_FILE.is_relative_to(Path.cwd()) else OUTPUTS_FILE}.""",
        highlight=False,
        soft_wrap=True,
    )


def _fail(message: str) -> NoReturn:
    Console(stderr=True).print(message, style="red", markup=False, highlight=False)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
