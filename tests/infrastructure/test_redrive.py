"""Parked messages get another chance, told as stories: given what is parked, when, then."""

import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.stories.queues import PARKED as ENDS_PARKED
from chalicelib.stories.queues import Step
from infrastructure.redrive import Redrive, RedriveError, main, redrive
from infrastructure.stage_folder import config_of
from infrastructure.stage_queues import UsageError, client_of, queue_name_of, stage_variables
from local.resources.creation import StackClients, create
from tests.infrastructure.resolved import Stack
from tests.local.conftest import Aws

PROJECT = Path(__file__).parents[2]
READING = "storytime-local-reading"
PARKED = f"{READING}-parked"
ARN = "arn:aws:sqs:us-east-1:123456789012:"


def a_moment() -> None:
    threading.Event().wait(0.05)


def never() -> None:
    raise AssertionError("it waits although nothing is under way")


class Client:
    """A client of SQS."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)


class Listed(Client):
    """Lists these moves, one after the other, and the last one from then on."""

    def __init__(self, sqs: Any, *moves: dict[str, Any]) -> None:
        super().__init__(sqs)
        self._moves = list(moves)

    def list_message_move_tasks(self, **_request: Any) -> Any:
        move = self._moves.pop(0) if len(self._moves) > 1 else self._moves[0]
        return {"Results": [move] if move else []}


class Late(Client):
    """One of AWS on a slow day: a new move is listed at the second look, and moved none so far."""

    def __init__(self, sqs: Any) -> None:
        super().__init__(sqs)
        self._still_listed: list[Any] = []

    def start_message_move_task(self, **request: Any) -> Any:
        listed = self._sqs.list_message_move_tasks(SourceArn=request["SourceArn"])
        self._still_listed = [listed]
        return self._sqs.start_message_move_task(**request)

    def list_message_move_tasks(self, **request: Any) -> Any:
        if self._still_listed:
            return self._still_listed.pop()
        listed = self._sqs.list_message_move_tasks(**request)
        for move in listed["Results"]:
            move["ApproximateNumberOfMessagesMoved"] = 0
        return listed


class Queues:
    """The queue of reading, and the one that its messages are parked in at the end."""

    def __init__(self, sqs: Any) -> None:
        self.sqs = sqs
        self.parked = sqs.create_queue(QueueName=PARKED)["QueueUrl"]
        policy = {"deadLetterTargetArn": ARN + PARKED, "maxReceiveCount": 5}
        self.reading = sqs.create_queue(
            QueueName=READING, Attributes={"RedrivePolicy": json.dumps(policy)}
        )["QueueUrl"]

    def park(self, *texts: str) -> None:
        for text in texts:
            self.sqs.send_message(QueueUrl=self.parked, MessageBody=text)

    def bodies(self, queue_url: str) -> list[str]:
        answer = self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]


@pytest.fixture
def queues(aws: Aws) -> Queues:
    return Queues(aws.client("sqs"))


@pytest.fixture
def environ(aws: Aws) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": aws.url}


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, and where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_what_is_parked_is_put_back_onto_the_queue(queues: Queues) -> None:
    queues.park("one", "two", "three")

    done = redrive(queues.sqs, READING, a_moment)

    assert done == Redrive(PARKED, READING, moved=3, in_flight=0)
    assert str(done) == f"3 messages moved from {PARKED} to {READING}."
    assert queues.bodies(queues.reading) == ["one", "two", "three"]
    assert queues.bodies(queues.parked) == []


def test_one_message_is_one_message(queues: Queues) -> None:
    queues.park("only one")

    assert str(redrive(queues.sqs, READING, a_moment)) == (
        f"1 message moved from {PARKED} to {READING}."
    )


def test_nothing_parked_is_nothing_moved(queues: Queues) -> None:
    assert str(redrive(queues.sqs, READING, a_moment)) == f"Nothing is parked in {PARKED}."


def test_what_somebody_looks_at_just_now_stays_and_is_told_of(queues: Queues) -> None:
    queues.park("looked at", "at rest")
    queues.sqs.receive_message(QueueUrl=queues.parked)

    done = redrive(queues.sqs, READING, a_moment)

    assert str(done) == (
        f"1 message moved from {PARKED} to {READING}. "
        "Still parked, because received just now: 1 message."
    )
    assert queues.bodies(queues.reading) == ["at rest"]


def test_it_waits_until_the_move_is_completed(queues: Queues) -> None:
    waits: list[str] = []
    moves = [
        {"StartedTimestamp": 1, "Status": status, "ApproximateNumberOfMessagesMoved": moved}
        for status, moved in (("RUNNING", 0), ("RUNNING", 2), ("COMPLETED", 3))
    ]

    client = Listed(queues.sqs, {}, *moves)
    done = redrive(client, READING, lambda: waits.append("a moment"))  # type: ignore[arg-type]

    assert done.moved == 3
    assert len(waits) == 2


def test_each_time_tells_of_itself(queues: Queues) -> None:
    for texts in (["one", "two"], ["three"], []):
        queues.park(*texts)
        assert redrive(queues.sqs, READING, a_moment).moved == len(texts)


def test_what_aws_lists_and_counts_late_is_waited_for(queues: Queues) -> None:
    late = Late(queues.sqs)

    for texts in (["one", "two"], ["three"]):
        queues.park(*texts)
        done = redrive(late, READING, a_moment)  # type: ignore[arg-type]  # as good as one
        assert done.moved == len(texts)


def test_a_move_that_is_under_way_is_left_alone(queues: Queues) -> None:
    moving = Listed(queues.sqs, {"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 1})

    with pytest.raises(RedriveError, match=f"Another move from {PARKED} is under way, 1 message"):
        redrive(moving, READING, never)  # type: ignore[arg-type]  # as good as one


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (
            {"Status": "FAILED", "FailureReason": "AWS.SimpleQueueService.NonExistentQueue"},
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
        ({"Status": "CANCELLED"}, "it was cancelled"),
    ],
)
def test_a_move_that_ends_early_says_why(queues: Queues, end: dict[str, str], reason: str) -> None:
    move = {"StartedTimestamp": 1, "ApproximateNumberOfMessagesMoved": 1}
    client = Listed(queues.sqs, {}, move | {"Status": "RUNNING"}, move | end)

    with pytest.raises(RedriveError) as caught:
        redrive(client, READING, a_moment)  # type: ignore[arg-type]  # as good as one

    assert str(caught.value) == (
        f"The move from {PARKED} to {READING} ended early, after 1 message: {reason}. "
        "The rest is still parked."
    )


@pytest.mark.parametrize("missing", [PARKED, READING])
def test_a_missing_queue_is_named(aws: Aws, queues: Queues, missing: str) -> None:
    url = queues.parked if missing == PARKED else queues.reading
    queues.sqs.delete_queue(QueueUrl=url)

    with pytest.raises(RedriveError, match=f"There is no queue {missing} at {aws.url}"):
        redrive(queues.sqs, READING, never)


def test_a_stage_and_a_queue_by_name_are_enough(
    queues: Queues, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    queues.park("one", "two")

    status = main(["local", "reading"], environ)

    assert status == 0
    assert capsys.readouterr() == (f"2 messages moved from {PARKED} to {READING}.\n", "")


@pytest.mark.parametrize("queue", ["intake", "reading", "narration", "renditions", "deletion"])
def test_every_queue_of_the_local_stack_can_be_redriven(
    aws: Aws, environ: dict[str, str], queue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clients = StackClients(aws.url)
    create(clients)
    parked = clients.sqs.get_queue_url(QueueName=f"storytime-local-{queue}-parked")["QueueUrl"]
    clients.sqs.send_message(QueueUrl=parked, MessageBody="given up")

    assert main(["local", queue], environ) == 0

    assert capsys.readouterr().out.startswith("1 message moved from ")
    url = clients.sqs.get_queue_url(QueueName=f"storytime-local-{queue}")["QueueUrl"]
    (message,) = clients.sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "given up"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere", "reading"], "There is no stage 'nowhere', only dev, local, prod"),
        (
            ["local", "writing"],
            "no queue 'writing', only deletion, intake, narration, reading, renditions",
        ),
        (
            ["local", "READING"],
            "no queue 'READING', only deletion, intake, narration, reading, renditions",
        ),
        (["local"], "make redrive STAGE=dev QUEUE=reading"),
        (["", ""], "make redrive STAGE=dev QUEUE=reading"),
        ([], "make redrive STAGE=dev QUEUE=reading"),
    ],
)
def test_what_there_is_not_is_one_clear_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(arguments, {})

    assert status == 2
    assert_one_line(capsys, words)


@pytest.mark.parametrize("url", ["nowhere", "http://127.0.0.1:abc"])
def test_an_endpoint_that_is_none_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], url: str
) -> None:
    status = main(["local", "reading"], {"AWS_ENDPOINT_URL": url})

    assert status == 2
    assert_one_line(capsys, "AWS_ENDPOINT_URL leads nowhere")


def test_an_aws_that_cannot_be_reached_is_one_clear_line(
    closed_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{closed_port}"

    status = main(["local", "reading"], {"AWS_ENDPOINT_URL": url})

    assert status == 1
    assert_one_line(capsys, url)


def test_a_stage_that_is_not_deployed_is_one_clear_line(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["local", "reading"], environ)

    assert status == 1
    assert_one_line(capsys, f"There is no queue {PARKED}")


def test_what_aws_refuses_is_one_clear_line(
    aws: Aws, queues: Queues, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    aws.inject(operation="sqs.StartMessageMoveTask", error="AccessDenied", times=3)

    status = main(["local", "reading"], environ)

    assert (status, queues.bodies(queues.reading)) == (1, [])
    assert_one_line(capsys, "AccessDenied")


def test_a_queue_is_any_that_a_step_has() -> None:
    config = {
        "environment_variables": {"QUEUE_URL_PREFIX": "https://sqs.example/1/shared-"},
        "stages": {
            "beta": {"environment_variables": {"QUEUE_URL_PREFIX": "https://sqs.example/1/beta-"}},
            "bare": {},
        },
    }

    beta, bare = stage_variables(config, "beta"), stage_variables(config, "bare")

    assert queue_name_of(beta, "beta", "narration") == "beta-narration"
    assert queue_name_of(bare, "bare", "narration") == "shared-narration"
    steps = "deletion, intake, narration, reading, renditions"
    with pytest.raises(UsageError, match=rf"'bare' has no queue 'picture_book', only {steps}\."):
        queue_name_of(bare, "bare", "picture_book")
    with pytest.raises(UsageError, match=r"no stage 'local', only bare, beta\."):
        stage_variables(config, "local")


def deployed(project: Path, stage: str, variables: dict[str, str]) -> None:
    folder = project / ".stages" / stage / ".chalice"
    folder.mkdir(parents=True)
    config = {"stages": {stage: {"environment_variables": variables}}}
    (folder / "config.json").write_text(json.dumps(config))


def test_a_deployed_stage_has_a_configuration_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "config.json").write_text('{"stages": {"local": {}}}')
    deployed(tmp_path, "dev", {"QUEUE_URL_PREFIX": "https://sqs.example/1/storytime-dev-"})

    dev = stage_variables(config_of("dev", tmp_path), "dev")

    assert queue_name_of(dev, "dev", "reading") == "storytime-dev-reading"
    assert config_of("local", tmp_path) == {"stages": {"local": {}}}
    for other in ("prod", "dev/../dev", ".", "*"):
        assert config_of(other, tmp_path) == {"stages": {"local": {}}}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_each_queue_of_the_template_is_redriven_from_what_is_parked_there(stage: str) -> None:
    stack = Stack(stage)
    names = {each["QueueName"] for each in stack.of_type("SQS::Queue")}
    variables = {"QUEUE_URL_PREFIX": f"https://sqs.example/1/storytime-{stage}-"}

    for queue in Step:
        name = queue_name_of(variables, stage, queue)
        assert name == f"storytime-{stage}-{queue}"
        assert name + ENDS_PARKED in names


def test_the_region_is_that_of_the_stages_queues() -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/storytime-dev-"

    assert client_of({"QUEUE_URL_PREFIX": url}, {}).meta.region_name == "eu-west-1"
    asked = {"QUEUE_URL_PREFIX": url, "AWS_DEFAULT_REGION": "us-east-1"}
    assert client_of(asked, {}).meta.region_name == "us-east-1"


def test_make_redrive_reaches_a_local_aws_on_any_port(aws: Aws, queues: Queues) -> None:
    queues.park("one")

    ended = make_redrive("STAGE=local", "QUEUE=reading", f"AWS_PORT={aws.url.rsplit(':', 1)[1]}")

    assert (ended.stderr, ended.returncode) == ("", 0)
    assert ended.stdout == f"1 message moved from {PARKED} to {READING}.\n"


def test_make_redrive_without_settings_says_which_it_takes() -> None:
    ended = make_redrive()

    assert ended.returncode != 0
    assert ended.stderr.startswith("redrive: Say which stage and queue: ")
    assert "Traceback" not in ended.stderr


def make_redrive(*settings: str) -> subprocess.CompletedProcess[str]:
    make = shutil.which("make")
    assert make is not None
    return subprocess.run(  # noqa: S603  # what the tests above say
        # This interpreter, and no installation of its own.
        [make, "redrive", f"RUN={sys.executable}", "INSTALLED=", *settings],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_one_line(capsys: pytest.CaptureFixture[str], words: str) -> None:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("redrive: ")
    assert words in err
    assert err.count("\n") == 1


def test_of_a_stage_that_was_not_deployed_from_here_no_queue_is_known() -> None:
    with pytest.raises(UsageError, match=r"was not deployed from this folder.* STAGE=dev$"):
        queue_name_of({"MAXIMUM_CONCURRENCY": "2"}, "dev", "reading")
