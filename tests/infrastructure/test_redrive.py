"""Parked messages are moved back to their queue."""

import json
import socket
from collections import deque
from typing import Any, Final

import pytest

from chalicelib.stories.queues import PARKED as SUFFIX
from chalicelib.stories.queues import Step
from infrastructure.commands.redrive import RedriveError, main, redrive
from tests.fakes.account import Answer, FakeAccount, Request
from tests.infrastructure.projects import make
from tests.local.conftest import Aws

READING: Final = "storytime-local-reading"
PARKED: Final = f"{READING}{SUFFIX}"
ARN: Final = "arn:aws:sqs:us-east-1:123456789012:"
STEPS: Final = ", ".join(sorted(Step))


class Moves:
    """Plays the message moves of SQS, which moto does not have.

    Attributes:
        looks: What each look at the newest move finds.
        waits: How often the caller waited between two looks.
    """

    def __init__(self, account: FakeAccount, *looks: Answer) -> None:
        self.account = account
        self.looks = deque(looks)
        self.waits = 0
        account.play("sqs", "list_message_move_tasks", self.look)
        account.play("sqs", "start_message_move_task", lambda _: {"TaskHandle": "1"})
        for name in (READING, PARKED):
            account.client("sqs").create_queue(QueueName=name)

    def look(self, _: Request) -> Answer:
        move = self.looks.popleft()
        return {"Results": [move] if move else []}

    def redrive(self) -> str:
        """Return what was moved, or why it was not."""

        def wait() -> None:
            self.waits += 1

        try:
            return str(redrive(self.account.client("sqs"), READING, wait))
        except RedriveError as error:
            return str(error)


def move(status: str, moved: int = 0, started: int = 2, **more: Any) -> Answer:
    return {
        "Status": status,
        "StartedTimestamp": started,
        "ApproximateNumberOfMessagesMoved": moved,
        **more,
    }


OLD: Final = move("COMPLETED", 5, started=1)
TO_READING: Final = f"from {PARKED} to {READING}"


@pytest.mark.parametrize(
    ("looks", "said", "waits"),
    [
        ([None, move("COMPLETED", 1)], f"1 message moved {TO_READING}.", 0),
        (
            [None, move("RUNNING"), move("RUNNING", 1), move("COMPLETED", 3)],
            f"3 messages moved {TO_READING}.",
            2,
        ),
        # AWS lists a move, and counts what it moved, with a delay.
        ([OLD, OLD, OLD, move("COMPLETED", 1)], f"1 message moved {TO_READING}.", 2),
        (
            [None, move("COMPLETED", 0, ApproximateNumberOfMessagesToMove=2)],
            f"2 messages moved {TO_READING}.",
            0,
        ),
        ([OLD, move("COMPLETED")], f"Nothing is parked in {PARKED}.", 0),
    ],
)
def test_a_move_is_watched_until_it_is_complete(
    account: FakeAccount, looks: list[Answer], said: str, waits: int
) -> None:
    moves = Moves(account, *looks)

    assert moves.redrive() == said
    assert (moves.waits, len(moves.looks)) == (waits, 0)
    assert account.requests("start_message_move_task") == [
        {"SourceArn": ARN + PARKED, "DestinationArn": ARN + READING}
    ]


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (move("FAILED", 1, FailureReason="AWS.NonExistentQueue"), "AWS.NonExistentQueue"),
        (move("CANCELLED", 1), "it was cancelled"),
    ],
)
def test_a_move_that_ends_early_is_an_error_with_the_reason(
    account: FakeAccount, end: Answer, reason: str
) -> None:
    moves = Moves(account, None, move("RUNNING"), move("CANCELLING", 1), end)

    assert moves.redrive() == (
        f"The move {TO_READING} ended early, after 1 message: {reason}. The rest is still parked."
    )


@pytest.mark.parametrize("status", ["RUNNING", "CANCELLING"])
def test_while_another_move_is_running_none_is_started(account: FakeAccount, status: str) -> None:
    assert Moves(account, move(status, 2)).redrive() == (
        f"Another move from {PARKED} is running, 2 messages so far; try again when it has ended."
    )
    assert account.requests("start_message_move_task") == []


def test_messages_that_somebody_received_just_now_stay_and_are_counted(
    account: FakeAccount,
) -> None:
    moves, sqs = Moves(account, None, move("COMPLETED", 2)), account.client("sqs")
    parked = sqs.get_queue_url(QueueName=PARKED)["QueueUrl"]
    sqs.send_message(QueueUrl=parked, MessageBody="looked at")
    sqs.receive_message(QueueUrl=parked)

    assert moves.redrive() == (
        f"2 messages moved {TO_READING}. Still parked, because received just now: 1 message."
    )


