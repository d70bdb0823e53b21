"""The hub, members and labs deploy by AWS's own tools, and a failure shows what the tool said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.deploy import stacks
from localcloud.deploy.sam import DeploymentError, sam_build
from localcloud.deploy.stacks import deploy_lab, deploy_member, operator_session
from tests.localcloud.conftest import App

MEMBER = "444444444444"
NEW_MEMBER = "555555555555"


def test_outside_a_checkout_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "PROJECT", tmp_path)
    with pytest.raises(DeploymentError, match="from a checkout of its repository"):
        stacks.build_hub()


def test_a_failed_build_shows_what_the_tool_said(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: []\n")
    with pytest.raises(DeploymentError, match="sam build failed"):
        sam_build(template, (), {})


def test_the_lab_is_the_walkthroughs_network(app: App) -> None:
    lab = deploy_lab(app.aws, MEMBER, "Production")
    ec2 = operator_session(app.aws, MEMBER).client("ec2", endpoint_url=app.aws.endpoint_url)
    interface = ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [lab["InstanceId"]]}])[
        "NetworkInterfaces"
    ][0]
    assert interface["PrivateIpAddress"] == "192.0.0.206"
    assert [group["GroupId"] for group in interface["Groups"]] == [lab["SecurityGroupId"]]
    assert interface["SubnetId"] == lab["SubnetId"]
    table = ec2.describe_route_tables(RouteTableIds=[lab["RouteTableId"]])["RouteTables"][0]
    assert [association["SubnetId"] for association in table["Associations"]] == [lab["SubnetId"]]
    assert {route["DestinationCidrBlock"] for route in table["Routes"]} == {"192.0.0.0/16", "0.0.0.0/0"}


@pytest.fixture
def nobody_listens(app: App) -> Iterator[None]:
    """Where a hub is deployed in this process too, an account that is met for the first time becomes a member by itself."""
    listeners = app.aws.account_listeners
    silenced = listeners[:]
    listeners.clear()
    yield
    listeners.extend(silenced)


def test_a_member_grants_its_roles(app: App, nobody_listens: None) -> None:
    deploy_member(app.aws, NEW_MEMBER)
    iam = operator_session(app.aws, NEW_MEMBER).client("iam", endpoint_url=app.aws.endpoint_url)
    assert {role["RoleName"] for role in iam.list_roles()["Roles"]} >= {
        "causeway-read",
        "causeway-write",
        "causeway-witness",
    }
