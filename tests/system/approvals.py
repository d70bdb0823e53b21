"""A person who decides about plans: a session of a role of the hub account that may call the function URL, and no more."""

import json
from typing import Any, NamedTuple

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.server import DEFAULT_REGION, HUB_ACCOUNT_ID

from .requests import Hub, Item, Status, eventually


class Reply(NamedTuple):
    code: int
    content: dict[str, Any]


class Approver:
    """A role named after the test's person, and a session `alice` of it."""

    def __init__(self, hub: Hub, name: str, *, allowed: bool = True) -> None:
        self._url = hub.outputs["ApprovalUrl"]
        self._http = urllib3.PoolManager()
        self._credentials = _session(hub, name, allowed=allowed)
        self.arn = f"arn:aws:sts::{HUB_ACCOUNT_ID}:assumed-role/{name}/alice"

    def decide(self, request_id: str, checksum: str, decision: str, **more: str) -> Reply:
        return self.send({"request_id": request_id, "checksum": checksum, "decision": decision, **more})

    def send(self, content: Any) -> Reply:
        request = AWSRequest("POST", self._url, data=json.dumps(content), headers={"Content-Type": "application/json"})
        SigV4Auth(self._credentials, "lambda", DEFAULT_REGION).add_auth(request)
        response = self._http.request("POST", self._url, body=request.body, headers=dict(request.headers))
        return Reply(response.status, response.json())


def asked(hub: Hub, item: Item, *, generation: int = 1, number: int = 1) -> Status:
    """The status that tells of a question."""

    def waiting() -> Status | None:
        status: Status = hub.item(item["request_id"]).get("status", {})
        due = status.get("state") == "AWAITING_APPROVAL" and status["generation"] == generation
        return status if due and status["approval"]["number"] == number else None

    return eventually(waiting, lambda: f"nobody was asked:\n{hub.item(item['request_id'])}")


def _session(hub: Hub, name: str, *, allowed: bool) -> Credentials:
    iam, arn = hub.client("iam"), hub.function("DecideApproval")["FunctionArn"]
    trust = {"Effect": "Allow", "Principal": {"AWS": HUB_ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    if allowed:
        through_the_url = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
        statements = (
            {"Effect": "Allow", "Action": "lambda:InvokeFunctionUrl", "Resource": arn},
            {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn, "Condition": through_the_url},
        )
        iam.put_role_policy(RoleName=name, PolicyName="decide", PolicyDocument=_policy(*statements))
    keys = hub.client("sts").assume_role(RoleArn=role, RoleSessionName="alice")["Credentials"]
    return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
