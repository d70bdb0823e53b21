"""Reachability Analyzer: a path for each question, an analysis of it, and both taken away afterwards.

A question across accounts is put in the source's account, with the ARNs of both ends. Whether that account may analyse the
other's resources is up to the organization ("Cross-account analyses" in the guide): where it may not, it does not find them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from causeway.aws.errors import translated
from causeway.aws.sessions import Access, MemberSessions
from causeway.domain.model.errors import ResourceNotFound
from causeway.domain.model.partitions import partition_of
from causeway.domain.model.protocols import Protocol
from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.reachability.matching import EPHEMERAL_PORTS
from causeway.domain.witnesses.testimonies import WitnessAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.literals import ResourceTypeType
    from mypy_boto3_ec2.type_defs import NetworkInsightsAnalysisTypeDef, PathRequestFilterTypeDef, TagSpecificationTypeDef

    from causeway.domain.model.request import VpcRef
    from causeway.domain.reachability.verdicts import Endpoint
    from causeway.domain.witnesses.testimonies import WitnessQuestion

_UNSEEN = frozenset(
    {
        "NO_POSSIBLE_DESTINATION",
        "NO_SOURCE_OR_DESTINATION",
        "UNASSOCIATED_COMPONENT",
        "UNKNOWN_DESTINATION",
        "UNKNOWN_PEERED_SGS",
        "UNKNOWN_RESOURCE",
        "UNSUPPORTED_COMPONENT",
    }
)
"""With these an analysis says that it could not see something: mostly that it is in another account ("Explanation codes")."""


class ReachabilityAnalyzer:
    """Asks Reachability Analyzer. See `WitnessClient`."""

    def __init__(self, sessions: MemberSessions) -> None:
        self._sessions = sessions

    def ask(self, question: WitnessQuestion, request_id: str, token: str) -> str:
        """The id of the analysis that was started. The same token gives the same path and the same analysis."""
        source, destination = question.source_vpc, question.destination_vpc
        with translated(f"Reachability Analyzer in {source}"):
            client = self._sessions.ec2(source, Access.WITNESS)
            path = client.create_network_insights_path(
                Source=_arn(question.source, source),
                Destination=_arn(question.destination, destination),
                Protocol="udp" if question.protocol is Protocol.UDP else "tcp",
                FilterAtSource=_filter(question),
                ClientToken=f"{token}p",
                TagSpecifications=_tags("network-insights-path", request_id),
            )["NetworkInsightsPath"]
            analysis = client.start_network_insights_analysis(
                NetworkInsightsPathId=path["NetworkInsightsPathId"],
                AdditionalAccounts=sorted({destination.account_id} - {source.account_id}),
                ClientToken=f"{token}a",
                TagSpecifications=_tags("network-insights-analysis", request_id),
            )["NetworkInsightsAnalysis"]
        return analysis["NetworkInsightsAnalysisId"]

    def poll(self, question: WitnessQuestion, reference: str) -> WitnessAnswer | None:
        """An analysis that cannot be seen yet has not answered."""
        try:
            with translated(f"{reference} in {question.source_vpc}"):
                client = self._sessions.ec2(question.source_vpc, Access.WITNESS)
                answer = client.describe_network_insights_analyses(NetworkInsightsAnalysisIds=[reference])
        except ResourceNotFound:
            return None
        analyses = answer["NetworkInsightsAnalyses"]
        return _answer(analyses[0]) if analyses else None

    def clean_up(self, vpc: VpcRef, request_id: str) -> None:
        """The request's paths are found by their tag, so that one whose id nobody has recorded goes too.

        A path of which an analysis is still running stays, until the next clean-up for the request.
        """
        with translated(f"paths of {request_id} in {vpc}"):
            client = self._sessions.ec2(vpc, Access.WITNESS)
            for path_id in _paths_of(client, request_id):
                if not _delete_analyses(client, path_id):
                    client.delete_network_insights_path(NetworkInsightsPathId=path_id)


def _paths_of(client: EC2Client, request_id: str) -> list[str]:
    """Tags are no filter of paths: EC2's reference names none."""
    pages = client.get_paginator("describe_network_insights_paths").paginate()
    ours = {"Key": REQUEST_ID_TAG, "Value": request_id}
    return [
        path["NetworkInsightsPathId"] for page in pages for path in page["NetworkInsightsPaths"] if ours in path.get("Tags", [])
    ]


def _delete_analyses(client: EC2Client, path_id: str) -> bool:
    """Deletes the path's analyses that have ended. Whether one is still running."""
    pages = client.get_paginator("describe_network_insights_analyses").paginate(NetworkInsightsPathId=path_id)
    analyses = [analysis for page in pages for analysis in page["NetworkInsightsAnalyses"]]
    for analysis in analyses:
        if analysis["Status"] != "running":
            client.delete_network_insights_analysis(NetworkInsightsAnalysisId=analysis["NetworkInsightsAnalysisId"])
    return any(analysis["Status"] == "running" for analysis in analyses)


def _arn(end: Endpoint, vpc: VpcRef) -> str:
    return f"arn:{partition_of(vpc.region)}:ec2:{vpc.region}:{vpc.account_id}:network-interface/{end.network_interface_id}"


def _filter(question: WitnessQuestion) -> PathRequestFilterTypeDef:
    """An interface may have several addresses: these are the verdict's. Connections start from ephemeral ports."""
    chosen: PathRequestFilterTypeDef = {
        "SourceAddress": question.source.address,
        "SourcePortRange": {"FromPort": EPHEMERAL_PORTS.first, "ToPort": EPHEMERAL_PORTS.last},
        "DestinationAddress": question.destination.address,
    }
    if question.port is not None:
        chosen["DestinationPortRange"] = {"FromPort": question.port, "ToPort": question.port}
    return chosen


def _tags(kind: ResourceTypeType, request_id: str) -> Sequence[TagSpecificationTypeDef]:
    tags = {REQUEST_ID_TAG: request_id, "Name": f"causeway {request_id}"}
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def _answer(analysis: NetworkInsightsAnalysisTypeDef) -> WitnessAnswer | None:
    """A failed analysis has found no path either, nor has one that could not see: that says nothing of the network."""
    if analysis["Status"] == "running":
        return None
    if analysis["Status"] == "failed":
        return WitnessAnswer(
            reachable=None, said=f"Its analysis failed: {analysis.get('StatusMessage') or 'AWS does not say why.'}"
        )
    if analysis.get("NetworkPathFound"):
        return WitnessAnswer(reachable=True, said="It found a path.")
    codes = dict.fromkeys(each["ExplanationCode"] for each in analysis.get("Explanations", []) if "ExplanationCode" in each)
    if not _UNSEEN.isdisjoint(codes):
        return WitnessAnswer(reachable=None, said=f"It could not see the whole path: {', '.join(codes)}.")
    return WitnessAnswer(reachable=False, said=f"It found no path: {', '.join(codes) or 'AWS does not say why'}.")
