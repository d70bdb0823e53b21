"""Reads one side or both, in a number of calls that does not depend on what is there until a page is full."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from msgspec.structs import replace

from causeway.aws.errors import translated
from causeway.aws.sessions import Access, MemberSessions
from causeway.domain.model.errors import AccessDenied, ResourceNotFound
from causeway.domain.model.exclusion import without_excluded
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import PeeringConnection, PeeringStatus, SecurityGroup, Snapshot
from causeway.domain.model.partitions import partition_of
from causeway.domain.model.prefix_lists import named
from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.model.values import PerSide, Side

from . import conversion
from .groups import associated_groups, groups_by_id
from .pages import describe_all
from .prefix_lists import read_prefix_lists
from .quotas import QuotaReader

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2 import type_defs as ec2

    from causeway.domain.model.request import Request, VpcRef

CALLS_AT_ONCE = 15
"""Threads a side, at most: one that waits for the others, and one for each call."""

ANY_VALUE = "*"
"""In a filter. DescribeSecurityGroupRules has none by a tag's key alone."""

type DnsAttribute = Literal["enableDnsSupport", "enableDnsHostnames"]


class Reader:
    """Observes VPCs with the read role."""

    def __init__(self, sessions: MemberSessions) -> None:
        self._sessions = sessions
        self._quotas = QuotaReader(sessions)

    def observe_both(self, request: Request, *, quotas: bool = False) -> PerSide[Snapshot | Finding]:
        """Both sides at once, without what the request excludes. A side that cannot be read is a finding instead.

        Args:
            request: Names the VPCs.
            quotas: Whether something is about to be added, so that it matters how much there may be.

        Raises:
            RetryNowError: AWS throttled or did not answer.
        """
        dns = request.dns_resolution.requester or request.dns_resolution.accepter
        with ThreadPoolExecutor(max_workers=2 * CALLS_AT_ONCE) as pool:
            requester = pool.submit(self._observe_or_find, pool, Side.REQUESTER, request.requester, dns=dns, quotas=quotas)
            accepter = pool.submit(self._observe_or_find, pool, Side.ACCEPTER, request.accepter, dns=dns, quotas=quotas)
            return PerSide(requester=_of(request, requester.result()), accepter=_of(request, accepter.result()))

    def observe(self, side: Side, vpc: VpcRef, *, dns: bool) -> Snapshot:
        """One side, whole.

        Args:
            side: What the snapshot will be called.
            vpc: The side's VPC.
            dns: Whether the VPC's two DNS attributes matter; they cost a call each.

        Raises:
            AccessDenied: The account or a part of it may not be read.
            ResourceNotFound: The VPC is not there.
            RetryNowError: AWS throttled or did not answer.
        """
        with ThreadPoolExecutor(max_workers=CALLS_AT_ONCE) as pool:
            return self._observe(pool, side, vpc, dns=dns, quotas=False)

    def peering(self, vpc: VpcRef, connection_id: str) -> PeeringConnection | None:
        """The connection as this VPC's account and region sees it; None where it is not visible (yet)."""
        return describe_peering(self._sessions.ec2(vpc, Access.READ), vpc, connection_id)

    def _observe_or_find(
        self, pool: ThreadPoolExecutor, side: Side, vpc: VpcRef, *, dns: bool, quotas: bool
    ) -> Snapshot | Finding:
        if partition_of(vpc.region) != self._sessions.partition:
            return _elsewhere(side, vpc, self._sessions.partition)
        try:
            return self._observe(pool, side, vpc, dns=dns, quotas=quotas)
        except AccessDenied as error:
            return Finding(code=Code.ACCOUNT_NOT_REACHABLE, message=str(error), where=vpc.account_id, side=side)
        except ResourceNotFound as error:
            return Finding(code=Code.VPC_NOT_FOUND, message=str(error), where=vpc.vpc_id, side=side)

    def _observe(self, pool: ThreadPoolExecutor, side: Side, vpc: VpcRef, *, dns: bool, quotas: bool) -> Snapshot:
        client = self._sessions.ec2(vpc, Access.READ)
        asked = _ask(pool, client, vpc, dns=dns)
        values = pool.submit(self._quotas.of, vpc) if quotas else None
        outstanding = pool.submit(_outstanding, client, vpc) if quotas and side is Side.REQUESTER else None
        seen = _snapshot(side, client, vpc, asked)
        return replace(
            seen,
            prefix_lists=read_prefix_lists(client, pool, vpc, named(seen)),
            quotas=dict(values.result()) if values else {},
            outstanding_requests=outstanding.result() if outstanding else 0,
        )


