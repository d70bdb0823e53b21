"""What is kept of paths and analyses: for each account and region, beside moto's other EC2 resources."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from moto.ec2.exceptions import EC2ClientError

from localcloud.core import timing
from localcloud.ec2.reachability_analyzer.endpoints import Endpoint

type Component = dict[str, Any]
"""A part of an answer, in the words of the EC2 API: a PathComponent, or an Explanation."""

ANY_PORT = (0, 65535)

PATH_PREFIX, PATH_TYPE = "nip", "network-insights-path"
ANALYSIS_PREFIX, ANALYSIS_TYPE = "nia", "network-insights-analysis"
"""How ids begin, and what ARNs and tags call the resources."""


def without_nones(described: Mapping[str, Any]) -> Component:
    """What an answer has of it: EC2 leaves out what is not there."""
    return {name: value for name, value in described.items() if value is not None}


class Filter(msgspec.Struct, frozen=True):
    """Which packets a path is about, as they are at one of its ends. What is None may be anything."""

    source_address: str | None = None
    source_ports: tuple[int, int] | None = None
    destination_address: str | None = None
    destination_ports: tuple[int, int] | None = None


class PathRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a path was created with: the same again under the same token is the same path."""

    source: Endpoint
    destination: Endpoint | None
    protocol: Literal["tcp", "udp"]
    source_ip: str | None
    destination_ip: str | None
    destination_port: int | None
    at_source: Filter | None
    at_destination: Filter | None
    tags: tuple[tuple[str, str], ...]

    @property
    def filters(self) -> list[Filter]:
        """Everything that a packet has to fit. Nothing on the way of a peering changes it, so both ends see the same."""
        port = self.destination_port
        plain = Filter(self.source_ip, None, self.destination_ip, None if port is None else (port, port))
        return [plain, *filter(None, (self.at_source, self.at_destination))]


class Path(msgspec.Struct, frozen=True):
    id: str
    request: PathRequest
    token: str
    created: datetime


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an analysis comes to: why it failed, or whether there is a way and the components of it, or what is in the way."""

    failure: str | None = None
    forward: Sequence[Component] = ()
    back: Sequence[Component] = ()
    explanations: Sequence[Component] = ()

    @property
    def found(self) -> bool:
        return self.failure is None and not self.explanations


class AnalysisRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an analysis was started with."""

    path_id: str
    additional_accounts: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


class Analysis(msgspec.Struct, frozen=True):
    """An analysis. Its outcome is known when it starts, and shown once AWS would have finished."""

    id: str
    request: AnalysisRequest
    token: str
    start: datetime
    outcome: Outcome

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=timing.current().analysis)

    @property
    def status(self) -> Literal["running", "succeeded", "failed"]:
        if timing.now() < self.end:
            return "running"
        return "failed" if self.outcome.failure else "succeeded"


class Insights:
    """The paths and analyses of an account in a region, by their ids."""

    def __init__(self) -> None:
        self.paths: dict[str, Path] = {}
        self.analyses: dict[str, Analysis] = {}

    def path(self, path_id: str) -> Path:
        if path_id not in self.paths:
            raise EC2ClientError("InvalidNetworkInsightsPathId.NotFound", f"The path ID '{path_id}' does not exist")
        return self.paths[path_id]

    def analysis(self, analysis_id: str) -> Analysis:
        if analysis_id not in self.analyses:
            message = f"The analysis ID '{analysis_id}' does not exist"
            raise EC2ClientError("InvalidNetworkInsightsAnalysisId.NotFound", message)
        return self.analyses[analysis_id]


def insights_of(backend: Any) -> Insights:
    """Those of moto's EC2 backend, which keeps them as long as it keeps everything else."""
    kept: Insights = vars(backend).setdefault("network_insights", Insights())
    return kept
