"""UpdateRouteTables, UpdateSecurityGroups and ConfigureDns: one side each, what the plan says and nothing else.

What was made is recorded also where the rest failed: the item must be able to list it.
"""

from causeway.aws.tables import Ledger
from causeway.aws.writer import Applied, Writer
from causeway.domain.plan import AuthorizeRule, CreateRoute, SetDnsResolution
from causeway.domain.run import Run

from .step_input import StepInput


def update_route_tables(step: StepInput, *, ledger: Ledger, writer: Writer) -> int:
    """Route the peer's CIDR blocks to the connection.

    Returns:
        How many changes were made.
    """
    run, changes = _planned(step, ledger, CreateRoute)
    vpc = run.request.vpc(step.updated_side)
    return _record(step, ledger, "UpdateRouteTables", writer.create_routes(vpc, run.known_connection_id, changes))


def update_security_groups(step: StepInput, *, ledger: Ledger, writer: Writer) -> int:
    """Add the rules that the flows need."""
    run, changes = _planned(step, ledger, AuthorizeRule)
    applied = writer.authorize_rules(run.request.vpc(step.updated_side), step.request_id, changes, tags=run.request.tags)
    return _record(step, ledger, "UpdateSecurityGroups", applied)


def configure_dns(step: StepInput, *, ledger: Ledger, writer: Writer) -> int:
    """Set the side's own DNS option of the connection."""
    run, changes = _planned(step, ledger, SetDnsResolution)
    for change in changes:
        writer.set_dns_resolution(run.request.vpc(step.updated_side), run.known_connection_id, change)
    return _record(step, ledger, "ConfigureDns", Applied(done=changes))


def _planned[C: (CreateRoute, AuthorizeRule, SetDnsResolution)](
    step: StepInput, ledger: Ledger, kind: type[C]
) -> tuple[Run, tuple[C, ...]]:
    run = ledger.load_run(step.request_id, step.generation)
    return run, run.saved_plan.of(kind, step.updated_side)


def _record(step: StepInput, ledger: Ledger, name: str, applied: Applied) -> int:
    if applied.done:
        ledger.save_done(step.request_id, step.generation, step.updated_side, name, applied.done)
    if applied.error is not None:
        raise applied.error
    return len(applied.done)
