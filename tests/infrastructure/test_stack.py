"""A stack is made, changed and removed; what a person is told of it."""

import re
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from infrastructure.stack.stack import Stack
from infrastructure.stage import DeploymentError
from tests.infrastructure.fake_cloudformation import (
    CHANGE_SET_ID,
    NAME,
    NO_CHANGES,
    STACK_ID,
    FakeCloudFormation,
)
from tests.infrastructure.fake_service import RefusalError

TEMPLATE = "Resources: {}"
PARAMETERS = {"Stage": "dev", "Email": "reader@example.com"}


class Watched:
    """A stack, and the lines that it reported."""

    def __init__(self, cloudformation: FakeCloudFormation) -> None:
        self.lines: list[str] = []
        self.stack = Stack(
            cloudformation.client, NAME, report=self.lines.append, pause=cloudformation.pause
        )

    def deploy(self) -> bool:
        return self.stack.bring_up_to_date(TEMPLATE, PARAMETERS)


def refused_by(action: Callable[[], object]) -> str:
    with pytest.raises(DeploymentError) as caught:
        action()
    return str(caught.value)


def test_a_new_stack_is_made_and_each_resource_is_told_once_in_order() -> None:
    aws = FakeCloudFormation()
    aws.will_be("CREATE_IN_PROGRESS", ("Table", "CREATE_IN_PROGRESS"), ("Queue", "CREATE_COMPLETE"))
    aws.will_be("CREATE_IN_PROGRESS", ("Table", "CREATE_COMPLETE"))
    aws.will_be("CREATE_COMPLETE", ("Topic", "CREATE_COMPLETE"), (NAME, "CREATE_COMPLETE"))
    watched = Watched(aws)

    assert watched.deploy() is True

    assert watched.lines == [
        "Queue create complete",
        "Table create complete",
        "Topic create complete",
        f"{NAME} create complete",
    ]
    (asked,) = aws.requests("create_change_set")
    assert re.fullmatch(r"deploy-\d{8}-\d{6}", asked.pop("ChangeSetName"))
    assert asked == {
        "StackName": NAME,
        "ChangeSetType": "CREATE",
        "TemplateBody": TEMPLATE,
        "Parameters": [
            {"ParameterKey": "Stage", "ParameterValue": "dev"},
            {"ParameterKey": "Email", "ParameterValue": "reader@example.com"},
        ],
        "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        "OnStackFailure": "DELETE",
    }
    assert aws.requests("execute_change_set") == [{"ChangeSetName": CHANGE_SET_ID}]
    assert watched.stack.parameters() == PARAMETERS


def test_a_stack_whose_change_set_was_never_executed_is_made() -> None:
    aws = FakeCloudFormation("REVIEW_IN_PROGRESS")
    aws.will_be("CREATE_COMPLETE")

    assert Watched(aws).deploy() is True
    assert aws.requests("create_change_set")[0]["ChangeSetType"] == "CREATE"


@pytest.mark.parametrize("reason", [NO_CHANGES, "No updates are to be performed."])
def test_an_unchanged_stack_is_left_as_it_is(reason: str) -> None:
    aws = FakeCloudFormation("UPDATE_COMPLETE")
    aws.change_set = ("FAILED", reason)
    watched = Watched(aws)

    assert watched.deploy() is False

    assert (aws.status, watched.lines) == ("UPDATE_COMPLETE", [])
    assert aws.requests("execute_change_set") == []
    assert aws.requests("delete_change_set") == [{"ChangeSetName": CHANGE_SET_ID}]


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]
)
def test_a_changed_stack_is_changed_and_nothing_earlier_is_told(status: str) -> None:
    aws = FakeCloudFormation(status)
    aws.will_be("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ("Alarm", "UPDATE_COMPLETE"))
    aws.will_be("UPDATE_COMPLETE")
    watched = Watched(aws)

    assert watched.deploy() is True

    assert watched.lines == ["Alarm update complete"]
    asked = aws.requests("create_change_set")[0]
    assert (asked["ChangeSetType"], asked["OnStackFailure"]) == ("UPDATE", "ROLLBACK")


def test_of_many_pages_of_events_none_is_left_out() -> None:
    aws = FakeCloudFormation("CREATE_COMPLETE")
    aws.page = 7
    for look in range(3):
        status = "UPDATE_COMPLETE" if look == 2 else "UPDATE_IN_PROGRESS"
        aws.will_be(status, *((f"R{look}-{n}", "UPDATE_COMPLETE") for n in range(20)))
    watched = Watched(aws)

    watched.deploy()

    assert watched.lines == [f"R{look}-{n} update complete" for look in range(3) for n in range(20)]


def test_a_new_stack_that_fails_is_taken_back_and_says_why_though_it_is_gone() -> None:
    aws = FakeCloudFormation()
    aws.will_be("CREATE_IN_PROGRESS", ("Sender", "CREATE_FAILED", "Resource already exists"))
    aws.will_be("DELETE_COMPLETE", ("Table", "DELETE_COMPLETE", "as asked"))
    watched = Watched(aws)

    assert refused_by(watched.deploy) == (
        "The stack storytime-dev could not be made; what was begun has been taken back. The lines "
        "above say which resource failed, and why. Mend that, and run the same command again."
    )
    assert watched.lines == [
        "Sender create failed: Resource already exists",
        "Table delete complete",
    ]
    assert watched.stack.status() is None


def test_a_change_that_fails_is_taken_back() -> None:
    aws = FakeCloudFormation("CREATE_COMPLETE")
    aws.will_be("UPDATE_ROLLBACK_COMPLETE", ("Table", "UPDATE_FAILED", "No"))

    assert refused_by(Watched(aws).deploy).startswith(
        "The stack storytime-dev could not be changed; what was begun has been taken back."
    )


def test_what_cannot_be_taken_back_is_said() -> None:
    aws = FakeCloudFormation("CREATE_COMPLETE")
    aws.will_be("UPDATE_ROLLBACK_FAILED", ("Table", "UPDATE_FAILED", "No"))

    assert "nor could what was begun be taken back (UPDATE_ROLLBACK_FAILED)" in refused_by(
        Watched(aws).deploy
    )


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"])
def test_a_stack_that_never_came_to_be_is_removed_and_made_anew(status: str) -> None:
    class Removed(FakeCloudFormation):
        """Gone when the next change set is asked for."""

        def create_change_set(self, **request: object) -> object:  # type: ignore[override]
            assert self.status == "DELETE_COMPLETE"
            self.status = None
            return super().create_change_set(**request)

    aws = Removed(status)
    aws.will_be("DELETE_COMPLETE")
    aws.will_be("CREATE_COMPLETE")

    assert Watched(aws).deploy() is True
    assert aws.requests("delete_stack") == [{"StackName": STACK_ID}]
    assert aws.requests("create_change_set")[0]["ChangeSetType"] == "CREATE"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (
            "UPDATE_IN_PROGRESS",
            (
                "Somebody else is changing the stack storytime-dev (UPDATE_IN_PROGRESS): "
                "try again when that is over."
            ),
        ),
        (
            "DELETE_IN_PROGRESS",
            (
                "Somebody else is changing the stack storytime-dev (DELETE_IN_PROGRESS): "
                "try again when that is over."
            ),
        ),
        (
            "DELETE_FAILED",
            (
                "The stack storytime-dev was to be deleted, and is so in part. Remove the rest: "
                "make destroy"
            ),
        ),
        (
            "UPDATE_ROLLBACK_FAILED",
            (
                "The stack storytime-dev could not take back a change that failed. Its events in "
                "the CloudFormation console say why; mend that, then: aws cloudformation "
                "continue-update-rollback --stack-name storytime-dev"
            ),
        ),
    ],
)
def test_what_deploying_cannot_mend_is_left_alone(status: str, message: str) -> None:
    aws = FakeCloudFormation(status)

    assert refused_by(Watched(aws).deploy) == message
    assert {name for name, _ in aws.asked} == {"describe_stacks"}


