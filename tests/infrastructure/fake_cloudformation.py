"""CloudFormation with one stack, which a test lets become what it wants."""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from local.resources.names import ACCOUNT_ID, REGION
from tests.infrastructure.fake_service import FakeService, RefusalError

NAME: Final = "storytime-dev"
STACK_ID: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/{NAME}/1"
CHANGE_SET_ID: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:changeSet/deploy/1"
NO_CHANGES: Final = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)
_BEGINNING: Final = datetime(2026, 3, 1, tzinfo=UTC)

Event = tuple[str, str] | tuple[str, str, str]
"""A resource, its status, and why."""


class FakeCloudFormation(FakeService):
    """The stack `NAME`.

    Attributes:
        change_set: How a change set ends: its status, and why.
        page: Events in a page.
    """

    service = "cloudformation"

    def __init__(self, status: str | None = None, **described: Mapping[str, str]) -> None:
        super().__init__()
        self.status = status
        self.outputs = described.get("outputs", {})
        self.parameters = described.get("parameters", {})
        self.change_set = ("CREATE_COMPLETE", "")
        self.page = 100
        self.waits = 0
        self._is_ready = False
        self._events: list[dict[str, Any]] = []
        self._course: deque[tuple[str, tuple[Event, ...]]] = deque()
        if status is not None:
            self._happens(("Earlier", "CREATE_COMPLETE"))

    def will_be(self, status: str, *events: Event) -> None:
        """What a next look finds: the stack's status, and what has happened meanwhile."""
        self._course.append((status, events))

    def pause(self) -> None:
        """Time passes."""
        self.waits += 1
        if not self._is_ready:
            self._is_ready = True
            return
        assert self._course, f"it waits for ever, in {self.status}"
        self.status, events = self._course.popleft()
        self._happens(*events)

    def describe_stacks(self, StackName: str) -> Mapping[str, Any]:  # noqa: N803  # AWS's name
        if self.status is None or (self.status == "DELETE_COMPLETE" and StackName != STACK_ID):
            raise RefusalError("ValidationError", f"Stack with id {StackName} does not exist")
        stack = {
            "StackName": NAME,
            "StackId": STACK_ID,
            "CreationTime": _BEGINNING,
            "StackStatus": self.status,
            "Outputs": _listed("Output", self.outputs),
            "Parameters": _listed("Parameter", self.parameters),
        }
        return {"Stacks": [stack]}

    def describe_stack_events(
        self,
        StackName: str,  # noqa: N803
        NextToken: str = "0",  # noqa: N803
    ) -> Mapping[str, Any]:
        assert StackName == STACK_ID, "by its name, a deleted stack tells nothing"
        start = int(NextToken)
        end = start + self.page
        more = {"NextToken": str(end)} if end < len(self._events) else {}
        return {"StackEvents": self._events[start:end], **more}

    def create_change_set(self, **request: Any) -> Mapping[str, Any]:
        self._is_ready = False
        self.status = self.status or "REVIEW_IN_PROGRESS"
        self.parameters = {
            each["ParameterKey"]: each["ParameterValue"] for each in request["Parameters"]
        }
        return {"Id": CHANGE_SET_ID, "StackId": STACK_ID}

    def describe_change_set(self, **request: Any) -> Mapping[str, Any]:
        if not self._is_ready:
            return {"Status": "CREATE_IN_PROGRESS"}
        status, reason = self.change_set
        return {"Status": status, "StatusReason": reason}

    def delete_change_set(self, **request: Any) -> None: ...

    def execute_change_set(self, **request: Any) -> None:
        self.status = (
            "CREATE_IN_PROGRESS" if self.status == "REVIEW_IN_PROGRESS" else "UPDATE_IN_PROGRESS"
        )

    def delete_stack(self, **request: Any) -> None:
        self._is_ready = True
        self.status = "DELETE_IN_PROGRESS"

    def _happens(self, *events: Event) -> None:
        for resource, status, *why in events:
            event = {
                "StackId": STACK_ID,
                "EventId": str(len(self._events) + 1),
                "StackName": NAME,
                "LogicalResourceId": resource,
                "ResourceStatus": status,
                "Timestamp": _BEGINNING,
                **({"ResourceStatusReason": why[0]} if why else {}),
            }
            self._events.insert(0, event)


def _listed(kind: str, values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{f"{kind}Key": key, f"{kind}Value": value} for key, value in values.items()]