# The command.


def make_queues(aws: Aws, step: str = Step.READING) -> tuple[str, str]:
    """Make a step's queue, and its parked queue with two messages; return their addresses."""
    sqs, name = aws.client("sqs"), f"storytime-local-{step}"
    parked = sqs.create_queue(QueueName=name + SUFFIX)["QueueUrl"]
    policy = {"deadLetterTargetArn": ARN + name + SUFFIX, "maxReceiveCount": 5}
    attributes = {"RedrivePolicy": json.dumps(policy)}
    queue = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    for text in ("one", "two"):
        sqs.send_message(QueueUrl=parked, MessageBody=text)
    return queue, parked


def bodies(aws: Aws, queue_url: str) -> list[str]:
    answer = aws.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


def assert_one_line(capsys: pytest.CaptureFixture[str], words: str) -> None:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("redrive: ")
    assert words in err
    assert err.count("\n") == 1


def test_the_messages_of_every_step_are_moved_by_its_name(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = aws.stack_client("s3")
    s3.create_bucket(Bucket="storytime-local-staging")
    for key in ("images/page.jpg", "rejected/images/page.pdf", "by-hand/me.jpg"):
        s3.put_object(Bucket="storytime-local-staging", Key=key, Body=b"x")
    left = "2 files are in the intake bucket; S3 removes a file 15 days after it came.\n"
    for step in Step:
        queue, parked = make_queues(aws, step)

        assert main(["local", step], {"AWS_ENDPOINT_URL": aws.url}) == 0

        name = f"storytime-local-{step}"
        said = f"2 messages moved from {name}-parked to {name}.\n"
        assert capsys.readouterr() == (said + (left if step is Step.INTAKE else ""), "")
        assert bodies(aws, queue) == ["one", "two"]
        assert bodies(aws, parked) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-where", "reading"], "'no-where' cannot be a stage: take up to 16"),
        (["local", "writing"], f"no queue 'writing', only {STEPS}"),
        (["local", "READING"], f"no queue 'READING', only {STEPS}"),
        (["local"], "make redrive STAGE=dev QUEUE=reading"),
        (["", ""], "make redrive STAGE=dev QUEUE=reading"),
        ([], "make redrive STAGE=dev QUEUE=reading"),
        (["local", "reading"], "AWS_ENDPOINT_URL is not an address"),
    ],
)
def test_wrong_arguments_are_one_clear_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments, {"AWS_ENDPOINT_URL": "http://127.0.0.1:abc"}) == 2
    assert_one_line(capsys, words)


def test_an_aws_that_cannot_be_reached_is_one_clear_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"  # nobody listens there

        assert main(["local", "reading"], {"AWS_ENDPOINT_URL": url}) == 1
    assert_one_line(capsys, url)


@pytest.mark.parametrize("missing", [READING, PARKED])
def test_a_missing_queue_is_one_clear_line(
    aws: Aws, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    (url,) = (each for each in make_queues(aws) if each.endswith(f"/{missing}"))
    aws.client("sqs").delete_queue(QueueUrl=url)

    assert main(["local", "reading"], {"AWS_ENDPOINT_URL": aws.url}) == 1
    assert_one_line(capsys, f"There is no queue {missing} at {aws.url}")


def test_a_refusal_of_aws_is_one_clear_line(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    queue, _ = make_queues(aws)
    aws.inject(operation="sqs.StartMessageMoveTask", error="AccessDenied", times=3)

    assert main(["local", "reading"], {"AWS_ENDPOINT_URL": aws.url}) == 1
    assert_one_line(capsys, "AccessDenied")
    assert bodies(aws, queue) == []


def test_make_redrive_finds_a_local_aws_on_any_port(aws: Aws) -> None:
    make_queues(aws)

    port = aws.url.rsplit(":", 1)[1]
    ended = make("redrive", "STAGE=local", "QUEUE=reading", f"AWS_PORT={port}")

    assert (ended.stderr, ended.returncode) == ("", 0)
    assert ended.stdout == f"2 messages moved from {PARKED} to {READING}.\n"


def test_make_redrive_without_settings_says_which_it_needs() -> None:
    ended = make("redrive")

    assert ended.returncode != 0
    assert ended.stderr.startswith("redrive: Say which stage and queue: ")
    assert "Traceback" not in ended.stderr
