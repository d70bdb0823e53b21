"""What a request's selectors name and do not select: findings of what is missing, may not be selected, or is left out."""

from collections.abc import Iterator

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.selection import left_out_groups, selected_groups, selected_route_tables, unread_groups

MOST_NAMED = 10
"""How many groups a finding names."""


def selected_tables_findings(request: Request, here: Snapshot) -> Iterator[Finding]:
    """The route tables that the selector names and that cannot be selected; that it selects none."""
    selector = request.route_tables[here.side]
    tables = {table.route_table_id: table for table in here.route_tables}
    for missing in (each for each in selector.ids if each not in tables):
        yield _not_selected(Code.NO_ROUTE_TABLE_SELECTED, here, missing, f"{missing} is no route table of {here.vpc.ref}.")
    for table in (tables[each] for each in selector.ids if each in tables):
        if table.gateway_ids:
            text = f"{table.route_table_id} steers the traffic of {', '.join(table.gateway_ids)}: no subnet uses it."
            yield _not_selected(Code.NO_ROUTE_TABLE_SELECTED, here, table.route_table_id, text)
    if not selector.ids and not selected_route_tables(request, here):
        text = f"No route table of {here.vpc.ref} matches: {selector}."
        yield _not_selected(Code.NO_ROUTE_TABLE_SELECTED, here, str(selector), text)


def selected_groups_findings(request: Request, here: Snapshot) -> Iterator[Finding]:
    """The security groups that the selector names and that cannot be selected; that it selects none; what it leaves out."""
    if not request.flows:
        return
    selector = request.security_groups[here.side]
    selected = {group.security_group_id for group in selected_groups(request, here)}
    for named in (each for each in selector.ids if each not in selected):
        yield _not_selected(Code.NO_SECURITY_GROUP_SELECTED, here, named, _why_not(named, here))
    if selector.ids:
        return
    if not selected:
        text = f"No security group of {here.vpc.ref} matches: {selector}."
        yield _not_selected(Code.NO_SECURITY_GROUP_SELECTED, here, str(selector), text)
    yield from groups_left_out(request, here)


def groups_left_out(request: Request, here: Snapshot) -> Iterator[Finding]:
    """The groups that the selector would select if they were ours to change, and those of which nobody knows."""
    if not request.flows or request.security_groups[here.side].ids:
        return
    others = {group.security_group_id: f"of account {group.owner_id}" for group in left_out_groups(request, here)}
    unread = dict.fromkeys(unread_groups(here), "which cannot be read")
    if not others and not unread:
        return
    told = [f"{group_id} {why}" for group_id, why in others.items()] + [
        f"{group_id}, {why}" for group_id, why in unread.items()
    ]
    more = f", and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    yield Finding(
        code=Code.GROUPS_LEFT_OUT,
        side=here.side,
        where=", ".join([*others, *unread][:MOST_NAMED]),
        message=f"Interfaces of {here.vpc.ref} can carry security groups that are not its account's to change: "
        f"{'; '.join(told[:MOST_NAMED])}{more}. They are left out, and get no rules: ask their owner for what the flows need "
        "there.",
        blocking=False,
    )


def _why_not(named: str, here: Snapshot) -> str:
    group = next((each for each in here.security_groups if each.security_group_id == named), None)
    if group is not None:
        return f"{named} belongs to account {group.owner_id}, and only that account can change it."
    carriers = [each.network_interface_id for each in here.network_interfaces if named in each.security_group_ids]
    if carriers:
        return f"{named} is carried by {carriers[0]}, but cannot be read: only its owner can change it."
    return f"{named} is no security group of {here.vpc.ref}."


def _not_selected(code: Code, here: Snapshot, where: str, text: str) -> Finding:
    return Finding(code=code, side=here.side, where=where, message=f"{text} Correct the {here.side}'s selector in the item.")
