"""What Reachability Analyzer looks at in the name of who starts an analysis.

It is what AWS's managed policy AmazonVPCReachabilityAnalyzerFullAccessPolicy lets it describe, without Direct Connect and
Global Accelerator, which the guide says may be left out, and without Tiros, which is asked before the analysis begins
(`localcloud.authorization.ec2_needs`).
"""

from typing import Any

from localcloud.endpoint.callers import session_of
from localcloud.iam.role_permissions import decide
from localcloud.iam.roles import find_role

_EC2 = (
    "DescribeAddresses",
    "DescribeAvailabilityZones",
    "DescribeCustomerGateways",
    "DescribeInstances",
    "DescribeInternetGateways",
    "DescribeManagedPrefixLists",
    "DescribeNatGateways",
    "DescribeNetworkAcls",
    "DescribeNetworkInterfaces",
    "DescribePrefixLists",
    "DescribeRegions",
    "DescribeRouteTables",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeTransitGatewayAttachments",
    "DescribeTransitGatewayConnects",
    "DescribeTransitGatewayPeeringAttachments",
    "DescribeTransitGatewayPolicyTables",
    "DescribeTransitGatewayRouteTables",
    "DescribeTransitGatewayVpcAttachments",
    "DescribeTransitGateways",
    "DescribeVpcEndpointServiceConfigurations",
    "DescribeVpcEndpoints",
    "DescribeVpcPeeringConnections",
    "DescribeVpcs",
    "DescribeVpnConnections",
    "DescribeVpnGateways",
    "GetManagedPrefixListEntries",
    "GetTransitGatewayPolicyTableAssociations",
    "GetTransitGatewayPolicyTableEntries",
    "GetTransitGatewayRouteTablePropagations",
    "SearchTransitGatewayRoutes",
)
_LOAD_BALANCING = (
    "DescribeListeners",
    "DescribeLoadBalancerAttributes",
    "DescribeLoadBalancers",
    "DescribeRules",
    "DescribeTags",
    "DescribeTargetGroupAttributes",
    "DescribeTargetGroups",
    "DescribeTargetHealth",
)
_FIREWALL = (
    "DescribeFirewall",
    "DescribeFirewallMetadata",
    "DescribeFirewallPolicy",
    "DescribeResourcePolicy",
    "DescribeRuleGroup",
    "ListFirewallPolicies",
    "ListFirewalls",
    "ListRuleGroups",
)
LOOKED_AT = (
    *(f"ec2:{each}" for each in _EC2),
    *(f"elasticloadbalancing:{each}" for each in _LOAD_BALANCING),
    *(f"network-firewall:{each}" for each in _FIREWALL),
)

ORGANIZATIONS = (
    "organizations:DescribeOrganization",
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:ListAccounts",
    "organizations:ListDelegatedAdministrators",
    "organizations:ListDelegatedServicesForAccount",
)
"""What it looks up besides where a path leads into another account ("Required API permissions")."""

ABOUT_AN_ACCOUNT = ("organizations:ListDelegatedServicesForAccount",)
"""Those of them that have a resource (service authorization reference, AWS Organizations)."""


def may_look_around(response: Any, *, across_accounts: bool) -> bool:
    """Whether the caller of moto's response may all of it. Who acts as no role is an operator, and may."""
    session = session_of(response.get_access_key())
    role = find_role(session.role_arn) if session and session.role_arn else None
    if role is None:
        return True
    region = (response.region,)
    context = {"aws:requestedregion": region, "ec2:region": region}
    looked_at = (*LOOKED_AT, *(ORGANIZATIONS if across_accounts else ()))
    account = f"arn:aws:organizations::{response.current_account}:account/o-aaaaaaaaaa/{response.current_account}"
    about = dict.fromkeys(ABOUT_AN_ACCOUNT, account)
    return all(decide(role, action, about.get(action, "*"), context).allowed for action in looked_at)
