"""What the operations of message move tasks refuse, and what they tell of tasks that have been."""

import base64
import json
import uuid

import pytest

from tests.local.conftest import Aws
from tests.local.services.dead_letters import ARN, DEAD, WORK, Queues

MISSING = f"{ARN}missing"
FORM = "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"


@pytest.fixture
def queues(aws: Aws) -> Queues:
    return Queues.created(aws.client("sqs"))


def handle_of(source_arn: str) -> str:
    """The handle of a task that never was."""
    told = json.dumps({"taskId": str(uuid.uuid4()), "sourceArn": source_arn})
    return base64.b64encode(told.encode()).decode()


def test_only_a_dead_letter_queue_can_be_moved_from(queues: Queues) -> None:
    assert queues.refusal("start_message_move_task", SourceArn=WORK) == (
        "InvalidParameterValue",
        "Source queue must be configured as a Dead Letter Queue.",
    )


def test_a_queue_is_no_dead_letter_queue_any_more_when_no_other_gives_up_to_it(
    queues: Queues,
) -> None:
    queues.sqs.set_queue_attributes(QueueUrl=queues.work, Attributes={"RedrivePolicy": ""})

    code, _ = queues.refusal("start_message_move_task", SourceArn=DEAD)

    assert code == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("operation", "parameter", "request_with_it"),
    [
        ("start_message_move_task", "SourceArn", {"SourceArn": MISSING}),
        (
            "start_message_move_task",
            "DestinationArn",
            {"SourceArn": DEAD, "DestinationArn": MISSING},
        ),
        ("list_message_move_tasks", "SourceArn", {"SourceArn": MISSING}),
        ("cancel_message_move_task", "SourceArn", {"TaskHandle": handle_of(MISSING)}),
    ],
)
def test_a_queue_that_does_not_exist_is_not_found(
    queues: Queues, operation: str, parameter: str, request_with_it: dict[str, str]
) -> None:
    assert queues.refusal(operation, **request_with_it) == (
        "ResourceNotFoundException",
        f"The resource that you specified for the {parameter} parameter doesn't exist.",
    )


@pytest.mark.parametrize("arn", ["", "dead", ":::::", ARN, "arn:aws:sqs:us-east-1:dead", f"{ARN}:"])
def test_a_malformed_arn_is_refused(queues: Queues, arn: str) -> None:
    for operation in ("start_message_move_task", "list_message_move_tasks"):
        assert queues.refusal(operation, SourceArn=arn) == (
            "InvalidParameterValue",
            f"You must use this format to specify the SourceArn: {FORM}",
        )
    assert queues.refusal("start_message_move_task", SourceArn=DEAD, DestinationArn=arn) == (
        "InvalidParameterValue",
        f"You must use this format to specify the DestinationArn: {FORM}",
    )


@pytest.mark.parametrize("rate", [-1, 0, 501])
def test_a_rate_is_1_to_500_messages_a_second(queues: Queues, rate: int) -> None:
    code, sentence = queues.refusal(
        "start_message_move_task", SourceArn=DEAD, MaxNumberOfMessagesPerSecond=rate
    )

    assert code == "InvalidParameterValue"
    assert "MaxNumberOfMessagesPerSecond" in sentence
    assert "between 1 and 500" in sentence


@pytest.mark.parametrize("most", [0, 11])
def test_1_to_10_tasks_are_listed(queues: Queues, most: int) -> None:
    code, sentence = queues.refusal("list_message_move_tasks", SourceArn=DEAD, MaxResults=most)

    assert code == "InvalidParameterValue"
    assert "MaxResults" in sentence
    assert "between 1 and 10" in sentence


def test_a_queue_is_not_moved_to_itself_or_to_one_of_the_other_type(queues: Queues) -> None:
    queues.create("ordered.fifo", FifoQueue="true")

    for destination, words in (
        (DEAD, "cannot be the same"),
        (f"{ARN}ordered.fifo", "of the same queue type"),
    ):
        code, sentence = queues.refusal(
            "start_message_move_task", SourceArn=DEAD, DestinationArn=destination
        )
        assert code == "InvalidParameterValue"
        assert words in sentence


def test_a_refused_task_moves_nothing_and_is_none(queues: Queues) -> None:
    queues.give_up("stays")

    queues.refusal("start_message_move_task", SourceArn=DEAD, DestinationArn=MISSING)

    assert queues.sqs.list_message_move_tasks(SourceArn=DEAD)["Results"] == []
    assert queues.bodies(queues.dead) == ["stays"]


@pytest.mark.parametrize("nonsense", ["foobared", "Zm9v", "W10=", "eyJ0YXNrSWQiOiAxfQ==", "é"])
def test_what_is_no_handle_is_refused(queues: Queues, nonsense: str) -> None:
    assert queues.refusal("cancel_message_move_task", TaskHandle=nonsense) == (
        "InvalidParameterValue",
        "Value for parameter TaskHandle is invalid.",
    )


def test_a_handle_tells_the_task_and_its_queue(queues: Queues) -> None:
    told = json.loads(base64.b64decode(queues.move()))

    assert told["sourceArn"] == DEAD
    assert uuid.UUID(told["taskId"])


def test_a_task_that_is_unknown_or_has_ended_cannot_be_cancelled(queues: Queues) -> None:
    ended = queues.move()
    queues.ended_task()

    for handle in (handle_of(DEAD), ended):
        assert queues.refusal("cancel_message_move_task", TaskHandle=handle) == (
            "ResourceNotFoundException",
            "Task does not exist.",
        )
    assert queues.newest_task()["Status"] == "COMPLETED"


def test_the_newest_task_is_listed_first_and_at_most_ten(queues: Queues) -> None:
    for rate in range(1, 13):
        queues.move(MaxNumberOfMessagesPerSecond=rate)
        queues.ended_task()

    def rates(**most: int) -> list[int]:
        tasks = queues.sqs.list_message_move_tasks(SourceArn=DEAD, **most)["Results"]
        return [task["MaxNumberOfMessagesPerSecond"] for task in tasks]

    assert rates() == [12]
    assert rates(MaxResults=3) == [12, 11, 10]
    assert rates(MaxResults=10) == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]


def test_a_queue_that_was_never_moved_lists_no_task(queues: Queues) -> None:
    assert queues.sqs.list_message_move_tasks(SourceArn=WORK)["Results"] == []


def test_the_rest_of_sqs_is_still_motos(queues: Queues) -> None:
    sources = queues.sqs.list_dead_letter_source_queues(QueueUrl=queues.dead)

    assert sources["queueUrls"] == [queues.work]


def test_a_fault_can_be_injected_into_a_move_as_well(aws: Aws, queues: Queues) -> None:
    aws.inject(operation="sqs.StartMessageMoveTask", error="UnsupportedOperation")

    code, _ = queues.refusal("start_message_move_task", SourceArn=DEAD)

    assert code.endswith("UnsupportedOperation")
    assert queues.sqs.list_message_move_tasks(SourceArn=DEAD)["Results"] == []
