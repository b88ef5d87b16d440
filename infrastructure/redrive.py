"""``python -m infrastructure.redrive STAGE QUEUE``: parked messages get another chance.

The messages that a stage's queue gave up for good wait in ``<its name>-parked``. Once what was
wrong is mended, this puts them back onto the queue, and says how many there were.

STAGE is a stage that was deployed from here, or one of .chalice/config.json; QUEUE is the name of
a step, such as ``reading``. The stage's variables lead to its AWS; an ``AWS_ENDPOINT_URL`` of the
process leads elsewhere. Exit status: 0, 1 when AWS did not do it, 2 when it was not asked properly.
"""

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from chalicelib.stories.queues import PARKED
from infrastructure.stage import DeploymentError
from infrastructure.stage_folder import config_of
from infrastructure.stage_queues import UsageError, client_of, queue_name_of, stage_variables

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ListMessageMoveTasksResultEntryTypeDef

_ACTIVE: Final = {"RUNNING", "CANCELLING"}
_SECONDS_BETWEEN_LOOKS: Final = 0.5


class RedriveError(Exception):
    """The messages could not be moved; the message says why and what became of them."""


@dataclass(frozen=True)
class Redrive:
    """What was moved.

    Attributes:
        source: The queue that the messages were parked in, by name.
        destination: The queue that they are in now, by name.
        moved: How many messages.
        in_flight: How many stay parked because somebody has received them just now.
    """

    source: str
    destination: str
    moved: int
    in_flight: int

    def __str__(self) -> str:
        if not self.moved and not self.in_flight:
            return f"Nothing is parked in {self.source}."
        sentence = f"{_messages(self.moved)} moved from {self.source} to {self.destination}."
        if self.in_flight:
            sentence += f" Still parked, because received just now: {_messages(self.in_flight)}."
        return sentence


def redrive(sqs: "SQSClient", queue_name: str, wait: Callable[[], object]) -> Redrive:
    """Put the messages that are parked for a queue back onto it, and wait until they are.

    Args:
        sqs: A client of the AWS that has both queues.
        queue_name: The queue; its messages are parked in ``<queue_name>-parked``.
        wait: Called between two looks at how far the move is.

    Raises:
        RedriveError: There are no such queues, another move is under way, or this one failed.
        BotoCoreError, ClientError: AWS cannot be reached, or refused.
    """
    parked_name = queue_name + PARKED
    parked_url, queue_url = _queue_url(sqs, parked_name), _queue_url(sqs, queue_name)
    parked_arn, queue_arn = _queue_arn(sqs, parked_url), _queue_arn(sqs, queue_url)
    before = _newest_move(sqs, parked_arn)
    if before.get("Status") in _ACTIVE:
        raise RedriveError(
            f"Another move from {parked_name} is under way, "
            f"{_messages(_moved(before))} so far; try again when it has ended."
        )
    sqs.start_message_move_task(SourceArn=parked_arn, DestinationArn=queue_arn)
    move = _newest_move(sqs, parked_arn)
    while _is_same(move, before) or move.get("Status") in _ACTIVE:  # AWS lists a new one late
        wait()
        move = _newest_move(sqs, parked_arn)
    if move.get("Status") != "COMPLETED":
        reason = move.get("FailureReason", "it was cancelled")
        raise RedriveError(
            f"The move from {parked_name} to {queue_name} ended early, "
            f"after {_messages(_moved(move))}: {reason}. The rest is still parked."
        )
    # AWS counts what it has moved late, when the move may have ended already.
    moved = max(_moved(move), move.get("ApproximateNumberOfMessagesToMove", 0))
    return Redrive(parked_name, queue_name, moved, _in_flight(sqs, parked_url))


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what the arguments say, and print what a person wants to know; the exit status."""
    pause = threading.Event()
    try:
        stage, queue = _stage_and_queue(arguments)
        variables = stage_variables(config_of(stage), stage)
        name = queue_name_of(variables, stage, queue)
        done = redrive(
            client_of(variables, environ), name, lambda: pause.wait(_SECONDS_BETWEEN_LOOKS)
        )
    except (UsageError, DeploymentError) as error:
        return _complain(error, 2)
    except EndpointConnectionError as error:
        return _complain(f"{error}. Is that where its AWS is (make run, AWS_PORT=...)?", 1)
    except (RedriveError, BotoCoreError, ClientError) as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        return _complain("stopped looking; SQS goes on with what it began.", 1)
    print(done)
    return 0


def _stage_and_queue(arguments: Sequence[str]) -> tuple[str, str]:
    match arguments:
        case [stage, queue] if stage and queue:
            return stage, queue
    raise UsageError("Say which stage and queue: make redrive STAGE=dev QUEUE=reading")


def _queue_url(sqs: "SQSClient", name: str) -> str:
    try:
        return sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist as error:
        raise RedriveError(f"There is no queue {name} at {sqs.meta.endpoint_url}.") from error


def _queue_arn(sqs: "SQSClient", url: str) -> str:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]


def _in_flight(sqs: "SQSClient", url: str) -> int:
    name: Final = "ApproximateNumberOfMessagesNotVisible"
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(answer["Attributes"][name])


def _newest_move(sqs: "SQSClient", source_arn: str) -> "ListMessageMoveTasksResultEntryTypeDef":
    """The newest move from a queue, or one with nothing in it."""
    tasks = sqs.list_message_move_tasks(SourceArn=source_arn)["Results"]
    return tasks[0] if tasks else {}


def _is_same(
    move: "ListMessageMoveTasksResultEntryTypeDef", other: "ListMessageMoveTasksResultEntryTypeDef"
) -> bool:
    return move.get("StartedTimestamp") == other.get("StartedTimestamp")


def _moved(move: "ListMessageMoveTasksResultEntryTypeDef") -> int:
    return move.get("ApproximateNumberOfMessagesMoved", 0)


def _messages(number: int) -> str:
    return f"{number} message" if number == 1 else f"{number} messages"


def _complain(error: object, status: int) -> int:
    print(f"redrive: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
