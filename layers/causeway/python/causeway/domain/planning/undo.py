"""The undo: a run's plan and what is there now in, the inverses of what the run has changed out.

What a run has changed is told by the network, not by the steps' reports: a step can die between an effect and its record. A
change of the plan that is in effect is the run's, because a plan names only what was not so before. What is not in effect was
never made, or somebody took it back meanwhile: it is left alone.

Additions come first here too. What was taken away is put back before what was added goes, so that traffic is not interrupted;
the connection goes last.
"""

from functools import singledispatch

from msgspec.structs import replace

from causeway.domain.model.network import AclEntry, PeeringConnection, Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import PerSide

from .claims import connection_of
from .ownership import REQUEST_ID_TAG
from .plan import (
    AcceptPeering,
    AuthorizeRule,
    Change,
    CreateAclEntry,
    CreatePeering,
    CreateRoute,
    DeleteAclEntry,
    DeletePeering,
    DeleteRoute,
    Plan,
    RevokeRule,
    SetDnsResolution,
    TagPeering,
    TagRule,
)
from .reversal import Reversal, Undo
from .surplus import revocation


def plan_undo(
    request: Request, plan: Plan, connection_id: str | None, now: PerSide[Snapshot], before: Undo | None = None
) -> Undo:
    """Plan how to take back what is in effect of a run's plan.

    Args:
        request: What the run was for.
        plan: What it set out to do.
        connection_id: The connection, as far as the run knows it: it can have died before it recorded the one that it made.
        now: What is there.
        before: The attempt before this one, if there was one.
    """
    scene = Scene(request, plan, connection_id, now)
    reversals = tuple(each for change in plan.changes if (each := reversal(change, scene)) is not None)
    made = (*(before.made if before else ()), *(each.change for each in reversals))
    return Undo(
        request_id=plan.request_id,
        generation=plan.generation,
        round=before.round + 1 if before else 1,
        made=tuple(change for change in plan.changes if change in made),
        reversals=reversals,
        connection_id=scene.connection.connection_id if scene.connection else None,
    )


class Scene:
    """What a plan wanted, and what is there now.

    Attributes:
        connection: The live connection, as the requester's side sees it.
        target: Where the plan's routes lead: the connection, which can be gone.
        deletion: What takes back all that was done to the connection at once; None where it was there before the run.
        has_ended: Whether the peering was to end, and has: nothing is put back then, it would lead nowhere.
    """

    def __init__(self, request: Request, plan: Plan, connection_id: str | None, now: PerSide[Snapshot]) -> None:
        self.request = request
        self.now = now
        self.connection = _connection(request, connection_id, now)
        self.target = self.connection.connection_id if self.connection else connection_id
        is_new = plan.connection_id is None and _is_tagged(request, self.connection)
        self.deletion = DeletePeering(vpc=request.requester, peer=request.accepter) if is_new else None
        self.has_ended = self.connection is None and bool(plan.of(DeletePeering))

    def targets(self, change: CreateRoute | DeleteRoute) -> list[str] | None:
        """Where the destination leads in the change's table: one target, or none; None where the table itself is gone."""
        for table in self.now[change.side].route_tables:
            if table.route_table_id == change.route_table_id:
                return [route.target for route in table.routes if route.destination == change.destination]
        return None

    def entries(self, change: CreateAclEntry | DeleteAclEntry) -> tuple[AclEntry, ...] | None:
        """What is in the change's network ACL; None where the ACL itself is gone."""
        acls = {acl.network_acl_id: acl.entries for acl in self.now[change.side].network_acls}
        return acls.get(change.network_acl_id)


def _connection(request: Request, connection_id: str | None, now: PerSide[Snapshot]) -> PeeringConnection | None:
    if connection_id is None:
        return connection_of(request, now)
    return next((each for each in now.requester.peering_connections if each.connection_id == connection_id), None)


def _is_tagged(request: Request, connection: PeeringConnection | None) -> bool:
    """Whether the connection is this very request's: what lost its tag is nobody's to delete."""
    return connection is not None and connection.tags.get(REQUEST_ID_TAG) == request.request_id


@singledispatch
def reversal(change: Change, scene: Scene) -> Reversal | None:
    """What takes a change back; None where it is not in effect.

    The functions below are the one place that knows each kind's inverse.
    """
    raise NotImplementedError(f"{type(change).__name__} has no inverse")


