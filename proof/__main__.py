"""`make prove-on-aws`."""

from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from proof.accounts import Account, Accounts
from proof.deployment import FOLDER, new_names, planned
from proof.proving import prove
from proof.report import write

STOPPED = 130
console = Console()
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    *,
    hub: Annotated[str, typer.Option(metavar="PROFILE", help="Of the account that shall run Causeway.")],
    requester: Annotated[str, typer.Option(metavar="PROFILE", help="Of the account that owns the first network.")],
    accepter: Annotated[str, typer.Option(metavar="PROFILE", help="Of another account, which owns the second network.")],
    organization: Annotated[str, typer.Option(metavar="ID", help="The AWS organization of all three.")],
    region: Annotated[str, typer.Option(help="Where everything is deployed.")] = "us-east-1",
    other_region: Annotated[str, typer.Option(help="For the rules that need two regions.")] = "us-west-2",
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it. Otherwise only tell what would be made, and what it costs.")
    ] = False,
) -> None:
    """Try AWS's rules and Causeway's whole life on real accounts, tell what AWS did otherwise, and take all away again."""
    accounts, names = Accounts(*(Account(profile, region) for profile in (hub, requester, accepter))), new_names()
    try:
        plan = planned(accounts, names)
    except (BotoCoreError, ClientError) as error:
        _refuse(f"The profiles cannot be used: {error}")
    if accounts.requester.id == accounts.accepter.id:
        _refuse(f"The requester and the accepter are the same account, {accounts.accepter.id}: name two.")
    console.print(f"This proof, {names.run}, will", highlight=False)
    for line in plan.lines:
        console.print(f"  {line}", highlight=False, soft_wrap=True)
    if not yes:
        _refuse("Nothing was made. Say --yes to do it.")
    folder = FOLDER / names.run
    report = prove(accounts, names, organization, (region, other_region), folder=folder, tell=_tell)
    _tell(f"the report is {write(report, folder)}")
    raise typer.Exit(STOPPED if report.stopped else int(not report.proved))


def _tell(what: str) -> None:
    console.print(what, highlight=False, soft_wrap=True)


def _refuse(why: str) -> NoReturn:
    Console(stderr=True).print(why, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2)


if __name__ == "__main__":
    app()