def test_a_template_that_cloudformation_does_not_take_says_why() -> None:
    aws = FakeCloudFormation("CREATE_COMPLETE")
    aws.change_set = ("FAILED", "Circular dependency between Table and Queue")

    assert refused_by(Watched(aws).deploy) == (
        "CloudFormation does not take the template: Circular dependency between Table and Queue"
    )
    assert aws.requests("execute_change_set") == []


class Refusing(FakeCloudFormation):
    """Takes no change set."""

    def __init__(self, refusal: RefusalError) -> None:
        super().__init__("CREATE_COMPLETE")
        self._refusal = refusal

    def create_change_set(self, **request: object) -> object:  # type: ignore[override]
        raise self._refusal


def test_a_parameter_that_cloudformation_does_not_take_is_said() -> None:
    aws = Refusing(RefusalError("ValidationError", "Parameter AllowedOrigin failed"))

    assert refused_by(Watched(aws).deploy) == (
        "CloudFormation does not take the template: Parameter AllowedOrigin failed"
    )


def test_what_is_not_allowed_stays_awss_own_error() -> None:
    aws = Refusing(RefusalError("AccessDenied", "not authorized", 403))

    with pytest.raises(ClientError, match="AccessDenied"):
        Watched(aws).deploy()


def test_a_stack_is_removed_and_looked_at_until_it_is_gone() -> None:
    aws = FakeCloudFormation("CREATE_COMPLETE")
    aws.will_be("DELETE_IN_PROGRESS", ("Table", "DELETE_COMPLETE"))
    aws.will_be("DELETE_COMPLETE", ("Queue", "DELETE_COMPLETE"))
    watched = Watched(aws)

    watched.stack.remove()

    assert watched.lines == ["Table delete complete", "Queue delete complete"]
    assert watched.stack.status() is None
    watched.stack.remove()
    assert len(aws.requests("delete_stack")) == 1


def test_what_is_in_the_way_of_removing_is_said() -> None:
    aws = FakeCloudFormation("CREATE_COMPLETE")
    aws.will_be("DELETE_FAILED", ("MediaBucket", "DELETE_FAILED", "The bucket is not empty"))
    watched = Watched(aws)

    assert refused_by(watched.stack.remove) == (
        "The stack storytime-dev could not be deleted (DELETE_FAILED); the lines above say what "
        "is in the way. Remove that, and run the same command again."
    )
    assert watched.lines == ["MediaBucket delete failed: The bucket is not empty"]


def test_without_a_stack_there_are_no_outputs_and_no_parameters() -> None:
    stack = Watched(FakeCloudFormation()).stack

    assert (stack.status(), stack.outputs(), stack.parameters()) == (None, {}, {})


def test_outputs_are_read_by_name() -> None:
    aws = FakeCloudFormation("CREATE_COMPLETE", outputs={"MediaBucket": "media"})

    assert Watched(aws).stack.outputs() == {"MediaBucket": "media"}
