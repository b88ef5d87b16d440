"""``make redrive STAGE=dev QUEUE=reading`` moves parked messages back.

Messages that a step gave up wait in ``<queue>-parked``. Run this after you have fixed the cause.

STAGE is ``local``, or a stage in the environment's account and region. QUEUE is the name of a step,
such as ``reading``. Exit status: 0; 1 if AWS did not move the messages; 2 if the arguments are
wrong.
"""

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from chalicelib.stories import keys
from chalicelib.stories.queues import PARKED, Step
from infrastructure.account import Account
from infrastructure.stage import APP, LOCAL, PROJECT, DeploymentError, Stage, UsageError
from infrastructure.stage_files import tracked_config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import ListMessageMoveTasksResultEntryTypeDef

_ACTIVE: Final = {"RUNNING", "CANCELLING"}
_SECONDS_BETWEEN_LOOKS: Final = 0.5
_FEW_TRIES: Final = Config(connect_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


class RedriveError(Exception):
    """The messages could not be moved; the message says why, and where they are."""


@dataclass(frozen=True)
class Redrive:
    """The result of a move.

    Attributes:
        source: The parked queue's name.
        destination: The queue's name.
        moved: The number of messages.
        in_flight: Messages that stay parked because somebody received them just now.
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
    """Move the messages in ``<queue_name>-parked`` to the queue, and wait until it is done.

    `wait` is called between two looks.

    Raises:
        RedriveError: A queue does not exist, another move is running, or this move failed.
        BotoCoreError, ClientError: AWS cannot be reached, or refused.
    """
    parked_name = queue_name + PARKED
    parked_url, queue_url = _queue_url(sqs, parked_name), _queue_url(sqs, queue_name)
    parked_arn, queue_arn = (_attribute(sqs, each, "QueueArn") for each in (parked_url, queue_url))
    before = _newest_move(sqs, parked_arn)
    if before.get("Status") in _ACTIVE:
        raise RedriveError(
            f"Another move from {parked_name} is running, "
            f"{_messages(_moved(before))} so far; try again when it has ended."
        )
    sqs.start_message_move_task(SourceArn=parked_arn, DestinationArn=queue_arn)
    move = _newest_move(sqs, parked_arn)
    # AWS lists a new move with a delay.
    started = before.get("StartedTimestamp")
    while move.get("StartedTimestamp") == started or move.get("Status") in _ACTIVE:
        wait()
        move = _newest_move(sqs, parked_arn)
    if move.get("Status") != "COMPLETED":
        reason = move.get("FailureReason", "it was cancelled")
        raise RedriveError(
            f"The move from {parked_name} to {queue_name} ended early, "
            f"after {_messages(_moved(move))}: {reason}. The rest is still parked."
        )
    # AWS counts moved messages with a delay, sometimes after the end of the move.
    moved = max(_moved(move), move.get("ApproximateNumberOfMessagesToMove", 0))
    in_flight = int(_attribute(sqs, parked_url, "ApproximateNumberOfMessagesNotVisible"))
    return Redrive(parked_name, queue_name, moved, in_flight)


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Move the messages, print the result, and return the exit status."""
    pause = threading.Event()
    try:
        stage, queue = _stage_and_queue(arguments)
        client, intake_bucket = _stage_in_aws(stage, environ)
        name = f"{APP}-{stage}-{queue}"
        print(redrive(client("sqs"), name, lambda: pause.wait(_SECONDS_BETWEEN_LOOKS)))
        if queue == Step.INTAKE:
            print(files_left(client("s3"), intake_bucket))
    except (UsageError, DeploymentError) as error:
        return _complain(error, 2)
    except EndpointConnectionError as error:
        return _complain(f"{error}. Is the stage's AWS there (make run, AWS_PORT=...)?", 1)
    except (RedriveError, BotoCoreError, ClientError) as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        return _complain("stopped waiting; SQS continues the move.", 1)
    return 0


def files_left(s3: "S3Client", bucket: str) -> str:
    """Return a sentence about the files that the messages of the intake queue may be about."""
    pages = [
        page
        for prefix in (keys.ARRIVALS, keys.PROFILE_ARRIVALS, keys.REJECTED)
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    ]
    count = sum(page["KeyCount"] for page in pages)
    files = "1 file is" if count == 1 else f"{count:,} files are"
    return f"{files} in the intake bucket; S3 removes a file 15 days after it came."


def _stage_and_queue(arguments: Sequence[str]) -> tuple[str, str]:
    if len(arguments) != 2 or not all(arguments):  # noqa: PLR2004  # a stage and a queue
        raise UsageError("Say which stage and queue: make redrive STAGE=dev QUEUE=reading")
    stage, queue = arguments
    if stage != LOCAL:
        Stage(stage)  # checks the name
    if queue not in set(Step):
        steps = ", ".join(sorted(Step))
        raise UsageError(f"Stage {stage!r} has no queue {queue!r}, only {steps}.")
    return stage, queue


def _stage_in_aws(stage: str, environ: Mapping[str, str]) -> tuple[Callable[[str], Any], str]:
    """Return what makes clients of the stage's AWS, and the name of its intake bucket.

    ``AWS_ENDPOINT_URL`` says where the local AWS is.

    Raises:
        UsageError: It is not an address.
    """
    if stage != LOCAL:
        account = Account()
        bucket = f"{APP}-{stage}-staging-{account.number}-{account.region}"
        return account.client, bucket
    own = tracked_config(PROJECT)["stages"][LOCAL]["environment_variables"]
    endpoint_url = environ.get("AWS_ENDPOINT_URL", own["AWS_ENDPOINT_URL"])
    session = boto3.session.Session(
        own["AWS_ACCESS_KEY_ID"],
        own["AWS_SECRET_ACCESS_KEY"],
        region_name=own["AWS_DEFAULT_REGION"],
    )
    try:
        _ = urlsplit(endpoint_url).port  # boto3 would notice only when it connects
    except ValueError as error:
        raise UsageError(f"AWS_ENDPOINT_URL is not an address: {error}.") from error
    make: Any = partial(session.client, endpoint_url=endpoint_url, config=_FEW_TRIES)
    return make, own["INTAKE_BUCKET"]


def _queue_url(sqs: "SQSClient", name: str) -> str:
    try:
        return sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist as error:
        raise RedriveError(f"There is no queue {name} at {sqs.meta.endpoint_url}.") from error


def _attribute(sqs: "SQSClient", url: str, name: "QueueAttributeNameType") -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]


def _newest_move(sqs: "SQSClient", source_arn: str) -> "ListMessageMoveTasksResultEntryTypeDef":
    """Return the newest move from a queue; empty if there was none."""
    tasks = sqs.list_message_move_tasks(SourceArn=source_arn)["Results"]
    return tasks[0] if tasks else {}


def _moved(move: "ListMessageMoveTasksResultEntryTypeDef") -> int:
    return move.get("ApproximateNumberOfMessagesMoved", 0)


def _messages(number: int) -> str:
    return f"{number} message" if number == 1 else f"{number} messages"


def _complain(error: object, status: int) -> int:
    print(f"redrive: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
