"""Tags of a connection and of rules: set together with the one that says whose they are, taken away where they were ours."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from causeway.aws.errors import REMEDIES, translated
from causeway.domain.model.errors import CausewayError, PeeringConflict, PeeringNotVisible, ServiceUnavailable
from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.planning.kinds import TagPeering, TagRule

from . import conversion
from .applied import Applied
from .pages import describe_all
from .reader import describe_peering
from .writer import KindWriter, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef

    from causeway.domain.model.request import VpcRef
    from causeway.domain.planning.kinds.tags import TagEdit

LARGEST_CALL = 1000
"""How many resources one CreateTags or DeleteTags takes."""

STILL_SHOWN: dict[str, type[CausewayError]] = {"InvalidSecurityGroupRuleId.NotFound": ServiceUnavailable}
"""EC2 is eventually consistent: a rule that it shows and does not find is looked at again by the next attempt."""


class TagWriter(KindWriter):
    """Edits the tags of a side's view of the connection, and of its rules."""

    def add(self, target: Target, changes: Sequence[TagPeering | TagRule]) -> Applied:
        """Edits the connection's tags, then the rules'.

        The connection has to belong to one of the requests that the edit is about. A rule that is gone, or belongs to
        somebody else by now, is done.
        """
        tagger = Tagger(self._client(target.vpc), target.vpc)
        of_connection = [change for change in changes if isinstance(change, TagPeering)]
        nothing = Applied(done=())
        tagged = tagger.tag_connection(target.known_connection_id, of_connection) if of_connection else nothing
        rules = tagger.tag_rules([change for change in changes if isinstance(change, TagRule)])
        return Applied(done=(*tagged.done, *rules.done), hidden=rules.hidden, error=tagged.error or rules.error)


class Tagger:
    """Edits tags in one VPC's account and region.

    Each resource is looked at first, and tagged only if it belongs to the request that the edit begins or ends with: so a
    repetition finishes what an earlier attempt began.
    """

    def __init__(self, client: EC2Client, vpc: VpcRef) -> None:
        self._client = client
        self._vpc = vpc

    def tag_connection(self, connection_id: str, changes: Sequence[TagPeering]) -> Applied:
        """Edits this side's tags of the connection."""
        outcomes: dict[TagPeering, CausewayError | None] = {}
        for change in changes:
            try:
                self._verify(connection_id, change.tags)
                self._edit([connection_id], change.tags)
                outcomes[change] = None
            except CausewayError as error:
                outcomes[change] = error
        return Applied.of(outcomes)

    def tag_rules(self, changes: Sequence[TagRule]) -> Applied:
        """Edits the rules' tags, those with the same edit in one call. One that is gone, or is somebody else's, is done."""
        by_edit: defaultdict[TagEdit, list[TagRule]] = defaultdict(list)
        for change in changes:
            by_edit[change.tags].append(change)
        outcomes: dict[TagRule, CausewayError | None] = {}
        hidden: list[TagRule] = []
        for edit, batch in by_edit.items():
            try:
                present = self._rules_of(edit)
                self._edit([change.rule_id for change in batch if change.rule_id in present], edit)
                outcomes |= dict.fromkeys(batch)
                hidden += [change for change in batch if change.rule_id not in present]
            except CausewayError as error:
                outcomes |= dict.fromkeys(batch, error)
        return Applied.of({change: outcomes[change] for change in changes}, hidden)

    def _edit(self, resource_ids: Sequence[str], edit: TagEdit) -> None:
        for start in range(0, len(resource_ids), LARGEST_CALL):
            some = resource_ids[start : start + LARGEST_CALL]
            with translated(f"tags in {self._vpc}", STILL_SHOWN):
                self._client.create_tags(Resources=some, Tags=conversion.tag_list(dict(edit.after)))
                if edit.removed:
                    self._client.delete_tags(Resources=some, Tags=conversion.tag_list(dict(edit.removed)))

    def _verify(self, connection_id: str, edit: TagEdit) -> None:
        """Whose the connection is must be as the edit begins or ends; before its first tags it is nobody's.

        Raises:
            PeeringNotVisible: This side cannot see it yet.
            PeeringConflict: It ended, or belongs to somebody else by now.
        """
        where = f"{connection_id}, for {self._vpc}"
        connection = describe_peering(self._client, self._vpc, connection_id)
        if connection is None:
            text = "The connection is not there to be tagged yet."
            raise PeeringNotVisible(text, where=where, remedy=REMEDIES[PeeringNotVisible])
        if not connection.status.is_live:
            text = f"The connection is {connection.status}: {connection.status_message}."
            raise PeeringConflict(text, where=where, remedy=REMEDIES[PeeringConflict])
        owner = connection.tags.get(REQUEST_ID_TAG)
        if owner not in {dict(edit.before).get(REQUEST_ID_TAG), *_owners(edit)}:
            text = f"The connection carries the tag {REQUEST_ID_TAG}={owner}."
            raise PeeringConflict(text, where=where, remedy=REMEDIES[PeeringConflict])

    def _rules_of(self, edit: TagEdit) -> frozenset[str]:
        """The ids of the rules in this account and region that belong to whom the edit begins or ends with."""
        tagged: FilterTypeDef = {"Name": f"tag:{REQUEST_ID_TAG}", "Values": _owners(edit)}
        rules = describe_all(self._client, self._vpc, "describe_security_group_rules", "SecurityGroupRules", [tagged])
        return frozenset(rule["SecurityGroupRuleId"] for rule in rules)


def _owners(edit: TagEdit) -> list[str]:
    return sorted({value for key, value in (*edit.before, *edit.after) if key == REQUEST_ID_TAG})
