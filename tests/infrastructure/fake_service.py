"""A service of AWS that a test plays, behind a real client of it."""

from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
from botocore import xform_name
from botocore.validate import ParamValidator

from infrastructure.account import Account
from local.resources.names import ACCOUNT_ID, REGION
from tests.local.conftest import Aws


class RefusalError(Exception):
    """What the service answers is this error."""

    def __init__(self, code: str, message: str = "refused by the test", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@cache
def _session() -> boto3.session.Session:
    """One for all: it reads the services' models once."""
    return boto3.session.Session(region_name=REGION)


class FakeService:
    """Its methods are the service's operations, by boto3's names; `client` is boto3's own.

    So requests are held to the service's model, and answers are, too.

    Attributes:
        asked: The operations and their arguments, in their order.
    """

    service: str

    def __init__(self) -> None:
        self.client: Any = _session().client(
            self.service,  # type: ignore[call-overload]  # any service's name
            aws_access_key_id="fake",
            aws_secret_access_key="fake",  # noqa: S106  # opens nothing
        )
        self.asked: list[tuple[str, dict[str, Any]]] = []
        events = self.client.meta.events
        events.register(f"before-parameter-build.{self.service}", self._note)
        events.register(f"before-call.{self.service}", self._answer)

    def requests(self, operation: str) -> list[dict[str, Any]]:
        """The arguments of each request of an operation."""
        return [given for name, given in self.asked if name == operation]

    def _note(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["arguments"] = dict(params)

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, Any]:
        name = xform_name(model.name)
        self.asked.append((name, context["arguments"]))
        try:
            answer: Mapping[str, Any] = getattr(self, name)(**context["arguments"]) or {}
        except RefusalError as refusal:
            error = {"Code": refusal.code, "Message": str(refusal)}
            return SimpleNamespace(status_code=refusal.status), {
                "Error": error,
                "ResponseMetadata": {"HTTPStatusCode": refusal.status},
            }
        if model.output_shape:
            report = ParamValidator().validate(answer, model.output_shape)
            assert not report.has_errors(), report.generate_report()
        return SimpleNamespace(status_code=200), {**answer, "ResponseMetadata": {}}


class FakeAccount(Account):
    """The account of the local AWS, where some services are played."""

    def __init__(self, aws: Aws | None, *services: FakeService) -> None:
        self.region = REGION
        self._identity: Any = {"Account": ACCOUNT_ID, "Arn": f"arn:aws:iam::{ACCOUNT_ID}:user/me"}
        self._aws = aws
        self._services = {each.service: each.client for each in services}

    def client(self, service: str) -> Any:
        if service in self._services:
            return self._services[service]
        assert self._aws is not None, f"{service} is not played"
        return self._aws.stack_client(service)
