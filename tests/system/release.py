"""A deployment of the last release, and its update to what this checkout holds: the same stacks, as people do it."""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.core.file_lock import file_lock
from localcloud.deploy.sam import PROJECT
from localcloud.deploy.stacks import (
    MEMBER_STACK,
    MEMBER_TEMPLATE,
    Outputs,
    build_hub,
    build_hub_of,
    create_stack,
    deploy,
    hub_parameters,
    member_parameters,
    operator_session,
)
from localcloud.lambda_.runtime_image import LOCAL_FOLDER
from localcloud.server import HUB_ACCOUNT_ID, EmbeddedAws

VERSION = "0.1.0"
HUB = "causeway-upgraded"
"""Not the other tests' hub, which can be in the same account of the same process."""
MEMBERS = ("777777777777", "888888888888")
"""Accounts of none of the other tests: their first member stack is the release's."""

DOCUMENTED_FILTERS = {
    '_filter("tag-key", REQUEST_ID_TAG)': '_filter(f"tag:{REQUEST_ID_TAG}", "*")',
    '_filter("status-code", *LIVE_STATUSES)': '_filter("status-code", *LIVE_STATUSES[1:])',
    '_filter("status-code", *PENDING_STATUSES)': '_filter("status-code", *PENDING_STATUSES[1:])',
}
"""What the release asks EC2 for beside what EC2 documents, and the documented form: the embedded AWS takes no other by now."""

type Resources = dict[str, tuple[str, str]]
"""The type and the physical id of each of a stack's resources, by logical id."""


class Deployment:
    """The stacks of a hub and two members, of one version at a time."""

    def __init__(self, aws: EmbeddedAws, **more_of_the_hub: str) -> None:
        self._aws = aws
        self._hub_parameters = hub_parameters() | more_of_the_hub
        self._member_parameters = member_parameters(HUB) | {"Witnesses": "allowed"}

    def begin(self) -> Outputs:
        """Deploy the release; the hub's outputs."""
        project = _unpacked()
        outputs = deploy(self._aws, build_hub_of(project), HUB, self._hub_parameters)
        with _nobody_listening(self._aws):
            for account_id in MEMBERS:
                create_stack(self._aws, account_id, project / MEMBER_TEMPLATE, MEMBER_STACK, self._member_parameters)
        return outputs

    def upgrade(self) -> Outputs:
        """Update the members and then the hub to the present templates, with the parameters that they have; its outputs."""
        kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in self._member_parameters]
        for account_id in MEMBERS:
            self._stacks(account_id).update_stack(
                StackName=MEMBER_STACK,
                TemplateBody=(PROJECT / MEMBER_TEMPLATE).read_text(),
                Parameters=kept,
                Capabilities=["CAPABILITY_NAMED_IAM"],
            )
        return deploy(self._aws, build_hub(), HUB, self._hub_parameters)

    def resources(self) -> Resources:
        """Of the hub."""
        pages = self._stacks(HUB_ACCOUNT_ID).get_paginator("list_stack_resources").paginate(StackName=HUB)
        summaries = [each for page in pages for each in page["StackResourceSummaries"]]
        return {each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"]) for each in summaries}

    def status(self) -> str:
        """Of the hub's stack."""
        return str(self._stacks(HUB_ACCOUNT_ID).describe_stacks(StackName=HUB)["Stacks"][0]["StackStatus"])

    def _stacks(self, account_id: str) -> Any:
        return operator_session(self._aws, account_id).client("cloudformation", endpoint_url=self._aws.endpoint_url)


def _unpacked() -> Path:
    """The release's files, always in the same folder: what was built from them is found again."""
    folder = LOCAL_FOLDER / "releases"
    with file_lock(folder), tarfile.open(Path(__file__).parent / "releases" / f"{VERSION}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
        reader = folder / VERSION / "layers/causeway/python/causeway/aws/reader.py"
        source = reader.read_text()
        for undocumented, documented in DOCUMENTED_FILTERS.items():
            assert undocumented in source
            source = source.replace(undocumented, documented)
        reader.write_text(source)
    return folder / VERSION


@contextmanager
def _nobody_listening(aws: EmbeddedAws) -> Iterator[None]:
    """Where the other tests' hub is there too, an account that is met for the first time becomes its member by itself."""
    silenced = aws.account_listeners[:]
    aws.account_listeners.clear()
    yield
    aws.account_listeners.extend(silenced)
