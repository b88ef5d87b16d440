"""A stack is created, updated and deleted, and each step is reported."""

import re
from collections.abc import Callable
from typing import Final

import pytest
from botocore.exceptions import ClientError

from infrastructure.stack.stack import Stack
from infrastructure.stage import DeploymentError
from tests.fakes.account import (
    CHANGE_SET_ID,
    NO_CHANGES,
    STACK,
    STACK_ID,
    FakeAccount,
    RefusalError,
)

TEMPLATE: Final = "Resources: {}"
THIS: Final = {"ChangeSetName": CHANGE_SET_ID, "StackName": STACK}
PARAMETERS: Final = {"Stage": "dev", "Email": "reader@example.com"}


class Watched:
    """A stack, and the lines that it reported."""

    def __init__(self, account: FakeAccount) -> None:
        self.account = account
        self.fake = account.stack
        self.lines: list[str] = []
        client = account.client("cloudformation")
        self.stack = Stack(client, STACK, report=self.lines.append, pause=self.fake.pause)

    def deploy(self) -> bool:
        return self.stack.bring_up_to_date(TEMPLATE, PARAMETERS)

    def change_set_type(self) -> tuple[str, str]:
        asked = self.account.requests("create_change_set")[-1]
        return asked["ChangeSetType"], asked["OnStackFailure"]


@pytest.fixture
def watched(account: FakeAccount) -> Watched:
    return Watched(account)


def error_of(action: Callable[[], object]) -> str:
    with pytest.raises(DeploymentError) as caught:
        action()
    return str(caught.value)


def test_a_new_stack_is_created_and_each_resource_is_reported_once_in_order(
    watched: Watched,
) -> None:
    watched.fake.will_be(
        "CREATE_IN_PROGRESS", ("Table", "CREATE_IN_PROGRESS"), ("Queue", "CREATE_COMPLETE")
    )
    watched.fake.will_be("CREATE_IN_PROGRESS", ("Table", "CREATE_COMPLETE"))
    watched.fake.will_be("CREATE_COMPLETE", (STACK, "CREATE_COMPLETE"))

    assert watched.deploy() is True

    assert watched.lines == [
        "Queue create complete",
        "Table create complete",
        f"{STACK} create complete",
    ]
    (asked,) = watched.account.requests("create_change_set")
    assert re.fullmatch(r"deploy-\d{8}-\d{6}", asked["ChangeSetName"])
    assert (asked["TemplateBody"], asked["Capabilities"]) == (TEMPLATE, ["CAPABILITY_NAMED_IAM"])
    assert watched.change_set_type() == ("CREATE", "DELETE")
    assert watched.account.requests("execute_change_set") == [THIS]
    assert watched.stack.parameters() == PARAMETERS


def test_a_stack_whose_change_set_was_never_executed_is_created(watched: Watched) -> None:
    watched.fake.exists("REVIEW_IN_PROGRESS")
    watched.fake.will_be("CREATE_COMPLETE")

    assert watched.deploy() is True
    assert watched.change_set_type() == ("CREATE", "DELETE")


