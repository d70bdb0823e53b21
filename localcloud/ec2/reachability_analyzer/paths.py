"""Paths: CreateNetworkInsightsPath, DescribeNetworkInsightsPaths, DeleteNetworkInsightsPath."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.responses.vpcs import VPCs
from moto.ec2.utils import random_id

from localcloud.core import timing
from localcloud.core.patching import replaces
from localcloud.ec2.documented_filters import select
from localcloud.ec2.pages import paged_result
from localcloud.ec2.reachability_analyzer.path_descriptions import describe_path
from localcloud.ec2.reachability_analyzer.path_requests import path_request
from localcloud.ec2.reachability_analyzer.records import PATH_PREFIX, Path, insights_of
from localcloud.ec2.reachability_analyzer.requests import refuse_another

MOST_PATHS = 1000
"""In an account and region ("Quotas for Reachability Analyzer")."""


@replaces(VPCs, "create_network_insights_path")
def create_network_insights_path(_: None, self: Any) -> Any:
    """CreateNetworkInsightsPath answers the path that the same token made before.

    Raises:
        EC2ClientError: MissingParameter, InvalidParameterValue, InvalidParameterCombination, NetworkInsightsSource.NotFound,
            NetworkInsightsDestination.NotFound, IdempotentParameterMismatch, NetworkInsightsPath.LimitExceeded.
    """
    backend, token = self.ec2_backend, self._get_param("ClientToken")
    asked = path_request(self)
    paths = insights_of(backend).paths
    for path in paths.values():
        if path.token == token:
            refuse_another(token, differs=path.request != asked)
            return ActionResult({"NetworkInsightsPath": describe_path(backend, path)})
    if len(paths) >= MOST_PATHS:
        raise EC2ClientError("NetworkInsightsPath.LimitExceeded", f"The maximum number of paths ({MOST_PATHS}) is reached.")
    path = Path(random_id(PATH_PREFIX), asked, token, timing.now())
    paths[path.id] = path
    backend.create_tags([path.id], dict(asked.tags))
    return ActionResult({"NetworkInsightsPath": describe_path(backend, path)})


@replaces(VPCs, "describe_network_insights_paths")
def describe_network_insights_paths(_: None, self: Any) -> Any:
    """DescribeNetworkInsightsPaths with filters and pages. Unknown: InvalidNetworkInsightsPathId.NotFound."""
    backend = self.ec2_backend
    insights = insights_of(backend)
    chosen = [insights.path(each) for each in self._get_param("NetworkInsightsPathIds", []) or list(insights.paths)]
    described = [describe_path(backend, path) for path in chosen]
    found = select("DescribeNetworkInsightsPaths", described, self._filters_from_querystring())
    return paged_result(self, "NetworkInsightsPaths", found)


@replaces(VPCs, "delete_network_insights_path")
def delete_network_insights_path(_: None, self: Any) -> Any:
    """DeleteNetworkInsightsPath, once its analyses are deleted: AnalysisExistsForNetworkInsightsPath before."""
    insights = insights_of(self.ec2_backend)
    path = insights.path(self._get_param("NetworkInsightsPathId"))
    if any(analysis.request.path_id == path.id for analysis in insights.analyses.values()):
        message = f"The path {path.id} cannot be deleted: it has analyses."
        raise EC2ClientError("AnalysisExistsForNetworkInsightsPath", message)
    del insights.paths[path.id]
    self.ec2_backend.tags.pop(path.id, None)
    return ActionResult({"NetworkInsightsPathId": path.id})


@replaces(EC2Backend, "do_resources_exist")
def what_is_tagged_exists(original: Callable[..., bool], self: Any, resource_ids: list[str]) -> bool:
    """CreateTags and DeleteTags on an unknown path or analysis: as a describe of it."""
    insights, others = insights_of(self), []
    for resource_id in resource_ids:
        match resource_id.partition("-")[0]:
            case "nip":
                insights.path(resource_id)
            case "nia":
                insights.analysis(resource_id)
            case _:
                others.append(resource_id)
    return original(self, others)
