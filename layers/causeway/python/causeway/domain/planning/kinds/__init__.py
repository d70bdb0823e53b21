"""The kinds of things that are kept in sync, one file each. A new kind is its file, and its lines here.

`KINDS` is the order in which a side's additions are planned and made. `REMOVED` is that of its removals: what lets traffic in
goes before what leads it there. The connection is outside of both: it comes before all and goes after all.
"""

from .acl_entries import ACL_ENTRIES, AclEntries, AclGrant, CreateAclEntry, DeleteAclEntry, OwnedAclEntry
from .connection import AcceptPeering, ConnectionGrant, CreatePeering, DeletePeering
from .dns import DNS, Dns, DnsGrant, SetDnsResolution
from .routes import ROUTES, CreateRoute, DeleteRoute, OwnedRoute, RouteGrant, Routes
from .rules import RULES, AuthorizeRule, RevokeRule, RuleGrant, Rules
from .tags import TAGS, TagPeering, TagRule, Tags

type Addition = (
    CreatePeering | AcceptPeering | CreateRoute | AuthorizeRule | CreateAclEntry | SetDnsResolution | TagPeering | TagRule
)
type Removal = RevokeRule | DeleteAclEntry | DeleteRoute | DeletePeering
type Change = Addition | Removal
type Grant = ConnectionGrant | RouteGrant | RuleGrant | AclGrant | DnsGrant
type AnyKind = Routes | Rules | AclEntries | Dns | Tags

KINDS: tuple[AnyKind, ...] = (ROUTES, RULES, ACL_ENTRIES, DNS, TAGS)
REMOVED: tuple[Rules | AclEntries | Routes, ...] = (RULES, ACL_ENTRIES, ROUTES)

__all__ = [
    "ACL_ENTRIES",
    "DNS",
    "KINDS",
    "REMOVED",
    "ROUTES",
    "RULES",
    "TAGS",
    "AcceptPeering",
    "AclEntries",
    "AclGrant",
    "Addition",
    "AnyKind",
    "AuthorizeRule",
    "Change",
    "ConnectionGrant",
    "CreateAclEntry",
    "CreatePeering",
    "CreateRoute",
    "DeleteAclEntry",
    "DeletePeering",
    "DeleteRoute",
    "Dns",
    "DnsGrant",
    "Grant",
    "OwnedAclEntry",
    "OwnedRoute",
    "Removal",
    "RevokeRule",
    "RouteGrant",
    "Routes",
    "RuleGrant",
    "Rules",
    "SetDnsResolution",
    "TagPeering",
    "TagRule",
    "Tags",
]
