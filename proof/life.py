"""The product's life, step by step: one peering from its creation to its removal. What became of it is looked up in EC2."""

import time
from collections.abc import Callable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from cli.exits import ExitCode
from proof.network import HTTPS, PING, SSH, Flow
from proof.product import Product
from proof.report import Step
from proof.stopping import ProgramFailed

FAILING_PORTS = range(8000, 8006)
"""Tried one after the other, until IAM has heard that the accepter refuses."""

TROUBLE = (BotoCoreError, ClientError, ProgramFailed)
"""Errors of AWS and of programs: something otherwise than expected, too."""

type Act = Callable[[Product], Iterator[str]]


def create(product: Product) -> Iterator[str]:
    """An item makes two networks talk."""
    outcome = product.put(SSH)
    yield from outcome.differences(ExitCode.DONE, "ACTIVE")
    yield from (f"not proved: {each['flow']}" for each in outcome.status["verdicts"] if not each["reachable"])
    yield from product.network_differences(SSH)


def change(product: Product) -> Iterator[str]:
    """What is no longer in the item goes, after what is new has come."""
    yield from product.put(HTTPS).differences(ExitCode.DONE, "ACTIVE")
    yield from product.network_differences(HTTPS)


def drift(product: Product) -> Iterator[str]:
    """A route that somebody deletes comes back."""
    product.requester.delete_route(product.accepter)
    yield from product.repaired().differences(ExitCode.DONE, "ACTIVE")
    yield from product.network_differences(HTTPS)


def approval(product: Product) -> Iterator[str]:
    """What needs a person's approval waits for it, and is done then."""
    yield from product.put(HTTPS, PING, approval=True).differences(ExitCode.WAITING, "AWAITING_APPROVAL")
    yield from product.network_differences(HTTPS)
    yield from product.approve().differences(ExitCode.DONE, "ACTIVE")
    yield from product.network_differences(HTTPS, PING)


def failed_run(product: Product) -> Iterator[str]:
    """A run that the accepter's account refuses half way is undone on both sides."""
    flows: tuple[Flow, ...] = (HTTPS, PING)
    with product.accepter_refuses("ec2:AuthorizeSecurityGroupIngress"):
        for port in FAILING_PORTS:
            more = (HTTPS, PING, Flow("tcp", port))
            outcome = product.put(*more)
            if outcome.state != "ACTIVE":
                break
            flows = more
        yield from outcome.differences(ExitCode.FAILED, "FAILED")
        yield from product.network_differences(*flows)
    yield from product.put(HTTPS, PING).differences(ExitCode.DONE, "ACTIVE")
    yield from product.network_differences(HTTPS, PING)


def removal(product: Product) -> Iterator[str]:
    """A deleted item leaves both networks as they were before there was one."""
    yield from product.delete().differences(ExitCode.DONE, "REMOVED")
    yield from product.traces()


LIFE: tuple[Act, ...] = (create, change, drift, approval, failed_run, removal)


def live(product: Product, tell: Callable[[str], None]) -> Iterator[Step]:
    """Each step with what was otherwise than expected."""
    for act in LIFE:
        tell(f"the product's life: {named(act)}")
        yield taken(act, product)


def taken(act: Act, product: Product) -> Step:
    """A step that was taken. Its docstring is what it promises."""
    began, otherwise = time.monotonic(), list[str]()
    try:
        otherwise.extend(act(product))
    except TROUBLE as error:
        otherwise.append(str(error))
    return Step(named(act), act.__doc__ or "", round(time.monotonic() - began, 1), tuple(otherwise))


def named(act: Act) -> str:
    return act.__name__.replace("_", " ")
