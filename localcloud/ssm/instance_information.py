"""DescribeInstanceInformation: the instances that take commands."""

from typing import Any

from moto.ec2.models import ec2_backends
from moto.ssm.exceptions import SSMException
from moto.ssm.responses import SimpleSystemManagerResponse

from localcloud.core.patching import replaces
from localcloud.ec2.filters import FilterReader, select
from localcloud.ssm.command_results import one_page
from localcloud.ssm.run_command import online_instances

_AGENT_VERSION = "3.3.0.0"
_PAGE_SIZE = 10
"""Of DescribeInstanceInformation where the caller names no size (its API reference)."""


@replaces(SimpleSystemManagerResponse, "describe_instance_information")
def describe_instance_information(_: None, self: Any) -> Any:
    """DescribeInstanceInformation: the instances that take commands, each with the agent online."""
    backend = self.ssm_backend
    filters = {each["Key"]: each["Values"] for each in self._get_param("Filters", [])}
    filters |= {each["key"]: each["valueSet"] for each in self._get_param("InstanceInformationFilterList", [])}
    if unknown := [name for name in filters if name not in _READERS and not name.startswith("tag")]:
        raise SSMException("InvalidFilterKey", f"The filters {', '.join(unknown)} are not known.")
    tags = ec2_backends[backend.account_id][backend.region_name].tags
    found = select(online_instances(backend), filters, _READERS, lambda instance: tags.get(instance.id, {}))
    return one_page(self, "InstanceInformationList", [_informed(instance) for instance in found], _PAGE_SIZE)


def _informed(instance: Any) -> dict[str, Any]:
    return {
        "InstanceId": instance.id,
        "PingStatus": "Online",
        "AgentVersion": _AGENT_VERSION,
        "IsLatestVersion": True,
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "PlatformVersion": "2023",
        "ResourceType": "EC2Instance",
        "IPAddress": instance.private_ip,
        "ComputerName": f"ip-{instance.private_ip.replace('.', '-')}.ec2.internal",
        "SourceId": instance.id,
        "SourceType": "AWS::EC2::Instance",
    }


_READERS: dict[str, FilterReader[Any]] = {
    "InstanceIds": lambda instance: [instance.id],
    "PingStatus": lambda _: ["Online"],
    "PlatformTypes": lambda _: ["Linux"],
    "ResourceType": lambda _: ["EC2Instance"],
}
