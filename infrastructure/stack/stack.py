"""Create, update and delete a CloudFormation stack."""

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from infrastructure.stage import APP, DeploymentError, Stage

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import (
        CreateChangeSetOutputTypeDef,
        ParameterTypeDef,
        StackEventTypeDef,
    )

_SECONDS_BETWEEN_LOOKS: Final = 2.0
_CAPABILITIES: Final = ("CAPABILITY_NAMED_IAM",)  # for the workflow's role
_NEVER_COMPLETE: Final = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}
"""A stack with one of these statuses holds nothing, and can only be deleted."""
_ROLLED_BACK: Final = {"DELETE_COMPLETE", "ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
_NO_CHANGES: Final = ("didn't contain changes", "No updates are to be performed")
_NEEDS_YOU: Final = {
    "DELETE_FAILED": "is partly deleted. Delete the rest: make destroy STAGE={stage}",
    "UPDATE_ROLLBACK_FAILED": (
        "could not roll back a failed update. Its events in the CloudFormation console say why. "
        "Fix that, then: aws cloudformation continue-update-rollback --stack-name {name}"
    ),
}
"""By status: what a person must do before the stack can be updated."""


def pause() -> None:
    """Wait between two looks at a stack."""
    threading.Event().wait(_SECONDS_BETWEEN_LOOKS)


class Stack:
    """One stack, by its name.

    Args:
        report: Receives a line for each resource that changed.
        pause: Waits between two looks.
    """

    def __init__(
        self,
        client: "CloudFormationClient",
        name: str,
        *,
        report: Callable[[str], None],
        pause: Callable[[], None] = pause,
    ) -> None:
        self._client = client
        self.name = name
        self._report = report
        self._pause = pause

    def status(self) -> str | None:
        """Return CloudFormation's status of the stack; None if there is no stack."""
        described = self._described()
        return described["StackStatus"] if described else None

    def outputs(self) -> dict[str, str]:
        described = self._described() or {}
        return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}

    def parameters(self) -> dict[str, str]:
        """Return the stack's current parameters."""
        described = self._described() or {}
        return {
            each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])
        }

    def bring_up_to_date(self, template: str, parameters: Mapping[str, str]) -> bool:
        """Create or update the stack; return False if nothing had to change.

        After a failure CloudFormation deletes a new stack, and rolls back an update.

        Raises:
            DeploymentError: It failed, or somebody else is changing the stack.
        """
        self.require_idle()
        status = self.status()
        if status in _NEEDS_YOU:
            stage = self.name.removeprefix(f"{APP}-").partition("-")[0]
            what = _NEEDS_YOU[status].format(name=self.name, stage=stage)
            raise DeploymentError(f"The stack {self.name} {what}")
        if status in _NEVER_COMPLETE:
            self.remove()
            status = None
        is_new = status in {None, "REVIEW_IN_PROGRESS"}
        change_set = self._change_set(template, parameters, is_new=is_new)
        if change_set is None:
            return False
        # A deleted stack can be described by its id only. A new stack that failed is deleted.
        stack_id = change_set["StackId"]
        latest = self._latest_event(stack_id)
        self._client.execute_change_set(ChangeSetName=change_set["Id"], StackName=self.name)
        ended = self._wait_until_idle(latest, stack_id)
        if ended != ("CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE"):
            outcome = "was rolled back" if ended in _ROLLED_BACK else f"is {ended}"
            raise DeploymentError(
                f"The stack {self.name} could not be {'created' if is_new else 'updated'}; it "
                f"{outcome}. The lines above say which resource failed, and why. Fix that, and run "
                "the same command again."
            )
        return True

    def require_idle(self) -> None:
        """Check that nobody is changing the stack.

        Raises:
            DeploymentError: Somebody is.
        """
        status = self.status()
        if status and status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            raise DeploymentError(
                f"Somebody else is changing the stack {self.name} ({status}): "
                "try again when that has ended."
            )

    def remove(self) -> None:
        """Delete the stack, and wait until it is gone.

        Raises:
            DeploymentError: A resource could not be deleted.
        """
        described = self._described()
        if described is None:
            return
        stack_id = described["StackId"]
        latest = self._latest_event(stack_id)
        self._client.delete_stack(StackName=stack_id)
        ended = self._wait_until_idle(latest, stack_id)
        if ended != "DELETE_COMPLETE":
            raise DeploymentError(
                f"The stack {self.name} could not be deleted ({ended}); the lines above say which "
                "resource failed, and why. Fix that, and run the same command again."
            )

    def _described(self) -> Any:
        try:
            return self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):  # other problems are ValidationErrors, too
                return None
            raise

    def _change_set(
        self, template: str, parameters: Mapping[str, str], *, is_new: bool
    ) -> "CreateChangeSetOutputTypeDef | None":
        """Create a change set; return None if nothing would change."""
        given: list[ParameterTypeDef] = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ]
        try:
            made = self._client.create_change_set(
                StackName=self.name,
                ChangeSetName=f"deploy-{datetime.now():%Y%m%d-%H%M%S}",  # noqa: DTZ005  # for people
                ChangeSetType="CREATE" if is_new else "UPDATE",
                TemplateBody=template,
                Parameters=given,
                Capabilities=list(_CAPABILITIES),
                OnStackFailure="DELETE" if is_new else "ROLLBACK",
            )
        except ClientError as error:
            if error.response["Error"].get("Code") != "ValidationError":
                raise
            raise _rejected(error.response["Error"].get("Message", "")) from error
        # The id is enough for CloudFormation; for IAM, the stack is the resource.
        this: Any = {"ChangeSetName": made["Id"], "StackName": self.name}
        while (looked := self._client.describe_change_set(**this))["Status"] not in {
            "CREATE_COMPLETE",
            "FAILED",
        }:
            self._pause()
        if looked["Status"] == "CREATE_COMPLETE":
            return made
        reason = looked.get("StatusReason", "")
        self._client.delete_change_set(**this)
        if any(each in reason for each in _NO_CHANGES):
            return None
        raise _rejected(reason)

    def _wait_until_idle(self, latest: str | None, stack_id: str) -> str:
        """Report events until the stack is idle; return its status."""
        while True:
            self._pause()
            status = self._client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
            # Read the events after the status: else the last events could be missed.
            latest = self._report_since(latest, stack_id)
            if not status.endswith("_IN_PROGRESS"):
                return status

    def _latest_event(self, stack_id: str) -> str | None:
        newest = next(self._events(stack_id), None)
        return newest["EventId"] if newest else None

    def _report_since(self, latest: str | None, stack_id: str) -> str | None:
        new = list(takewhile(lambda event: event["EventId"] != latest, self._events(stack_id)))
        for event in reversed(new):
            if line := _as_line(event):
                self._report(line)
        return new[0]["EventId"] if new else latest

    def _events(self, stack_id: str) -> "Iterator[StackEventTypeDef]":
        """Yield the events, newest first; request a page only when it is needed."""
        pages = self._client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        return (event for page in pages for event in page["StackEvents"])


def stacks_of(
    client: "CloudFormationClient",
    stage: Stage,
    report: Callable[[str], None],
    pause: Callable[[], None],
) -> list[Stack]:
    """Return the stacks of a stage, the main one first."""
    return [Stack(client, name, report=report, pause=pause) for name in stage.stacks]


def _rejected(reason: str) -> DeploymentError:
    return DeploymentError(f"CloudFormation rejects the template: {reason}")


def _as_line(event: "StackEventTypeDef") -> str | None:
    """Return a line if the event ends something; add the reason if it failed."""
    status = event.get("ResourceStatus", "")
    if status.endswith("_IN_PROGRESS"):
        return None
    reason = event.get("ResourceStatusReason", "") if "FAILED" in status else ""
    line = f"{event.get('LogicalResourceId', '')} {status.replace('_', ' ').lower()}"
    return f"{line}: {reason}" if reason else line