def _of(request: Request, observed: Snapshot | Finding) -> Snapshot | Finding:
    return without_excluded(request, observed) if isinstance(observed, Snapshot) else observed


def _elsewhere(side: Side, vpc: VpcRef, here: str) -> Finding:
    there = partition_of(vpc.region)
    return Finding(
        code=Code.OTHER_PARTITION,
        side=side,
        where=str(vpc),
        message=f"{vpc} is in the partition {there}, and Causeway runs in {here}. No role and no peering crosses partitions: "
        f"use a VPC in {here}, or have a Causeway of its own in {there} peer two VPCs there.",
    )


class _Asked(NamedTuple):
    """The calls for one side, all under way at once."""

    vpc: Future[ec2.VpcTypeDef]
    dns_support: Future[bool] | None
    dns_hostnames: Future[bool] | None
    route_tables: Future[list[ec2.RouteTableTypeDef]]
    security_groups: Future[list[ec2.SecurityGroupTypeDef]]
    associated_groups: Future[frozenset[str]]
    owned_rules: Future[list[ec2.SecurityGroupRuleTypeDef]]
    network_acls: Future[list[ec2.NetworkAclTypeDef]]
    subnets: Future[list[ec2.SubnetTypeDef]]
    network_interfaces: Future[list[ec2.NetworkInterfaceTypeDef]]
    requested_peerings: Future[list[ec2.VpcPeeringConnectionTypeDef]]
    accepted_peerings: Future[list[ec2.VpcPeeringConnectionTypeDef]]


def _ask(pool: ThreadPoolExecutor, client: EC2Client, vpc: VpcRef, *, dns: bool) -> _Asked:
    def every(operation: Any, key: str, *filters: ec2.FilterTypeDef) -> Future[list[Any]]:
        return pool.submit(describe_all, client, vpc, operation, key, filters)

    def peerings(side: Side) -> Future[list[Any]]:
        of_this_vpc = _filter(f"{side}-vpc-info.vpc-id", vpc.vpc_id)
        return every("describe_vpc_peering_connections", "VpcPeeringConnections", of_this_vpc)

    here = _filter("vpc-id", vpc.vpc_id)
    return _Asked(
        vpc=pool.submit(_describe_vpc, client, vpc),
        dns_support=pool.submit(_dns_attribute, client, vpc, "enableDnsSupport") if dns else None,
        dns_hostnames=pool.submit(_dns_attribute, client, vpc, "enableDnsHostnames") if dns else None,
        route_tables=every("describe_route_tables", "RouteTables", here),
        security_groups=every("describe_security_groups", "SecurityGroups", here),
        associated_groups=pool.submit(associated_groups, client, vpc),
        owned_rules=every("describe_security_group_rules", "SecurityGroupRules", _filter(f"tag:{REQUEST_ID_TAG}", ANY_VALUE)),
        network_acls=every("describe_network_acls", "NetworkAcls", here),
        subnets=every("describe_subnets", "Subnets", here),
        network_interfaces=every("describe_network_interfaces", "NetworkInterfaces", here),
        requested_peerings=peerings(Side.REQUESTER),
        accepted_peerings=peerings(Side.ACCEPTER),
    )


