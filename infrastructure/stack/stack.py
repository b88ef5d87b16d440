"""CloudFormation: a stack is made, brought up to date, or removed."""

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from infrastructure.stage import DeploymentError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import (
        CreateChangeSetOutputTypeDef,
        ParameterTypeDef,
        StackEventTypeDef,
    )

_SECONDS_BETWEEN_LOOKS: Final = 2.0
_CAPABILITIES: Final = ("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
_NEVER_MADE: Final = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}
"""A stack in one of these can only be removed, and never held anything."""
_TAKEN_BACK: Final = {"DELETE_COMPLETE", "ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
_NO_CHANGES: Final = ("didn't contain changes", "No updates are to be performed")
_NEEDS_YOU: Final = {
    "DELETE_FAILED": "was to be deleted, and is so in part. Remove the rest: make destroy",
    "UPDATE_ROLLBACK_FAILED": (
        "could not take back a change that failed. Its events in the CloudFormation console say "
        "why; mend that, then: aws cloudformation continue-update-rollback --stack-name {name}"
    ),
}
"""What a person does about a stack that deploying cannot mend, by its status."""

Report = Callable[[str], None]


def pause() -> None:
    """Wait between two looks at a stack."""
    threading.Event().wait(_SECONDS_BETWEEN_LOOKS)


class Stack:
    """One stack, by its name.

    Args:
        report: Told each resource that changed, in a line.
        pause: Waits between two looks.
    """

    def __init__(
        self,
        client: "CloudFormationClient",
        name: str,
        *,
        report: Report,
        pause: Callable[[], None] = pause,
    ) -> None:
        self._client = client
        self._name = name
        self._report = report
        self._pause = pause

    def status(self) -> str | None:
        """CloudFormation's word for how the stack is, if there is one."""
        described = self._described()
        return described["StackStatus"] if described else None

    def outputs(self) -> dict[str, str]:
        described = self._described() or {}
        return {
            output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])
        }

    def parameters(self) -> dict[str, str]:
        """The values that the stack has now."""
        described = self._described() or {}
        return {
            parameter["ParameterKey"]: parameter["ParameterValue"]
            for parameter in described.get("Parameters", [])
        }

    def bring_up_to_date(self, template: str, parameters: Mapping[str, str]) -> bool:
        """Make the stack what the template says; whether anything had to be changed.

        A stack whose making fails is removed again by CloudFormation; one whose change fails is
        what it was before.

        Raises:
            DeploymentError: It failed, or somebody else is changing the stack.
        """
        self.must_rest()
        status = self.status()
        if status in _NEEDS_YOU:
            what = _NEEDS_YOU[status].format(name=self._name)
            raise DeploymentError(f"The stack {self._name} {what}")
        if status in _NEVER_MADE:
            self.remove()
            status = None
        is_new = status in {None, "REVIEW_IN_PROGRESS"}
        change_set = self._change_set(template, parameters, is_new=is_new)
        if change_set is None:
            return False
        # By its id, a stack can be looked at also when it is gone: a new one that failed is.
        stack_id = change_set["StackId"]
        latest = self._latest_event(stack_id)
        self._client.execute_change_set(ChangeSetName=change_set["Id"])
        ended = self._wait_until_over(latest, stack_id)
        if ended != ("CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE"):
            begun = (
                "what was begun has been taken back"
                if ended in _TAKEN_BACK
                else f"nor could what was begun be taken back ({ended})"
            )
            raise DeploymentError(
                f"The stack {self._name} could not be {'made' if is_new else 'changed'}; {begun}. "
                "The lines above say which resource failed, and why. Mend that, and run the same "
                "command again."
            )
        return True

    def must_rest(self) -> None:
        """See that nobody is changing the stack.

        Raises:
            DeploymentError: Somebody is.
        """
        status = self.status()
        if status and status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            raise DeploymentError(
                f"Somebody else is changing the stack {self._name} ({status}): "
                "try again when that is over."
            )

    def remove(self) -> None:
        """Delete the stack, and wait until it is gone.

        Raises:
            DeploymentError: Something in it could not be deleted.
        """
        described = self._described()
        if described is None:
            return
        stack_id = described["StackId"]
        latest = self._latest_event(stack_id)
        self._client.delete_stack(StackName=stack_id)
        ended = self._wait_until_over(latest, stack_id)
        if ended != "DELETE_COMPLETE":
            raise DeploymentError(
                f"The stack {self._name} could not be deleted ({ended}); the lines above say what "
                "is in the way. Remove that, and run the same command again."
            )

    def _described(self) -> Any:
        try:
            return self._client.describe_stacks(StackName=self._name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):  # a ValidationError, as for much else
                return None
            raise

    def _change_set(
        self, template: str, parameters: Mapping[str, str], *, is_new: bool
    ) -> "CreateChangeSetOutputTypeDef | None":
        """A change set that can be executed, unless nothing would change."""
        given: list[ParameterTypeDef] = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ]
        try:
            made = self._client.create_change_set(
                StackName=self._name,
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
            raise _refused(error.response["Error"].get("Message", "")) from error
        while True:
            looked = self._client.describe_change_set(ChangeSetName=made["Id"])
            if looked["Status"] == "CREATE_COMPLETE":
                return made
            if looked["Status"] == "FAILED":
                break
            self._pause()
        reason = looked.get("StatusReason", "")
        self._client.delete_change_set(ChangeSetName=made["Id"])
        if any(each in reason for each in _NO_CHANGES):
            return None
        raise _refused(reason)

    def _wait_until_over(self, latest: str | None, stack_id: str) -> str:
        """Report what happens until the stack rests; the status in which it does."""
        while True:
            self._pause()
            status = self._client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
            # After the status, so that nothing is left out when it is the last.
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
        """From the newest on; as many pages are asked for as are looked at."""
        pages = self._client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        return (event for page in pages for event in page["StackEvents"])


def _refused(reason: str) -> DeploymentError:
    return DeploymentError(f"CloudFormation does not take the template: {reason}")


def _as_line(event: "StackEventTypeDef") -> str | None:
    """What a person wants to know of an event: what is done, and what failed and why."""
    status = event.get("ResourceStatus", "")
    if status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
        return None
    reason = event.get("ResourceStatusReason", "") if "FAILED" in status else ""
    line = f"{event.get('LogicalResourceId', '')} {status.replace('_', ' ').lower()}"
    return f"{line}: {reason}" if reason else line