@reversal.register
def _(change: CreatePeering, scene: Scene) -> Reversal | None:
    return None if scene.connection is None else Reversal(change=change, inverse=scene.deletion)


@reversal.register
def _(change: AcceptPeering, scene: Scene) -> Reversal | None:
    """A connection that was waiting before the run stays accepted: AWS knows no way back."""
    if scene.connection is None or not scene.connection.status.is_accepted:
        return None
    return Reversal(change=change, inverse=scene.deletion)


@reversal.register
def _(change: SetDnsResolution, scene: Scene) -> Reversal | None:
    if scene.connection is None or scene.connection.dns_resolution[change.role] is not change.allow:
        return None
    return Reversal(change=change, inverse=scene.deletion or replace(change, allow=not change.allow))


@reversal.register
def _(change: TagPeering, scene: Scene) -> Reversal | None:
    """Each side has its own tags."""
    for connection in scene.now[change.side].peering_connections:
        if connection.connection_id == scene.target and change.tags.applied_to(connection.tags) == connection.tags:
            return Reversal(change=change, inverse=scene.deletion or replace(change, tags=change.tags.inverse))
    return None


@reversal.register
def _(change: TagRule, scene: Scene) -> Reversal | None:
    for rule in scene.now[change.side].owned_rules:
        tags = {**rule.tags, REQUEST_ID_TAG: rule.request_id}
        if rule.rule_id == change.rule_id and change.tags.applied_to(tags) == tags:
            return Reversal(change=change, inverse=replace(change, tags=change.tags.inverse))
    return None


@reversal.register
def _(change: CreateRoute, scene: Scene) -> Reversal | None:
    if scene.target is None or scene.targets(change) != [scene.target]:
        return None
    back = DeleteRoute(
        side=change.side, route_table_id=change.route_table_id, destination=change.destination, target=scene.target
    )
    return Reversal(change=change, inverse=back)


@reversal.register
def _(change: DeleteRoute, scene: Scene) -> Reversal | None:
    """It can be put back while there is what it led to."""
    if scene.targets(change) != []:
        return None
    back = CreateRoute(side=change.side, route_table_id=change.route_table_id, destination=change.destination)
    there = scene.connection is not None and scene.connection.connection_id == change.target
    return Reversal(change=change, inverse=back if there else None)


@reversal.register
def _(change: AuthorizeRule, scene: Scene) -> Reversal | None:
    here = scene.now[change.side]
    wanted = (scene.request.request_id, change.security_group_id, change.permission)
    made = (rule for rule in here.owned_rules if (rule.request_id, rule.security_group_id, rule.permission) == wanted)
    rule = next(made, None)
    return None if rule is None else Reversal(change=change, inverse=revocation(here, rule))


@reversal.register
def _(change: RevokeRule, scene: Scene) -> Reversal | None:
    groups = {group.security_group_id: group.permissions for group in scene.now[change.side].security_groups}
    if change.permission in groups.get(change.security_group_id, (change.permission,)):
        return None
    back = AuthorizeRule(side=change.side, security_group_id=change.security_group_id, permission=change.permission)
    return Reversal(change=change, inverse=None if scene.has_ended else back)


@reversal.register
def _(change: CreateAclEntry, scene: Scene) -> Reversal | None:
    if change.entry not in (scene.entries(change) or ()):
        return None
    back = DeleteAclEntry(side=change.side, network_acl_id=change.network_acl_id, entry=change.entry)
    return Reversal(change=change, inverse=back)


@reversal.register
def _(change: DeleteAclEntry, scene: Scene) -> Reversal | None:
    """It can be put back while nobody has taken its number."""
    entries = scene.entries(change)
    if entries is None or change.entry in entries:
        return None
    back = CreateAclEntry(side=change.side, network_acl_id=change.network_acl_id, entry=change.entry)
    is_taken = any((each.direction, each.number) == (change.entry.direction, change.entry.number) for each in entries)
    return Reversal(change=change, inverse=None if scene.has_ended or is_taken else back)


@reversal.register
def _(change: DeletePeering, scene: Scene) -> Reversal | None:
    """Nothing brings a connection back. It goes last, so that little can fail after it."""
    return None if scene.connection is not None else Reversal(change=change, inverse=None)
