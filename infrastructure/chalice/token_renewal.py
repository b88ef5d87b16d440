"""Update the authorizer's tokens before Chalice deploys.

Chalice updates one function after the other, and the authorizer last. That takes minutes, during
which a leaked token would still be valid. So the new tokens come into the authorizer's environment
first, which counts more than the settings in its package. Chalice removes them with the package
that has the new tokens.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

AUTHORIZER: Final = "authorize"
"""The authorizer's name in the app."""
_TOKENS: Final = "API_TOKENS"


def renew(client: "LambdaClient", function: str, tokens: str) -> bool:
    """Set the authorizer's API_TOKENS; return whether they were different before.

    `function` is the authorizer's name in Lambda. It does not exist before the first deployment.
    """
    try:
        configuration = client.get_function_configuration(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        return False
    variables = configuration["Environment"]["Variables"]
    if variables.get(_TOKENS) == tokens:
        return False
    client.update_function_configuration(
        FunctionName=function, Environment={"Variables": {**variables, _TOKENS: tokens}}
    )
    client.get_waiter("function_updated_v2").wait(FunctionName=function)
    return True
