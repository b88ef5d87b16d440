"""An AWS account: moto plays it, and fakes play single operations where moto differs from AWS."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, Final

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.validate import ParamValidator
from moto import mock_aws

from infrastructure.account import Account

ACCOUNT_ID: Final = "123456789012"
REGION: Final = "us-east-1"
STACK: Final = "storytime-dev"
STACK_ID: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/{STACK}/1"
CHANGE_SET_ID: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:changeSet/{STACK}/1"
NO_CHANGES: Final = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)
_EVENTS_IN_A_PAGE: Final = 7
_BEGINNING: Final = datetime(2026, 3, 1, tzinfo=UTC)

Request = dict[str, Any]
Answer = Mapping[str, Any] | None
Player = Callable[[Request], Answer]
Event = tuple[str, str] | tuple[str, str, str]
"""A resource, its status, and the reason."""


class RefusalError(Exception):
    """A fake raises this; the client gets it as an error of AWS."""

    def __init__(self, code: str, message: str = "refused by the test") -> None:
        super().__init__(message)
        self.code = code


def absent() -> RefusalError:
    return RefusalError("ResourceNotFoundException")


@cache
def _session() -> boto3.session.Session:
    """One session reads the services' models once."""
    return boto3.session.Session("fake", "fake", region_name=REGION)


@contextmanager
def fake_account() -> "Iterator[FakeAccount]":
    with mock_aws():
        yield FakeAccount()


class FakeAccount(Account):
    """An empty account; its clients are boto3's, so requests and answers are checked by its model.

    Attributes:
        asked: Each request, as service, operation (both by boto3's name) and arguments.
        stack: The CloudFormation stack ``storytime-dev``.
        watch: The stack ``storytime-dev-watch``, which does at once what it is asked.
        functions: The functions in Lambda.
        collections: The face collections, with the number of faces.
    """

    def __init__(self) -> None:
        self.region = REGION
        self._identity: Any = {"Account": ACCOUNT_ID, "Arn": f"arn:aws:iam::{ACCOUNT_ID}:user/me"}
        self._session = _session()
        self._config = Config()
        self._clients: dict[str, Any] = {}
        self.asked: list[tuple[str, str, Request]] = []
        self.stack, self.watch = FakeStack(STACK), FakeStack(f"{STACK}-watch", is_watched=False)
        self.stacks = FakeStacks(self.stack, self.watch)
        self.functions = FakeFunctions()
        self.collections: dict[str, int] = {}
        self._players: dict[tuple[str, str], Player] = {}
        self._refusals: dict[tuple[str, str], list[RefusalError]] = {}
        self._fakes = {"cloudformation": self.stacks, "lambda": self.functions}
        self.play("rekognition", "list_collections", lambda _: {"CollectionIds": []})
        self.play("polly", "describe_voices", lambda _: {"Voices": [{"Id": "Joanna"}]})
        limit = {"ConcurrentExecutions": 1000}
        self.play("lambda", "get_account_settings", lambda _: {"AccountLimit": limit})
        self.play("rekognition", "create_collection", self._create_collection)
        self.play("rekognition", "describe_collection", self._describe_collection)
        self.play("rekognition", "delete_collection", self._delete_collection)
        self.play("apigateway", "flush_stage_authorizers_cache", lambda _: None)
        self.play("iam", "attach_role_policy", lambda _: None)  # moto has no policies of AWS

    def client(self, service: str) -> Any:
        if service not in self._clients:
            events = super().client(service).meta.events
            events.register("before-parameter-build", partial(self._note, service))
            events.register("before-call", partial(self._answer, service))
        return self._clients[service]

    def play(self, service: str, operation: str, player: Player) -> None:
        """Have a function answer the requests of an operation."""
        self._players[service, operation] = player

    def refuse(self, service: str, operation: str, error: RefusalError, times: int = 1000) -> None:
        """Answer an operation with an error some times; then as before."""
        self._refusals[service, operation] = [error] * times

    def requests(self, operation: str) -> list[Request]:
        """Return the arguments of each request of an operation."""
        return [given for _, name, given in self.asked if name == operation]

    def services_asked(self) -> set[str]:
        return {service for service, _, _ in self.asked}

    def api(self, function: str = STACK, name: str = "storytime") -> str:
        """Make a deployed REST API that calls a function; return its id."""
        client = self.client("apigateway")
        api: str = client.create_rest_api(name=name)["id"]
        root = client.get_resources(restApiId=api)["items"][0]["id"]
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/arn:aws:lambda:"
        uri += f"{REGION}:{ACCOUNT_ID}:function:{function}/invocations"
        resource = client.create_resource(restApiId=api, parentId=root, pathPart="stories")["id"]
        where = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
        client.put_method(**where, authorizationType="NONE")
        client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        client.create_deployment(restApiId=api, stageName="api")
        return api

    def _note(self, service: str, params: Request, model: Any, context: Request, **_: Any) -> None:
        context["arguments"] = dict(params)
        self.asked.append((service, xform_name(model.name), context["arguments"]))

    def _answer(self, service: str, model: Any, context: Request, **_: Any) -> Any:
        operation = xform_name(model.name)
        own: Player | None = getattr(self._fakes.get(service), operation, None)
        player = self._players.get((service, operation), own)
        refusals = self._refusals.get((service, operation))
        if player is None and not refusals:
            return None  # moto answers
        try:
            if refusals:
                raise refusals.pop()
            answer = (player and player(context["arguments"])) or {}
        except RefusalError as refusal:
            error = {"Code": refusal.code, "Message": str(refusal)}
            return SimpleNamespace(status_code=400), {"Error": error, "ResponseMetadata": {}}
        if model.output_shape:
            report = ParamValidator().validate(answer, model.output_shape)
            assert not report.has_errors(), report.generate_report()
        return SimpleNamespace(status_code=200), {**answer, "ResponseMetadata": {}}

    def _create_collection(self, request: Request) -> None:
        if request["CollectionId"] in self.collections:
            raise RefusalError("ResourceAlreadyExistsException")
        self.collections[request["CollectionId"]] = 0

    def _describe_collection(self, request: Request) -> Answer:
        if request["CollectionId"] not in self.collections:
            raise absent()
        return {"FaceCount": self.collections[request["CollectionId"]]}

    def _delete_collection(self, request: Request) -> None:
        if self.collections.pop(request["CollectionId"], None) is None:
            raise absent()


