"""A path as DescribeNetworkInsightsPaths describes it."""

from typing import Any

from localcloud.ec2.reachability_analyzer.records import PATH_TYPE, Component, Filter, Path, without_nones
from localcloud.ec2.tags import described_tags


def describe_path(backend: Any, path: Path) -> Component:
    asked = path.request
    described = {
        "NetworkInsightsPathId": path.id,
        "NetworkInsightsPathArn": f"arn:aws:ec2:{backend.region_name}:{backend.account_id}:{PATH_TYPE}/{path.id}",
        "CreatedDate": path.created,
        "Source": asked.source.id,
        "SourceArn": asked.source.arn,
        "Destination": asked.destination and asked.destination.id,
        "DestinationArn": asked.destination and asked.destination.arn,
        "SourceIp": asked.source_ip,
        "DestinationIp": asked.destination_ip,
        "Protocol": asked.protocol,
        "DestinationPort": asked.destination_port,
        "FilterAtSource": _described_filter(asked.at_source),
        "FilterAtDestination": _described_filter(asked.at_destination),
        "Tags": described_tags(backend, path.id),
    }
    return without_nones(described)


def _described_filter(each: Filter | None) -> Component | None:
    if each is None:
        return None
    described = {
        "SourceAddress": each.source_address,
        "SourcePortRange": _described_ports(each.source_ports),
        "DestinationAddress": each.destination_address,
        "DestinationPortRange": _described_ports(each.destination_ports),
    }
    return without_nones(described)


def _described_ports(ports: tuple[int, int] | None) -> Component | None:
    return ports and {"FromPort": ports[0], "ToPort": ports[1]}
