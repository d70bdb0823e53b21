"""Analyses: StartNetworkInsightsAnalysis, DescribeNetworkInsightsAnalyses, DeleteNetworkInsightsAnalysis."""

import re
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.vpcs import VPCs
from moto.ec2.utils import random_id

from localcloud.core import timing
from localcloud.core.patching import replaces
from localcloud.ec2.documented_filters import select
from localcloud.ec2.errors import invalid_parameter
from localcloud.ec2.pages import paged_result
from localcloud.ec2.reachability_analyzer.evaluation import evaluate
from localcloud.ec2.reachability_analyzer.permissions import may_look_around
from localcloud.ec2.reachability_analyzer.records import (
    ANALYSIS_PREFIX,
    ANALYSIS_TYPE,
    Analysis,
    AnalysisRequest,
    Component,
    Insights,
    Outcome,
    PathRequest,
    insights_of,
)
from localcloud.ec2.reachability_analyzer.requests import refuse_another, tags_of
from localcloud.ec2.reachability_analyzer.trusted_access import trusted_access
from localcloud.ec2.tags import described_tags

MOST_ANALYSES = 10_000
MOST_AT_ONCE = 100
"""In an account and region ("Quotas for Reachability Analyzer")."""


@replaces(VPCs, "start_network_insights_analysis")
def start_network_insights_analysis(_: None, self: Any) -> Any:
    """StartNetworkInsightsAnalysis answers the analysis that the same token started before.

    Raises:
        EC2ClientError: MissingParameter, InvalidParameterValue, InvalidNetworkInsightsPathId.NotFound,
            IdempotentParameterMismatch, NetworkInsightsAnalysis.LimitExceeded.
    """
    backend, token = self.ec2_backend, self._get_param("ClientToken")
    insights, request = insights_of(backend), _analysis_request(self)
    path = insights.path(request.path_id)
    for analysis in insights.analyses.values():
        if analysis.token == token:
            refuse_another(token, differs=analysis.request != request)
            return ActionResult({"NetworkInsightsAnalysis": _described(backend, analysis)})
    _refuse_too_many(insights)
    outcome = _outcome(self, path.request, request)
    analysis = Analysis(random_id(ANALYSIS_PREFIX), request, token, timing.now(), outcome)
    insights.analyses[analysis.id] = analysis
    backend.create_tags([analysis.id], dict(request.tags))
    return ActionResult({"NetworkInsightsAnalysis": _described(backend, analysis)})


@replaces(VPCs, "describe_network_insights_analyses")
def describe_network_insights_analyses(_: None, self: Any) -> Any:
    """DescribeNetworkInsightsAnalyses with filters and pages.

    Raises:
        EC2ClientError: InvalidNetworkInsightsAnalysisId.NotFound, InvalidNetworkInsightsPathId.NotFound.
    """
    backend = self.ec2_backend
    insights, path_id = insights_of(backend), self._get_param("NetworkInsightsPathId")
    ids = self._get_param("NetworkInsightsAnalysisIds", []) or list(insights.analyses)
    chosen = [insights.analysis(each) for each in ids]
    if path_id:
        insights.path(path_id)
        chosen = [each for each in chosen if each.request.path_id == path_id]
    described = [_described(backend, each) for each in chosen]
    found = select("DescribeNetworkInsightsAnalyses", described, self._filters_from_querystring())
    return paged_result(self, "NetworkInsightsAnalyses", found)


@replaces(VPCs, "delete_network_insights_analysis")
def delete_network_insights_analysis(_: None, self: Any) -> Any:
    """DeleteNetworkInsightsAnalysis. Unknown: InvalidNetworkInsightsAnalysisId.NotFound."""
    insights = insights_of(self.ec2_backend)
    analysis = insights.analysis(self._get_param("NetworkInsightsAnalysisId"))
    del insights.analyses[analysis.id]
    self.ec2_backend.tags.pop(analysis.id, None)
    return ActionResult({"NetworkInsightsAnalysisId": analysis.id})


