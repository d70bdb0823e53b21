"""Which function is behind a function URL: the URLs are paths of the embedded AWS's own endpoint."""

import hashlib
from typing import Any

from moto.awslambda.models import FunctionUrlConfig, LambdaFunction, lambda_backends
from moto.settings import moto_server_port

from localcloud.core.patching import replaces
from localcloud.endpoint.api_request import FUNCTION_URL_PATH


@replaces(FunctionUrlConfig, "__init__")
def the_url_leads_here(original: Any, made: FunctionUrlConfig, function: LambdaFunction, config: dict[str, Any]) -> None:
    """A function's URL never changes, also when its configuration is made anew."""
    original(made, function=function, config={"InvokeMode": "BUFFERED", **config})
    made.url = f"http://localhost:{moto_server_port()}{FUNCTION_URL_PATH}{url_id(function)}/"


def url_id(function: LambdaFunction) -> str:
    return hashlib.sha256(str(function.function_arn).encode()).hexdigest()[:32]


def function_behind(wanted: str) -> LambdaFunction | None:
    """The function with this URL id, in whichever account and region, where it has a URL."""
    backends = [backend for regions in list(lambda_backends.values()) for backend in list(regions.values())]
    functions = (function for backend in backends for function in backend.list_functions())
    return next((function for function in functions if function.url_config and url_id(function) == wanted), None)