class FakeStacks:
    """CloudFormation with some stacks."""

    def __init__(self, *stacks: "FakeStack") -> None:
        self._stacks = stacks

    def __getattr__(self, operation: str) -> Player:
        def play(request: Request) -> Answer:
            names = {request.get("StackName"), request.get("ChangeSetName")}
            (meant,) = (each for each in self._stacks if names & each.names)
            answer: Answer = getattr(meant, operation)(request)
            return answer

        return play

    def pause(self) -> None:
        """Let time pass for each stack that is being changed."""
        for each in self._stacks:
            if each.is_being_changed():
                each.pause()


class FakeStack:
    """One stack of CloudFormation; a test says which statuses and events follow.

    Attributes:
        change_set: How a change set ends: its status, and the reason.
        is_watched: The test says what follows; else each change succeeds at the next look.
    """

    def __init__(self, name: str, *, is_watched: bool = True) -> None:
        self.name = name
        self.id = STACK_ID.replace(STACK, name)
        self.change_set_id = CHANGE_SET_ID.replace(STACK, name)
        self.names = {name, self.id, self.change_set_id}
        self.is_watched = is_watched
        self.status: str | None = None
        self.outputs: Mapping[str, str] = {}
        self.parameters: Mapping[str, str] = {}
        self.change_set = ("CREATE_COMPLETE", "")
        self._is_ready = True
        self._events: list[dict[str, Any]] = []
        self._course: deque[tuple[str, tuple[Event, ...]]] = deque()

    def exists(self, status: str, **described: Mapping[str, str]) -> None:
        self.status = status
        self.outputs = described.get("outputs", {})
        self.parameters = described.get("parameters", {})
        self._happens(("Earlier", "CREATE_COMPLETE"))

    def will_be(self, status: str, *events: Event) -> None:
        """Say what the next look finds: the stack's status, and the events before it."""
        self._course.append((status, events))

    def is_being_changed(self) -> bool:
        return not self._is_ready or "_IN_PROGRESS" in str(self.status)

    def pause(self) -> None:
        """Let time pass."""
        if self._is_ready and not self.is_watched:
            self.status = str(self.status).replace("IN_PROGRESS", "COMPLETE")
            return
        if not self._is_ready:
            self._is_ready = True
            return
        assert self._course, f"it waits for ever, in {self.status}"
        self.status, events = self._course.popleft()
        self._happens(*events)

    def describe_stacks(self, request: Request) -> Answer:
        name = request["StackName"]
        if self.status is None or (self.status == "DELETE_COMPLETE" and name != self.id):
            raise RefusalError("ValidationError", f"Stack with id {name} does not exist")
        stack = {
            "StackName": self.name,
            "StackId": self.id,
            "CreationTime": _BEGINNING,
            "StackStatus": self.status,
            "Outputs": _listed("Output", self.outputs),
            "Parameters": _listed("Parameter", self.parameters),
        }
        return {"Stacks": [stack]}

    def describe_stack_events(self, request: Request) -> Answer:
        assert request["StackName"] == self.id, "by its name, a deleted stack has no events"
        start = int(request.get("NextToken", "0"))
        end = start + _EVENTS_IN_A_PAGE
        more = {"NextToken": str(end)} if end < len(self._events) else {}
        return {"StackEvents": self._events[start:end], **more}

    def create_change_set(self, request: Request) -> Answer:
        self._is_ready = False
        if self.status in {None, "DELETE_COMPLETE"}:
            self.status = "REVIEW_IN_PROGRESS"
        self.parameters = {
            each["ParameterKey"]: each["ParameterValue"] for each in request["Parameters"]
        }
        return {"Id": self.change_set_id, "StackId": self.id}

    def describe_change_set(self, _: Request) -> Answer:
        if not self._is_ready:
            return {"Status": "CREATE_IN_PROGRESS"}
        status, reason = self.change_set
        return {"Status": status, "StatusReason": reason}

    def delete_change_set(self, _: Request) -> None: ...

    def execute_change_set(self, _: Request) -> None:
        is_new = self.status == "REVIEW_IN_PROGRESS"
        self.status = "CREATE_IN_PROGRESS" if is_new else "UPDATE_IN_PROGRESS"

    def delete_stack(self, _: Request) -> None:
        self._is_ready = True
        self.status = "DELETE_IN_PROGRESS"

    def _happens(self, *events: Event) -> None:
        for resource, status, *why in events:
            event = {
                "StackId": self.id,
                "EventId": str(len(self._events) + 1),
                "StackName": self.name,
                "LogicalResourceId": resource,
                "ResourceStatus": status,
                "Timestamp": _BEGINNING,
                **({"ResourceStatusReason": why[0]} if why else {}),
            }
            self._events.insert(0, event)


