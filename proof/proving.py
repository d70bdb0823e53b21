"""A proof from its beginning to its end: AWS's rules, the deployment, the product's life, and everything taken away again."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from causeway.clock import timestamp
from proof.accounts import Accounts
from proof.cleanup import clean_up
from proof.deployment import deploy
from proof.life import TROUBLE, live
from proof.names import Names
from proof.product import Product
from proof.report import Report, Rule, Rules, Step
from proof.rules import Tried, try_rules
from proof.stopping import ProgramFailed, stoppable

type Tell = Callable[[str], None]


def prove(accounts: Accounts, names: Names, organization: str, regions: tuple[str, str], *, folder: Path, tell: Tell) -> Report:
    """Do everything. Ctrl-C ends it early, and nothing that was made stays in any case."""
    began_at, tried, life, stopped = timestamp(), Tried(Rules(), ()), list[Step](), False
    try:
        with stoppable():
            tell("AWS's rules")
            tried = _tried(accounts, regions, folder)
            life.extend(_life(accounts, names, organization, tell))
    except KeyboardInterrupt:
        stopped = True
        tell("stopped; it takes some minutes to take away what was made")
    finally:
        left = clean_up(accounts, names, tell)
    return Report(
        run=names.run,
        began_at=began_at,
        accounts={name: account.id for name, account in accounts._asdict().items()},
        regions=regions,
        rules=tried.rules,
        life=tuple(life),
        stopped=stopped,
        left=tried.left + left,
    )


def _tried(accounts: Accounts, regions: tuple[str, str], folder: Path) -> Tried:
    try:
        return try_rules(accounts, regions, folder)
    except ProgramFailed as error:
        return Tried(Rules(otherwise=(Rule("the suite", str(error)),)), ())


def _life(accounts: Accounts, names: Names, organization: str, tell: Tell) -> Iterator[Step]:
    """The deployment is a step, too; without it there are no others."""
    tell("deploying the hub, the members and the labs")
    began, promise = time.monotonic(), "The hub, two members and their labs come into being."
    try:
        product = Product(accounts, names, deploy(accounts, names, organization))
    except TROUBLE as error:
        yield Step("deployment", promise, round(time.monotonic() - began, 1), (str(error),))
        return
    yield Step("deployment", promise, round(time.monotonic() - began, 1))
    yield from live(product, tell)
