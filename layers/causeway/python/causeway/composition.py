"""Composition: makes the parts of the edge from the environment, each when it is first needed and once for each sandbox."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .aws.ec2.reader import Reader
from .aws.ec2.writer import Writer
from .aws.events import Bus
from .aws.executions import Executions, Tasks, is_running
from .aws.queues import Queue
from .aws.sessions import Access, Hub, MemberSessions
from .aws.store.approvals import Approvals
from .aws.store.generations import Generations
from .aws.store.history import RunHistory
from .aws.store.holdings import HoldingsStore
from .aws.store.ledger_table import LedgerTable
from .aws.store.locks import Locks
from .aws.store.requests_table import RequestsTable
from .aws.store.runs import Runs
from .aws.topic import Topic
from .aws.witnesses.probes import Probes
from .aws.witnesses.reachability_analyzer import ReachabilityAnalyzer
from .domain.model.request import Witness
from .settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

    from .aws.witnesses.client import WitnessClient


@cache
def settings() -> Settings:
    return Settings.from_environment()


@cache
def _hub() -> Hub:
    return Hub()


@cache
def _dynamodb() -> DynamoDBClient:
    return _hub().dynamodb()


@cache
def _step_functions() -> SFNClient:
    return _hub().step_functions()


@cache
def requests() -> RequestsTable:
    return RequestsTable(settings().require("requests_table"), _dynamodb())


@cache
def generations() -> Generations:
    return _in_ledger(Generations)


@cache
def runs() -> Runs:
    return _in_ledger(Runs)


@cache
def history() -> RunHistory:
    return _in_ledger(RunHistory)


@cache
def holdings() -> HoldingsStore:
    return _in_ledger(HoldingsStore)


@cache
def approvals() -> Approvals:
    return _in_ledger(Approvals)


@cache
def locks() -> Locks:
    return _in_ledger(Locks)


def _in_ledger[Store: LedgerTable](concern: type[Store]) -> Store:
    return concern(settings().require("ledger_table"), _dynamodb())


@cache
def bus() -> Bus:
    return Bus(settings().require("event_bus_name"), _hub().events())


@cache
def executions() -> Executions:
    return Executions(settings().require("state_machine_arn"), _step_functions())


@cache
def tasks() -> Tasks:
    return Tasks(_step_functions())


@cache
def topic() -> Topic:
    return Topic(settings().require("approval_topic_arn"), _hub().sns())


@cache
def drift_checks() -> Queue:
    return Queue(settings().require("drift_checks_url"), _hub().sqs())


def execution_is_running(execution_arn: str) -> bool:
    return is_running(_step_functions(), execution_arn)


@cache
def reader() -> Reader:
    return Reader(_member_sessions())


def writer[W: Writer](kind: type[W]) -> W:
    """A writer of this class. The function names it, so that no other writer is imported at its start."""
    return kind(_member_sessions())


@cache
def witness_clients() -> dict[Witness, WitnessClient]:
    return {Witness.REACHABILITY_ANALYZER: ReachabilityAnalyzer(_member_sessions()), Witness.PROBE: Probes(_member_sessions())}


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
        hub=_hub(),
    )
