"""Lambda functions, as tests make them."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

from tests.conformance.accounts import Account
from tests.conformance.expecting import until
from tests.conformance.policies import Roles, outcome, trusting

TRUST = trusting({"Service": "lambda.amazonaws.com"})
_NOT_YET = {"InvalidParameterValueException", "AccessDeniedException"}
"""The codes with which Lambda refuses a role that IAM does not know everywhere yet."""


def package(code: str) -> bytes:
    """A deployment package with this one module, `app`."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), code)
    return content.getvalue()


def make_function(account: Account, unique: Callable[[], str], code: str, *statements: dict[str, Any], **more: Any) -> str:
    """Make a function whose handler is `app.handler` and whose role has these statements; its ARN once it is active."""
    functions, name = account.client("lambda"), unique()
    role = Roles(account, unique).make(*statements, trust=TRUST)
    settings = {"Runtime": "python3.13", "Handler": "app.handler", "Timeout": 5, **more}

    def create() -> None:
        functions.create_function(FunctionName=name, Role=role, Code={"ZipFile": package(code)}, **settings)

    assert until(lambda: outcome(create), lambda code: code not in _NOT_YET) == "ok"
    configuration = until(
        lambda: functions.get_function_configuration(FunctionName=name), lambda found: found["State"] == "Active"
    )
    arn: str = configuration["FunctionArn"]
    return arn
