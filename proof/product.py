"""Causeway as its user meets it: the command `causeway`, and the networks that it changes."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from cli.exits import ExitCode
from proof.accounts import Accounts
from proof.deployment import PROJECT, Deployed
from proof.names import Names
from proof.network import Flow, Side
from proof.stopping import Ended, ProgramFailed, run

_PATIENCE = 600.0
"""Seconds until a decision has ended its question, and until a change by hand has been noticed: the hub looks every minute."""
_PAUSE = 2.0


class Outcome(NamedTuple):
    """How the command ended, and the status that it told."""

    code: ExitCode
    status: dict[str, Any]

    def differences(self, code: ExitCode, state: str) -> Iterator[str]:
        """How it differs from an expected end."""
        if (self.code, self.state) != (code, state):
            findings = "; ".join(f"{each['code']}: {each['message']}" for each in self.status.get("findings", ()))
            yield f"the request is {self.state} (exit code {self.code:d}), not {state} ({code:d}). Its findings: {findings}"

    @property
    def state(self) -> str:
        return str(self.status["state"])


class Product:
    """The deployed product, and the two sides of the request that a proof makes of it."""

    def __init__(self, accounts: Accounts, names: Names, deployed: Deployed) -> None:
        self.requester = Side(accounts.requester, deployed.requester)
        self.accepter = Side(accounts.accepter, deployed.accepter)
        self.connection = ""
        self._generation = 0
        self._accounts = accounts
        self._names = names

    def put(self, *flows: Flow, **fields: Any) -> Outcome:
        """Put the item with these flows, and wait for what comes of it."""
        sides = {"requester": self.requester, "accepter": self.accepter}
        item = {
            "request_id": self._names.request,
            "allow": [flow.allowed for flow in flows],
            "route_tables": {name: [side.table] for name, side in sides.items()},
            "security_groups": {name: [side.group] for name, side in sides.items()},
            **{name: side.named for name, side in sides.items()},
            **fields,
        }
        outcome = self._told("request", "put", "-", "--wait", given=item)
        self.connection = outcome.status["peering_connection_id"] or self.connection
        return outcome

    def approve(self) -> Outcome:
        """Approve the plan that waits, and wait for the end of its run."""
        self._causeway("approve", self._names.request, "--yes", "--reason", "It is a proof.")
        return self._watched(lambda outcome: outcome.code is not ExitCode.WAITING)

    def repaired(self) -> Outcome:
        """Wait for the end of a run that nobody has asked for."""
        known = self._generation
        return self._watched(lambda outcome: outcome.status["generation"] > known)

    def delete(self) -> Outcome:
        """Delete the item, and wait until its peering is gone."""
        return self._told("request", "delete", self._names.request, "--wait")

    def network_differences(self, *flows: Flow) -> Iterator[str]:
        """How the two networks differ from what these flows make of them."""
        for side, peer in ((self.requester, self.accepter), (self.accepter, self.requester)):
            yield from side.differences(side.peered(peer, self.connection, *flows))

    def traces(self) -> Iterator[str]:
        """How the two networks differ from what they were before there was a request."""
        for side in (self.requester, self.accepter):
            yield from side.differences(side.unpeered)

    @contextmanager
    def accepter_refuses(self, action: str) -> Iterator[None]:
        """As long as the block lasts the accepter's account does not let Causeway do this, once IAM has heard of it."""
        iam = self._accounts.accepter.client("iam")
        place = {"RoleName": self._names.role("write"), "PolicyName": self._names.refusal}
        statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
        iam.put_role_policy(**place, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        yield
        iam.delete_role_policy(**place)

    def _watched(self, awaited: Callable[[Outcome], bool]) -> Outcome:
        """The end of the newest run, looked for again and again until it is what is waited for, or patience is over."""
        deadline = time.monotonic() + _PATIENCE
        while not awaited(outcome := self._told("watch", self._names.request)) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        return outcome

    def _told(self, *words: str, given: object = None) -> Outcome:
        """The status that a command ends with."""
        ended = self._causeway(*words, given=given)
        outcome = Outcome(ExitCode(ended.code), json.loads(ended.output))
        self._generation = outcome.status.get("generation", self._generation)
        return outcome

    def _causeway(self, *words: str, given: object = None) -> Ended:
        """Run the command as the hub's administrator.

        Raises:
            ProgramFailed: it told nothing but an error.
        """
        command = [sys.executable, "-m", "cli", *words, "--json", "--stack", self._names.hub]
        ended = run(command, PROJECT, self._accounts.hub.environment, None if given is None else json.dumps(given))
        if not ended.output:
            raise ProgramFailed(command, ended)
        return ended
