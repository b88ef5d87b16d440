"""Message move tasks, told as stories: given a dead-letter queue, when it is redriven, then."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from tests.local.conftest import Aws, Engines, running_aws
from tests.local.services.dead_letters import ARN, DEAD, SECONDS, WORK, Queues


@pytest.fixture
def queues(aws: Aws) -> Queues:
    return Queues.created(aws.client("sqs"))


def test_what_a_dead_letter_queue_holds_goes_where_it_is_told_to(aws: Aws, queues: Queues) -> None:
    elsewhere = queues.create("elsewhere")
    queues.give_up("one", "two", "three")

    before = int(aws.clock().timestamp() * 1000)
    queues.move(DestinationArn=f"{ARN}elsewhere")

    task = queues.ended_task()
    assert before <= task.pop("StartedTimestamp") <= aws.clock().timestamp() * 1000
    assert task == {
        "Status": "COMPLETED",
        "SourceArn": DEAD,
        "DestinationArn": f"{ARN}elsewhere",
        "ApproximateNumberOfMessagesMoved": 3,
        "ApproximateNumberOfMessagesToMove": 3,
    }
    assert queues.bodies(elsewhere) == ["one", "two", "three"]
    assert queues.receive(queues.dead) == queues.receive(queues.work) == []


def test_without_a_destination_each_message_goes_back_to_the_queue_that_gave_it_up(
    queues: Queues,
) -> None:
    other = queues.create("other", gives_up_to="dead")
    queues.give_up("of work")
    queues.give_up("of other", of=other)

    queues.move()

    task = queues.ended_task()
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 2)
    assert "DestinationArn" not in task
    assert queues.bodies(queues.work) == ["of work"]
    assert queues.bodies(other) == ["of other"]


def test_what_was_given_up_twice_goes_back_by_one_queue(queues: Queues) -> None:
    queues.create("parked")
    policy = json.dumps({"deadLetterTargetArn": f"{ARN}parked", "maxReceiveCount": 1})
    queues.sqs.set_queue_attributes(QueueUrl=queues.dead, Attributes={"RedrivePolicy": policy})
    queues.give_up("given up twice")
    assert len(queues.receive(queues.dead, VisibilityTimeout=0)) == 1
    assert queues.receive(queues.dead) == []

    queues.sqs.start_message_move_task(SourceArn=f"{ARN}parked")

    assert queues.ended_task(f"{ARN}parked")["Status"] == "COMPLETED"
    assert queues.receive(queues.work) == []
    assert queues.bodies(queues.dead) == ["given up twice"]


def test_a_moved_message_is_a_new_one_with_the_same_content(queues: Queues) -> None:
    attributes: dict[str, Any] = {
        "kind": {"DataType": "String", "StringValue": "greeting"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    queues.sqs.send_message(QueueUrl=queues.work, MessageBody="hello", MessageAttributes=attributes)
    (old,) = queues.receive(queues.work, VisibilityTimeout=0)
    assert queues.receive(queues.work) == []
    threading.Event().wait(0.01)  # from now on its times differ

    queues.move()

    (new,) = queues.receive(queues.work, wait=SECONDS)
    assert new["MessageId"] != old["MessageId"]
    assert (new["Body"], new["MessageAttributes"]) == ("hello", attributes)
    assert new["Attributes"]["ApproximateReceiveCount"] == "1"
    for time_of in ("SentTimestamp", "ApproximateFirstReceiveTimestamp"):
        assert int(new["Attributes"][time_of]) > int(old["Attributes"][time_of])


def test_a_moved_message_has_all_its_receives_before_it(queues: Queues) -> None:
    queues.give_up("poison")

    queues.move()

    assert len(queues.receive(queues.work, wait=SECONDS, VisibilityTimeout=0)) == 1
    assert queues.receive(queues.work) == []
    assert queues.bodies(queues.dead) == ["poison"]


def test_a_message_that_no_queue_gave_up_has_nowhere_to_go_back_to(queues: Queues) -> None:
    queues.sqs.send_message(QueueUrl=queues.dead, MessageBody="sent here")

    queues.move()

    task = queues.ended_task()
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert task["ApproximateNumberOfMessagesMoved"] == 0
    assert queues.bodies(queues.dead) == ["sent here"]


def test_with_a_destination_it_is_moved_all_the_same(queues: Queues) -> None:
    queues.sqs.send_message(QueueUrl=queues.dead, MessageBody="sent here")

    queues.move(DestinationArn=WORK)

    assert queues.bodies(queues.work, wait=SECONDS) == ["sent here"]
    assert queues.ended_task()["Status"] == "COMPLETED"


def test_a_message_in_flight_stays_and_the_task_ends_without_it(queues: Queues) -> None:
    queues.give_up("looked at", "at rest")
    (looked_at,) = queues.sqs.receive_message(QueueUrl=queues.dead)["Messages"]

    queues.move()

    task = queues.ended_task()
    assert (task["Status"], task["ApproximateNumberOfMessagesToMove"]) == ("COMPLETED", 1)
    assert queues.bodies(queues.work) == ["at rest"]
    queues.sqs.change_message_visibility(
        QueueUrl=queues.dead, ReceiptHandle=looked_at["ReceiptHandle"], VisibilityTimeout=0
    )
    assert queues.bodies(queues.dead, wait=SECONDS) == ["looked at"]


def test_a_queue_that_delays_its_messages_delays_moved_ones_too(queues: Queues) -> None:
    later = queues.create("later", DelaySeconds="1")
    queues.give_up("hello")

    queues.move(DestinationArn=f"{ARN}later")

    queues.ended_task()
    assert queues.receive(later) == []
    assert queues.bodies(later, wait=SECONDS) == ["hello"]


def test_a_message_of_a_fifo_queue_keeps_its_group(queues: Queues) -> None:
    dead = queues.create("dead.fifo", FifoQueue="true")
    work = queues.create("work.fifo", gives_up_to="dead.fifo", FifoQueue="true")
    ids = {"MessageGroupId": "pages", "MessageDeduplicationId": "page 1"}
    queues.sqs.send_message(QueueUrl=dead, MessageBody="hello", **ids)

    queues.sqs.start_message_move_task(
        SourceArn=f"{ARN}dead.fifo", DestinationArn=f"{ARN}work.fifo"
    )

    (message,) = queues.receive(work, wait=SECONDS)
    assert ids.items() <= message["Attributes"].items()


def test_an_empty_queue_is_moved_at_once(queues: Queues) -> None:
    queues.move()

    task = queues.ended_task()
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 0)


def test_a_long_poll_gets_a_message_as_soon_as_it_is_moved(queues: Queues) -> None:
    queues.give_up("hello")

    with ThreadPoolExecutor() as pool:
        poll = pool.submit(queues.bodies, queues.work, 20)
        threading.Event().wait(0.2)  # it waits by now
        queues.move()
        assert poll.result(timeout=5) == ["hello"]


def test_a_rate_spreads_the_messages_over_time(queues: Queues) -> None:
    queues.give_up(*"abcd")

    started = time.monotonic()
    queues.move(MaxNumberOfMessagesPerSecond=10)

    task = queues.ended_task()
    assert 0.3 <= time.monotonic() - started < 2
    assert task["MaxNumberOfMessagesPerSecond"] == 10


def test_a_running_task_can_be_watched_and_is_the_only_one_of_its_queue(queues: Queues) -> None:
    queues.give_up("first", "second", "third")

    handle = queues.move(MaxNumberOfMessagesPerSecond=1)

    assert queues.bodies(queues.work, wait=SECONDS) == ["first"]
    task = queues.newest_task()
    assert (task["Status"], task["TaskHandle"]) == ("RUNNING", handle)
    assert task["ApproximateNumberOfMessagesMoved"] in {1, 2}
    assert task["ApproximateNumberOfMessagesToMove"] == 3
    code, sentence = queues.refusal("start_message_move_task", SourceArn=DEAD)
    assert (code, sentence.split(".")[0]) == (
        "InvalidParameterValue",
        "There is already a task running",
    )


def test_a_cancelled_task_leaves_the_rest_where_it_is(queues: Queues) -> None:
    queues.give_up("first", "second", "third")
    handle = queues.move(MaxNumberOfMessagesPerSecond=1)
    assert queues.bodies(queues.work, wait=SECONDS) == ["first"]

    told = time.monotonic()
    cancelled = queues.sqs.cancel_message_move_task(TaskHandle=handle)

    task = queues.task_when("CANCELLED")
    assert time.monotonic() - told < 0.8  # it did not wait for the next message's turn
    assert cancelled["ApproximateNumberOfMessagesMoved"] == 1
    assert task["ApproximateNumberOfMessagesMoved"] == 1
    assert "TaskHandle" not in task
    assert queues.bodies(queues.dead) == ["second", "third"]


def test_the_next_task_moves_what_a_cancelled_one_left(queues: Queues) -> None:
    queues.give_up("first", "second")
    handle = queues.move(MaxNumberOfMessagesPerSecond=1)
    assert queues.bodies(queues.work, wait=SECONDS) == ["first"]
    queues.sqs.cancel_message_move_task(TaskHandle=handle)
    queues.task_when("CANCELLED")

    queues.move()

    assert queues.bodies(queues.work, wait=SECONDS) == ["second"]


@pytest.mark.parametrize("destination", [{}, {"DestinationArn": WORK}], ids=["each's own", "one"])
def test_a_task_fails_when_a_queue_that_it_moves_to_is_deleted(
    queues: Queues, destination: dict[str, str]
) -> None:
    queues.give_up("first", "second", "third")
    queues.move(MaxNumberOfMessagesPerSecond=2, **destination)
    assert queues.bodies(queues.work, wait=SECONDS) == ["first"]

    queues.sqs.delete_queue(QueueUrl=queues.work)

    task = queues.ended_task()
    assert (task["Status"], task["FailureReason"]) == (
        "FAILED",
        "AWS.SimpleQueueService.NonExistentQueue",
    )
    assert task["ApproximateNumberOfMessagesMoved"] == 1
    assert queues.bodies(queues.dead) == ["second", "third"]


def test_no_task_outlives_its_aws(boto3_session: boto3.session.Session) -> None:
    def movers() -> list[str]:
        return [each.name for each in threading.enumerate() if each.name.startswith("move-")]

    with running_aws(boto3_session, lambda _moto: {}, Engines()) as aws:
        queues = Queues.created(aws.client("sqs"))
        queues.give_up("first", "second", "third")
        queues.move(MaxNumberOfMessagesPerSecond=1)
        assert len(movers()) == 1

    assert movers() == []