@pytest.mark.parametrize("reason", [NO_CHANGES, "No updates are to be performed."])
def test_an_unchanged_stack_stays_as_it_is(watched: Watched, reason: str) -> None:
    watched.fake.exists("UPDATE_COMPLETE")
    watched.fake.change_set = ("FAILED", reason)

    assert watched.deploy() is False

    assert (watched.fake.status, watched.lines) == ("UPDATE_COMPLETE", [])
    assert watched.account.requests("execute_change_set") == []
    assert watched.account.requests("delete_change_set") == [THIS]


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]
)
def test_a_changed_stack_is_updated_and_no_earlier_event_is_reported(
    watched: Watched, status: str
) -> None:
    watched.fake.exists(status)
    watched.fake.will_be("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ("Alarm", "UPDATE_COMPLETE"))
    watched.fake.will_be("UPDATE_COMPLETE")

    assert watched.deploy() is True

    assert watched.lines == ["Alarm update complete"]
    assert watched.change_set_type() == ("UPDATE", "ROLLBACK")


def test_events_on_several_pages_are_all_reported(watched: Watched) -> None:
    watched.fake.exists("CREATE_COMPLETE")
    for look in range(3):
        status = "UPDATE_COMPLETE" if look == 2 else "UPDATE_IN_PROGRESS"
        watched.fake.will_be(status, *((f"R{look}-{n}", "UPDATE_COMPLETE") for n in range(20)))

    watched.deploy()

    assert watched.lines == [f"R{look}-{n} update complete" for look in range(3) for n in range(20)]


def test_a_new_stack_that_fails_is_reported_although_it_is_gone(watched: Watched) -> None:
    failed = ("Sender", "CREATE_FAILED", "Resource already exists")
    watched.fake.will_be("CREATE_IN_PROGRESS", failed)
    watched.fake.will_be("DELETE_COMPLETE", ("Table", "DELETE_COMPLETE", "as asked"))

    assert error_of(watched.deploy).startswith(
        "The stack storytime-dev could not be created; it was rolled back. The lines above say "
    )
    assert watched.lines == [
        "Sender create failed: Resource already exists",
        "Table delete complete",
    ]
    assert watched.stack.status() is None


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", "was rolled back"),
        ("UPDATE_ROLLBACK_FAILED", "is UPDATE_ROLLBACK_FAILED"),
    ],
)
def test_a_failed_update_says_whether_it_was_rolled_back(
    watched: Watched, status: str, outcome: str
) -> None:
    watched.fake.exists("CREATE_COMPLETE")
    watched.fake.will_be(status, ("Table", "UPDATE_FAILED", "No"))

    assert error_of(watched.deploy).startswith(
        f"The stack storytime-dev could not be updated; it {outcome}."
    )


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"])
def test_an_incomplete_stack_is_deleted_and_created_again(watched: Watched, status: str) -> None:
    watched.fake.exists(status)
    watched.fake.will_be("DELETE_COMPLETE")
    watched.fake.will_be("CREATE_COMPLETE")

    assert watched.deploy() is True
    assert watched.account.requests("delete_stack") == [{"StackName": STACK_ID}]
    assert watched.change_set_type() == ("CREATE", "DELETE")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("UPDATE_IN_PROGRESS", "changing the stack storytime-dev (UPDATE_IN_PROGRESS): try again"),
        ("DELETE_IN_PROGRESS", "changing the stack storytime-dev (DELETE_IN_PROGRESS): try again"),
        ("DELETE_FAILED", "is partly deleted. Delete the rest: make destroy STAGE=dev"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name storytime-dev"),
    ],
)
def test_a_stack_that_cannot_be_updated_stays_as_it_is(
    watched: Watched, status: str, said: str
) -> None:
    watched.fake.exists(status)

    assert said in error_of(watched.deploy)
    assert {name for _, name, _ in watched.account.asked} == {"describe_stacks"}


REJECTS: Final = "CloudFormation rejects the template: "


def test_a_template_that_cloudformation_rejects_is_an_error_with_the_reason(
    watched: Watched,
) -> None:
    watched.fake.exists("CREATE_COMPLETE")
    watched.fake.change_set = ("FAILED", "Circular dependency between Table and Queue")
    assert error_of(watched.deploy) == f"{REJECTS}Circular dependency between Table and Queue"

    error = RefusalError("ValidationError", "Parameter AllowedOrigin failed")
    watched.account.refuse("cloudformation", "create_change_set", error)
    assert error_of(watched.deploy) == f"{REJECTS}Parameter AllowedOrigin failed"
    assert watched.account.requests("execute_change_set") == []


def test_a_missing_permission_stays_the_error_of_aws(watched: Watched) -> None:
    error = RefusalError("AccessDenied", "not authorized")
    watched.account.refuse("cloudformation", "create_change_set", error)

    with pytest.raises(ClientError, match="AccessDenied"):
        watched.deploy()


def test_a_stack_is_deleted_and_watched_until_it_is_gone(watched: Watched) -> None:
    watched.fake.exists("CREATE_COMPLETE", outputs={"MediaBucket": "media"})
    watched.fake.will_be("DELETE_IN_PROGRESS", ("Table", "DELETE_COMPLETE"))
    watched.fake.will_be("DELETE_COMPLETE", ("Queue", "DELETE_COMPLETE"))
    stack = watched.stack
    assert stack.outputs() == {"MediaBucket": "media"}

    stack.remove()

    assert watched.lines == ["Table delete complete", "Queue delete complete"]
    assert (stack.status(), stack.outputs(), stack.parameters()) == (None, {}, {})
    stack.remove()
    assert len(watched.account.requests("delete_stack")) == 1


def test_a_stack_that_cannot_be_deleted_is_an_error_with_the_reason(watched: Watched) -> None:
    watched.fake.exists("CREATE_COMPLETE")
    failed = ("MediaBucket", "DELETE_FAILED", "The bucket is not empty")
    watched.fake.will_be("DELETE_FAILED", failed)

    assert error_of(watched.stack.remove).startswith(
        "The stack storytime-dev could not be deleted (DELETE_FAILED); the lines above say which "
    )
    assert watched.lines == ["MediaBucket delete failed: The bucket is not empty"]
