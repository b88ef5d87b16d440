"""Tokens count at once: the authorizer is renewed before all other functions."""

from typing import Any, Final

from infrastructure.chalice.token_renewal import renew
from tests.infrastructure.fake_service import FakeService, RefusalError

NAME: Final = "storytime-dev-authorize"


class FakeAuthorizer(FakeService):
    """Lambda with this one function, or with none."""

    service = "lambda"

    def __init__(self, **variables: str) -> None:
        super().__init__()
        self.variables = variables

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        if FunctionName != NAME or not self.variables:
            raise RefusalError("ResourceNotFoundException", status=404)
        return {"Environment": {"Variables": self.variables}}

    def update_function_configuration(
        self,
        FunctionName: str,  # noqa: N803
        Environment: dict[str, Any],  # noqa: N803
    ) -> None:
        assert FunctionName == NAME
        self.variables = Environment["Variables"]

    def get_function(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == NAME
        return {"Configuration": {"LastUpdateStatus": "Successful"}}


def test_other_tokens_are_told_to_the_authorizer_and_nothing_else_changes() -> None:
    functions = FakeAuthorizer(API_TOKENS="old,leaked", STAGE="dev")

    assert renew(functions.client, NAME, "old") is True

    assert functions.variables == {"API_TOKENS": "old", "STAGE": "dev"}
    assert functions.requests("get_function")  # it is waited for


def test_the_same_tokens_change_nothing() -> None:
    functions = FakeAuthorizer(API_TOKENS="old")

    assert renew(functions.client, NAME, "old") is False
    assert functions.requests("update_function_configuration") == []


def test_before_the_first_deployment_there_is_nobody_to_tell() -> None:
    assert renew(FakeAuthorizer().client, NAME, "new") is False
