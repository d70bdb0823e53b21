"""Tags of the connection, on each side, and of the rules: as the item says, or handed over to another request of the pair."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Never

from msgspec.structs import replace

from causeway.domain.model.network import OwnedRule, PeeringConnection, Snapshot
from causeway.domain.model.tags import OWN_PREFIX, REQUEST_ID_TAG, Tag, connection_tags, rule_tags
from causeway.domain.model.values import Side, Value

from .base import BaseChange, Kind, Undoing, of_type
from .connection import DeletePeering, deletion
from .context import PlanContext, UndoContext
from .rules import RULES, RuleChange


class TagEdit(Value):
    """Tags before and after, of the keys that change, and always of the one that says whose the resource is.

    Sorted pairs of key and value, so that the same edit is the same value. Only what Causeway itself set before is taken away.

    Attributes:
        before: The former tags. A key that was not there is left out.
        after: The tags that are set. A key that goes is left out.
    """

    before: tuple[Tag, ...] = ()
    after: tuple[Tag, ...] = ()

    @property
    def removed(self) -> tuple[Tag, ...]:
        """What is taken away: of the keys that are not set anew, but never Causeway's own, which say whose it is."""
        kept = {key for key, _ in self.after}
        return tuple((key, value) for key, value in self.before if key not in kept and not key.startswith(OWN_PREFIX))

    @property
    def inverse(self) -> "TagEdit":
        """The edit that takes this one back."""
        return TagEdit(before=self.after, after=self.before)

    def applied_to(self, tags: dict[str, str]) -> dict[str, str]:
        """All tags of a resource once this is done to it."""
        gone = dict(self.removed)
        return {key: value for key, value in tags.items() if key not in gone} | dict(self.after)

    def __str__(self) -> str:
        gone = (f"no {key}" for key, _ in self.removed)
        return ", ".join((*(f"{key}={value}" for key, value in self.after if (key, value) not in self.before), *gone))


class TagPeering(BaseChange, tag_field="kind", tag="tag_peering"):
    """Give one side of the connection other tags: as the item says by now, or those of the request that takes it over."""

    side: Side
    tags: TagEdit

    @property
    def sentence(self) -> str:
        return f"Tag the {self.side}'s side of the peering: {self.tags}"

    def undoing(self, context: UndoContext) -> "Undoing[DeletePeering | TagPeering] | None":
        """Each side has its own tags."""
        for connection in context.now[self.side].peering_connections:
            is_ours = connection.connection_id == context.connection_id
            if is_ours and self.tags.applied_to(connection.tags) == connection.tags:
                return Undoing(deletion(context) or replace(self, tags=self.tags.inverse))
        return None


class TagRule(RuleChange, tag_field="kind", tag="tag_rule"):
    """Give a rule of ours other tags, or hand it over to another request that wants it too."""

    rule_id: str
    tags: TagEdit

    @property
    def sentence(self) -> str:
        return f"Tag {self.rule}: {self.tags}"

    def undoing(self, context: UndoContext) -> "Undoing[TagRule] | None":
        for rule in context.now[self.side].owned_rules:
            tags = _all_tags(rule)
            if rule.rule_id == self.rule_id and self.tags.applied_to(tags) == tags:
                return Undoing(replace(self, tags=self.tags.inverse))
        return None


class Tags(Kind[Never, TagPeering | TagRule, Never, Never]):
    """The tags of what is there already. What a plan makes is made with its tags.

    Where both VPCs are in one account and region, both sides' tags of the connection are those of one resource: two edits at
    once would end in ConcurrentTagAccess.
    """

    name = "tags"
    step = "UpdateTags"
    additions = (TagPeering, TagRule)
    one_side_at_a_time = True

    def missing(self, side: Side, context: PlanContext) -> Iterator[TagPeering | TagRule]:
        if context.claims:
            yield from _tag_peering(side, context)
            yield from _tag_rules(side, context)

    def projected(self, here: Snapshot, changes: Iterable[BaseChange], connection: PeeringConnection) -> Snapshot:
        edits = of_type(changes, TagPeering, here.side)
        retagged = {change.rule_id: change.tags for change in of_type(changes, TagRule, here.side)}

        def with_tags(seen: PeeringConnection) -> PeeringConnection:
            tags = seen.tags
            for edit in edits if seen.connection_id == connection.connection_id else ():
                tags = edit.tags.applied_to(tags)
            return replace(seen, tags=tags)

        return replace(
            here,
            peering_connections=tuple(map(with_tags, here.peering_connections)),
            owned_rules=tuple(_retagged(rule, retagged.get(rule.rule_id)) for rule in here.owned_rules),
        )


TAGS = Tags()


def _tag_peering(side: Side, context: PlanContext) -> Iterator[TagPeering]:
    """This side's tags of the connection, as its owner wants them; from an owner that goes it is handed over.

    What another request owns is that one's to tag.
    """
    here, connection = context.snapshots[side], context.connection
    seen = next((each for each in here.peering_connections if each.connection_id == context.connection_id), None)
    if connection is None or seen is None or (seen.accepter == here.vpc.ref and not seen.status.is_accepted):
        return
    owner = context.owner_of(connection)
    if context.request_id not in {owner.request_id, seen.tags.get(REQUEST_ID_TAG)}:
        return
    edit = _edit(seen.tags, connection_tags(owner), context.tags)
    if edit is not None:
        yield TagPeering(side=side, tags=edit)


def _tag_rules(side: Side, context: PlanContext) -> Iterator[TagRule]:
    """The request's own rules, with its tags; one that it no longer wants goes to the first request that does."""
    wanting = [(claim.request, frozenset(claim.of(RULES, side))) for claim in context.claims]
    for rule in context.snapshots[side].owned_rules:
        if rule.request_id != context.request_id:
            continue
        place = (rule.security_group_id, rule.permission)
        heir = next((request for request, wanted in wanting if place in wanted), None)
        edit = None if heir is None else _edit(_all_tags(rule), rule_tags(heir), context.tags)
        if edit is not None:
            yield TagRule(
                side=side,
                security_group_id=rule.security_group_id,
                rule_id=rule.rule_id,
                permission=rule.permission,
                tags=edit,
            )


def _retagged(rule: OwnedRule, edit: TagEdit | None) -> OwnedRule:
    if edit is None:
        return rule
    tags = edit.applied_to(_all_tags(rule))
    return replace(rule, request_id=tags.pop(REQUEST_ID_TAG), tags=tags)


def _all_tags(rule: OwnedRule) -> dict[str, str]:
    return {**rule.tags, REQUEST_ID_TAG: rule.request_id}


def _edit(present: Mapping[str, str], wanted: Mapping[str, str], ours: Collection[Tag]) -> TagEdit | None:
    """What makes the present tags the wanted ones; an unwanted tag goes only if Causeway set it."""
    gone = {key for key, value in present.items() if key not in wanted and (key, value) in ours}
    new = {key for key, value in wanted.items() if present.get(key) != value}
    if not gone and not new:
        return None
    touched = {*gone, *new, REQUEST_ID_TAG}
    return TagEdit(before=_pairs(present, touched), after=_pairs(wanted, touched))


def _pairs(tags: Mapping[str, str], keys: Collection[str]) -> tuple[Tag, ...]:
    return tuple(sorted((key, value) for key, value in tags.items() if key in keys))