def _analysis_request(response: Any) -> AnalysisRequest:
    accounts = tuple(response._get_param("AdditionalAccounts", []))
    for account_id in accounts:
        if not re.fullmatch(r"\d{12}", account_id):
            raise invalid_parameter(f"'{account_id}' is no account ID.")
    return AnalysisRequest(
        path_id=response._get_param("NetworkInsightsPathId"),
        additional_accounts=accounts,
        through=tuple(response._get_param("FilterInArns", [])),
        around=tuple(response._get_param("FilterOutArns", [])),
        tags=tags_of(response, ANALYSIS_TYPE),
    )


def _refuse_too_many(insights: Insights) -> None:
    running = [each for each in insights.analyses.values() if each.status == "running"]
    for count, most, what in (
        (len(insights.analyses), MOST_ANALYSES, "analyses"),
        (len(running), MOST_AT_ONCE, "concurrent analyses"),
    ):
        if count >= most:
            raise EC2ClientError("NetworkInsightsAnalysis.LimitExceeded", f"The maximum number of {what} ({most}) is reached.")


def _outcome(response: Any, asked: PathRequest, request: AnalysisRequest) -> Outcome:
    """An analysis sees what its caller may see, and other accounts only as an administrator of the organization's."""
    ends = [asked.source, *([asked.destination] if asked.destination else [])]
    account_id = response.ec2_backend.account_id
    elsewhere = [end for end in ends if end.account_id != account_id]
    hidden = [] if trusted_access().permits(account_id) else elsewhere
    if not may_look_around(response, across_accounts=bool(elsewhere)):
        return Outcome(failure="The request failed due to insufficient permissions")
    if asked.source in hidden:
        return Outcome(failure=f"The request failed due to inaccessible resource {asked.source.arn}")
    if hidden:
        unseen = [{"Id": end.id, "Arn": end.arn} for end in hidden]
        return Outcome(explanations=[{"ExplanationCode": "NO_POSSIBLE_DESTINATION", "Destination": each} for each in unseen])
    if not all(end.is_interface for end in ends):
        return Outcome(failure="The network configuration is not supported")
    return _filtered(evaluate(asked), request)


def _filtered(outcome: Outcome, request: AnalysisRequest) -> Outcome:
    """There is one way at most, so a filter of components leaves it or nothing."""
    passed = {each["Component"]["Arn"] for each in (*outcome.forward, *outcome.back)}
    wrong = [*(arn for arn in request.through if arn not in passed), *(arn for arn in request.around if arn in passed)]
    if not outcome.found or not wrong:
        return outcome
    code = {"ExplanationCode": "COMPONENT_FILTER_RESTRICTION"}
    return Outcome(explanations=[{**code, "Component": {"Id": arn.rpartition("/")[2], "Arn": arn}} for arn in wrong])


def _described(backend: Any, analysis: Analysis) -> Component:
    described: Component = {
        "NetworkInsightsAnalysisId": analysis.id,
        "NetworkInsightsAnalysisArn": f"arn:aws:ec2:{backend.region_name}:{backend.account_id}:{ANALYSIS_TYPE}/{analysis.id}",
        "NetworkInsightsPathId": analysis.request.path_id,
        "AdditionalAccounts": list(analysis.request.additional_accounts),
        "FilterInArns": list(analysis.request.through),
        "FilterOutArns": list(analysis.request.around),
        "StartDate": analysis.start,
        "Status": analysis.status,
        "Tags": described_tags(backend, analysis.id),
    }
    outcome = analysis.outcome
    match analysis.status:
        case "failed":
            described["StatusMessage"] = outcome.failure
        case "succeeded":
            described["NetworkPathFound"] = outcome.found
            described["ForwardPathComponents"] = list(outcome.forward)
            described["ReturnPathComponents"] = list(outcome.back)
            described["Explanations"] = list(outcome.explanations)
    return described
