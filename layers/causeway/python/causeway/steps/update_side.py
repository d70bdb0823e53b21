"""The updates of one side: route tables, security groups, network ACLs, DNS option, tags. What the plan says and nothing else.

What was made is recorded also where the rest failed: the item must be able to list it. An undo is one more plan.
"""

from causeway.aws.ec2.writer import Applied, Writer
from causeway.aws.store.ledger import Ledger
from causeway.domain.lifecycle.run import Run
from causeway.domain.planning.plan import (
    AuthorizeRule,
    CreateAclEntry,
    CreateRoute,
    DeleteAclEntry,
    DeleteRoute,
    RevokeRule,
    SetDnsResolution,
    TagPeering,
    TagRule,
)
from causeway.steps.common.recording import save_made
from causeway.steps.common.step_input import StepInput


def update_route_tables(step: StepInput, *, ledger: Ledger, writer: Writer) -> int:
    """Route the peer's CIDR blocks to the connection, or delete the routes that are no longer wanted.

    Returns:
        How many changes were made.
    """
    run = ledger.load_run(step.request_id, step.generation)
    plan = run.plan_for(undoing=step.undoing)
    vpc = run.request.vpc(step.updated_side)
    if step.removing:
        applied = writer.delete_routes(vpc, plan.of(DeleteRoute, step.updated_side))
    else:
        applied = writer.create_routes(vpc, run.known_connection_id, plan.of(CreateRoute, step.updated_side))
    return _record(step, run, ledger, "UpdateRouteTables", applied)


def update_security_groups(step: StepInput, *, ledger: Ledger, writer: Writer) -> int:
    """Add the rules that the flows need, or revoke those that no flow needs any more."""
    run = ledger.load_run(step.request_id, step.generation)
    plan = run.plan_for(undoing=step.undoing)
    vpc = run.request.vpc(step.updated_side)
    if step.removing:
        applied = writer.revoke_rules(vpc, step.request_id, plan.of(RevokeRule, step.updated_side))
    else:
        changes = plan.of(AuthorizeRule, step.updated_side)
        applied = writer.authorize_rules(vpc, step.request_id, changes, tags=run.tags_for(undoing=step.undoing))
    return _record(step, run, ledger, "UpdateSecurityGroups", applied)


def update_network_acls(step: StepInput, *, ledger: Ledger, writer: Writer) -> int:
    """Add the entries that the flows need and nobody else's give them, or delete those that no flow needs any more."""
    run = ledger.load_run(step.request_id, step.generation)
    plan = run.plan_for(undoing=step.undoing)
    vpc = run.request.vpc(step.updated_side)
    if step.removing:
        applied = writer.delete_acl_entries(vpc, plan.of(DeleteAclEntry, step.updated_side))
    else:
        applied = writer.create_acl_entries(vpc, plan.of(CreateAclEntry, step.updated_side))
    return _record(step, run, ledger, "UpdateNetworkAcls", applied)


def configure_dns(step: StepInput, *, ledger: Ledger, writer: Writer) -> int:
    """Set the side's own DNS option of the connection."""
    run = ledger.load_run(step.request_id, step.generation)
    changes = run.plan_for(undoing=step.undoing).of(SetDnsResolution, step.updated_side)
    for change in changes:
        writer.set_dns_resolution(run.request.vpc(step.updated_side), run.known_connection_id, change)
    return _record(step, run, ledger, "ConfigureDns", Applied(done=changes))


def update_tags(step: StepInput, *, ledger: Ledger, writer: Writer) -> int:
    """Edit the tags of the side's own view of the connection, and of its rules."""
    run = ledger.load_run(step.request_id, step.generation)
    plan = run.plan_for(undoing=step.undoing)
    vpc = run.request.vpc(step.updated_side)
    connection = plan.of(TagPeering, step.updated_side)
    tagged = writer.tag_connection(vpc, run.known_connection_id, connection) if connection else Applied(done=())
    rules = writer.tag_rules(vpc, plan.of(TagRule, step.updated_side))
    both = Applied(done=(*tagged.done, *rules.done), error=tagged.error or rules.error)
    return _record(step, run, ledger, "UpdateTags", both)


def _record(step: StepInput, run: Run, ledger: Ledger, name: str, applied: Applied) -> int:
    if applied.done:
        record = f"{name}#removed" if step.removing else name
        save_made(step, run, ledger, record, applied.done)
    if applied.error is not None:
        raise applied.error
    return len(applied.done)