def _snapshot(side: Side, client: EC2Client, vpc: VpcRef, asked: _Asked) -> Snapshot:
    """Waits for the answers. The VPC's comes first: where the VPC is missing, that is what there is to say."""
    described = conversion.vpc(
        asked.vpc.result(), vpc, dns_support=_result(asked.dns_support), dns_hostnames=_result(asked.dns_hostnames)
    )
    interfaces = tuple(map(conversion.network_interface, asked.network_interfaces.result()))
    carried = {group_id for interface in interfaces for group_id in interface.security_group_ids}
    groups = _groups(client, vpc, asked, carried)
    group_ids = {group.security_group_id for group in groups}
    rules = (conversion.owned_rule(raw, vpc.account_id) for raw in asked.owned_rules.result())
    peerings = map(conversion.peering_connection, asked.requested_peerings.result() + asked.accepted_peerings.result())
    return Snapshot(
        side=side,
        vpc=described,
        route_tables=tuple(map(conversion.route_table, asked.route_tables.result())),
        security_groups=groups,
        owned_rules=tuple(rule for rule in rules if rule.security_group_id in group_ids),
        network_acls=tuple(map(conversion.network_acl, asked.network_acls.result())),
        subnets=tuple(map(conversion.subnet, asked.subnets.result())),
        network_interfaces=interfaces,
        peering_connections=tuple(each for each in peerings if each.status.is_live),
    )


def _groups(client: EC2Client, vpc: VpcRef, asked: _Asked, carried: set[str]) -> tuple[SecurityGroup, ...]:
    """Those that were made in the VPC, and of those that are associated with it or carried there the ones that can be read."""
    made_here = asked.security_groups.result()
    others = (asked.associated_groups.result() | carried) - {raw["GroupId"] for raw in made_here}
    return tuple(conversion.security_group(raw, vpc) for raw in (*made_here, *groups_by_id(client, vpc, others)))


def _outstanding(client: EC2Client, vpc: VpcRef) -> int:
    """How many connections the account has requested that are still to be accepted: a quota counts them all together.

    Those that begin this very moment are left out: `initiating-request` is no value of the filter.
    """
    ours = _filter("requester-vpc-info.owner-id", vpc.account_id)
    pending = _filter("status-code", PeeringStatus.PENDING_ACCEPTANCE)
    return len(describe_all(client, vpc, "describe_vpc_peering_connections", "VpcPeeringConnections", [ours, pending]))


def describe_peering(client: EC2Client, vpc: VpcRef, connection_id: str) -> PeeringConnection | None:
    """The connection as the client's account and region sees it; None where it is not visible (yet)."""
    try:
        with translated(f"{connection_id}, for {vpc}"):
            answer = client.describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection_id])
    except ResourceNotFound:
        return None
    return next((conversion.peering_connection(raw) for raw in answer["VpcPeeringConnections"]), None)


def _describe_vpc(client: EC2Client, vpc: VpcRef) -> ec2.VpcTypeDef:
    """The VPC itself, from its owner: a participant of a shared VPC sees it too, but cannot peer it."""
    with translated(str(vpc), {"InvalidVpcID.Malformed": ResourceNotFound}):
        (described,) = client.describe_vpcs(VpcIds=[vpc.vpc_id])["Vpcs"]
    owner = described.get("OwnerId", vpc.account_id)
    if owner != vpc.account_id:
        raise ResourceNotFound(
            f"The VPC is only shared with this account: it belongs to {owner}.",
            where=str(vpc),
            remedy="Name the owner: only the owner of a VPC can peer it.",
        )
    return described


def _dns_attribute(client: EC2Client, vpc: VpcRef, name: DnsAttribute) -> bool:
    with translated(str(vpc)):
        answer = client.describe_vpc_attribute(VpcId=vpc.vpc_id, Attribute=name)
    return answer["EnableDnsSupport" if name == "enableDnsSupport" else "EnableDnsHostnames"]["Value"]


def _filter(name: str, *values: str) -> ec2.FilterTypeDef:
    return {"Name": name, "Values": list(values)}


def _result(pending: Future[bool] | None) -> bool | None:
    return None if pending is None else pending.result()
