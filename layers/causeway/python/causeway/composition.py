"""Puts the edge together from the environment, each part when it is first asked for and once for each sandbox."""

from functools import cache

from causeway.aws.ec2.reader import Reader
from causeway.aws.ec2.writer import Writer
from causeway.aws.store.approvals import Approvals
from causeway.aws.store.ledger import Ledger
from causeway.aws.store.requests_table import Requests
from causeway.aws.witnesses.examiner import Examiner
from causeway.aws.witnesses.probes import Probes
from causeway.aws.witnesses.reachability_analyzer import Insights
from causeway.domain.model.request import Witness

from .aws.events import Bus
from .aws.executions import Executions, Tasks, is_running
from .aws.queues import Queue
from .aws.sessions import Access, Hub, MemberSessions
from .aws.topic import Topic
from .settings import Settings


@cache
def settings() -> Settings:
    return Settings.from_environment()


@cache
def hub() -> Hub:
    return Hub()


@cache
def requests() -> Requests:
    return Requests(settings().require("requests_table"), hub().dynamodb())


@cache
def ledger() -> Ledger:
    return Ledger(settings().require("ledger_table"), hub().dynamodb())


@cache
def approvals() -> Approvals:
    return Approvals(settings().require("ledger_table"), hub().dynamodb())


@cache
def bus() -> Bus:
    return Bus(settings().require("event_bus_name"), hub().events())


@cache
def executions() -> Executions:
    return Executions(settings().require("state_machine_arn"), hub().step_functions())


@cache
def tasks() -> Tasks:
    return Tasks(hub().step_functions())


@cache
def topic() -> Topic:
    return Topic(settings().require("approval_topic_arn"), hub().sns())


@cache
def drift_checks() -> Queue:
    return Queue(settings().require("drift_checks_url"), hub().sqs())


def execution_is_running(execution_arn: str) -> bool:
    return is_running(hub().step_functions(), execution_arn)


@cache
def reader() -> Reader:
    return Reader(_member_sessions())


def writer[W: Writer](kind: type[W]) -> W:
    """A writer of this class. The function names it, so that no other writer is imported at its start."""
    return kind(_member_sessions())


@cache
def examiners() -> dict[Witness, Examiner]:
    return {Witness.REACHABILITY_ANALYZER: Insights(_member_sessions()), Witness.PROBE: Probes(_member_sessions())}


@cache
def _member_sessions() -> MemberSessions:
    return MemberSessions(
        roles={
            Access.READ: settings().read_role_name,
            Access.WRITE: settings().write_role_name,
            Access.WITNESS: settings().witness_role_name,
        },
        external_id=settings().require("external_id"),
        session_name=settings().aws_lambda_function_name,
        hub=hub(),
    )