class FakeFunctions:
    """Lambda with functions and their queue triggers, two in a page.

    Attributes:
        triggers: By the function's name, the ids of its triggers.
        looks_until_gone: How many looks find a trigger that is being deleted.
        code: The digest of every function's code.
        variables: The environment variables of every function.
    """

    def __init__(self) -> None:
        self.triggers: dict[str, list[str]] = {}
        self.looks_until_gone = 2
        self.code = "c0de="
        self.variables: dict[str, str] = {}
        self._looks: Counter[str] = Counter()

    def list_event_source_mappings(self, request: Request) -> Answer:
        found, start = self._of(request), int(request.get("Marker", "0"))
        more = {"NextMarker": str(start + 2)} if start + 2 < len(found) else {}
        return {"EventSourceMappings": [{"UUID": each} for each in found[start:][:2]], **more}

    def delete_event_source_mapping(self, request: Request) -> None:
        trigger = request["UUID"]
        function = next((each for each in self.triggers.values() if trigger in each), None)
        if function is None:
            raise absent()
        self._looks[trigger] += 1
        if self._looks[trigger] > self.looks_until_gone:
            function.remove(trigger)
            raise absent()
        if self._looks[trigger] > 1:
            raise RefusalError("ResourceInUseException", "It is being deleted")

    def get_function_configuration(self, request: Request) -> Answer:
        self._of(request)
        return {"CodeSha256": self.code, "Environment": {"Variables": self.variables}}

    def update_function_configuration(self, request: Request) -> None:
        self._of(request)
        self.variables = request["Environment"]["Variables"]

    def get_function(self, request: Request) -> Answer:
        self._of(request)
        return {"Configuration": {"LastUpdateStatus": "Successful"}}

    def delete_function(self, request: Request) -> None:
        self._of(request)
        del self.triggers[request["FunctionName"]]

    def _of(self, request: Request) -> list[str]:
        if request["FunctionName"] not in self.triggers:
            raise absent()
        return self.triggers[request["FunctionName"]]


def _listed(kind: str, values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{f"{kind}Key": key, f"{kind}Value": value} for key, value in values.items()]
