"""Which tags change, and whose they become: of the connection on each side, and of the rules."""

from collections.abc import Collection, Iterator, Mapping

from causeway.domain.model.network import OwnedRule, PeeringConnection, Snapshot

from .claims import Claim, owner_of
from .ownership import REQUEST_ID_TAG, connection_tags, rule_tags
from .plan import Tag, TagEdit, TagPeering, TagRule


def tag_peering(
    request_id: str, here: Snapshot, connection: PeeringConnection, claims: tuple[Claim, ...], ours: Collection[Tag]
) -> Iterator[TagPeering]:
    """This side's tags of the connection, as its owner wants them; from an owner that goes it is handed over.

    Args:
        request_id: Who is planned. What another request owns is that one's to tag.
        here: The side.
        connection: As its own requester's side sees it: there the tag says who owns it.
        claims: Of all who go on using it; there must be one.
        ours: Every tag that one of them set.
    """
    seen = next((each for each in here.peering_connections if each.connection_id == connection.connection_id), None)
    if seen is None or (seen.accepter == here.vpc.ref and not seen.status.is_accepted):
        return
    owner = owner_of(connection, claims)
    if request_id not in {owner.request_id, seen.tags.get(REQUEST_ID_TAG)}:
        return
    edit = _edit(seen.tags, connection_tags(owner), ours)
    if edit is not None:
        yield TagPeering(side=here.side, tags=edit)


def tag_rules(request_id: str, here: Snapshot, claims: tuple[Claim, ...], ours: Collection[Tag]) -> Iterator[TagRule]:
    """The request's own rules, with its tags; one that it no longer wants goes to the first that does."""
    wanting = [(claim.request, frozenset(claim.rules[here.side])) for claim in claims]
    for rule in (each for each in here.owned_rules if each.request_id == request_id):
        place = (rule.security_group_id, rule.permission)
        heir = next((request for request, wanted in wanting if place in wanted), None)
        edit = None if heir is None else _edit(_all_tags(rule), rule_tags(heir), ours)
        if edit is not None:
            yield TagRule(
                side=here.side,
                security_group_id=rule.security_group_id,
                rule_id=rule.rule_id,
                permission=rule.permission,
                tags=edit,
            )


def _all_tags(rule: OwnedRule) -> dict[str, str]:
    return {**rule.tags, REQUEST_ID_TAG: rule.request_id}


def _edit(present: Mapping[str, str], wanted: Mapping[str, str], ours: Collection[Tag]) -> TagEdit | None:
    """What makes the present tags the wanted ones; a tag that nobody wants goes only if it is one that was set by us."""
    gone = {key for key, value in present.items() if key not in wanted and (key, value) in ours}
    new = {key for key, value in wanted.items() if present.get(key) != value}
    if not gone and not new:
        return None
    touched = {*gone, *new, REQUEST_ID_TAG}
    return TagEdit(before=_pairs(present, touched), after=_pairs(wanted, touched))


def _pairs(tags: Mapping[str, str], keys: Collection[str]) -> tuple[Tag, ...]:
    return tuple(sorted((key, value) for key, value in tags.items() if key in keys))
