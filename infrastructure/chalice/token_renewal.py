"""Tokens that were made or taken back count at once, not when Chalice comes to the authorizer.

Chalice renews the functions one after the other, the authorizer last: with all of them that takes
minutes, in which a token that leaked would go on.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

AUTHORIZER: Final = "authorize"
"""The authorizer's name in the app."""
_TOKENS: Final = "API_TOKENS"


def renew(client: "LambdaClient", function: str, tokens: str) -> bool:
    """Have the authorizer know these tokens and no others; whether it knew others before.

    Args:
        client: Lambda.
        function: The authorizer, by its name in Lambda; there may be none yet.
        tokens: What API_TOKENS is from now on.
    """
    try:
        configuration = client.get_function_configuration(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        return False
    variables = configuration["Environment"]["Variables"]
    if variables[_TOKENS] == tokens:
        return False
    client.update_function_configuration(
        FunctionName=function, Environment={"Variables": {**variables, _TOKENS: tokens}}
    )
    client.get_waiter("function_updated_v2").wait(FunctionName=function)
    return True
