"""API Gateway with one API, and IAM with the role that it writes logs with."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from infrastructure.gateway.configuration import LOGGING_ROLE
from tests.infrastructure.fake_service import FakeService, RefusalError

API: Final = "abc123"
ROLE: Final = f"arn:aws:iam::123456789012:role/{LOGGING_ROLE}"


class FakeGateway(FakeService):
    """An API with a stage, as Chalice's deployment leaves it.

    Attributes:
        refusals: How often the account does not take a role that is too new.
        apis: All of that name, and the function that each calls.
    """

    service = "apigateway"

    def __init__(self, role: str | None = None) -> None:
        super().__init__()
        self.role = role
        self.refusals = 0
        self.apis = {API: "storytime-dev"}
        self.responses: dict[str, Any] = {}
        self.deployments = {"0": ""}
        self.patches: list[dict[str, str]] = []
        self.flushed = 0

    def imported_anew(self) -> None:
        """What Chalice does: the API's definition is put, all else is lost."""
        self.responses = {}
        self.deployments[str(len(self.deployments))] = ""

    def get_account(self) -> dict[str, Any]:
        return {"cloudwatchRoleArn": self.role} if self.role else {}

    def update_account(self, patchOperations: list[dict[str, str]]) -> None:  # noqa: N803  # AWS's
        if self.refusals:
            self.refusals -= 1
            raise RefusalError("BadRequestException", "The role ARN does not have permissions")
        (patch,) = patchOperations
        assert (patch["op"], patch["path"]) == ("replace", "/cloudwatchRoleArn")
        self.role = patch["value"]

    def get_gateway_responses(self, restApiId: str, limit: int) -> dict[str, Any]:  # noqa: N803
        defaults = {"responseType": "WAF_FILTERED", "defaultResponse": True, "statusCode": "403"}
        others = {"WAF_FILTERED": defaults} | self.responses
        return {"items": list(others.values())}

    def put_gateway_response(self, **request: Any) -> None:
        assert request.pop("restApiId") == API
        self.responses[request["responseType"]] = {**request, "defaultResponse": False}

    def create_deployment(
        self,
        restApiId: str,  # noqa: N803
        stageName: str,  # noqa: N803
        description: str,
        tracingEnabled: bool,  # noqa: N803
    ) -> None:
        assert (restApiId, stageName, tracingEnabled) == (API, "api", True)
        self.deployments[str(len(self.deployments))] = description

    def get_stage(self, restApiId: str, stageName: str) -> dict[str, Any]:  # noqa: N803
        assert (restApiId, stageName) == (API, "api")
        return {"stageName": stageName, "deploymentId": list(self.deployments)[-1]}

    def get_deployment(self, restApiId: str, deploymentId: str) -> dict[str, Any]:  # noqa: N803
        return {"id": deploymentId, "description": self.deployments[deploymentId]}

    def get_rest_apis(self) -> dict[str, Any]:
        return {"items": [{"id": each, "name": "storytime"} for each in self.apis]}

    def get_resources(self, restApiId: str, embed: list[str]) -> dict[str, Any]:  # noqa: N803
        assert embed == ["methods"]
        uri = f"arn:aws:lambda:us-east-1:123456789012:function:{self.apis[restApiId]}/invocations"
        methods = {"GET": {"methodIntegration": {"uri": uri}}}
        return {"items": [{"path": "/"}, {"path": "/health", "resourceMethods": methods}]}

    def delete_rest_api(self, restApiId: str) -> None:  # noqa: N803
        del self.apis[restApiId]

    def update_stage(self, patchOperations: list[dict[str, str]], **_: Any) -> None:  # noqa: N803
        self.patches = patchOperations

    def flush_stage_authorizers_cache(self, restApiId: str, stageName: str) -> None:  # noqa: N803
        assert (restApiId, stageName) == (API, "api")
        self.flushed += 1

    def put(self) -> list[str]:
        return [each["responseType"] for each in self.requests("put_gateway_response")]


class FakeIam(FakeService):
    """One role, or none; AWS's own policies are there, as nowhere else."""

    service = "iam"

    def __init__(self) -> None:
        super().__init__()
        self.trusts: Any = None
        self.attached: list[str] = []

    def create_role(self, RoleName: str, AssumeRolePolicyDocument: str) -> Any:  # noqa: N803
        if self.trusts:
            raise RefusalError("EntityAlreadyExists", status=409)
        self.trusts = json.loads(AssumeRolePolicyDocument)
        return self.get_role(RoleName)

    def get_role(self, RoleName: str) -> dict[str, Any]:  # noqa: N803
        assert RoleName == LOGGING_ROLE
        role = {
            "Path": "/",
            "RoleName": RoleName,
            "RoleId": "AROAAAAAAAAAAAAAAAAAA",
            "Arn": ROLE,
            "CreateDate": datetime(2026, 3, 1, tzinfo=UTC),
        }
        return {"Role": role}

    def get_role_policy(self, RoleName: str, PolicyName: str) -> None:  # noqa: N803
        raise RefusalError("NoSuchEntity", status=404)  # no role of a function

    def attach_role_policy(self, RoleName: str, PolicyArn: str) -> None:  # noqa: N803
        assert RoleName == LOGGING_ROLE
        self.attached = [PolicyArn]
