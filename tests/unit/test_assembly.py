"""Every part can be built, from AWS adapters too; measurements go to standard output."""

import ast
import importlib
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from botocore.stub import Stubber

from chalicelib.assembly import Assembly, assembly_on_aws, utc_now
from chalicelib.aws.tools import AwsTools
from chalicelib.settings import Settings
from chalicelib.stories.keys import Links
from chalicelib.stories.queues import DEAD_LETTERS, PARKED, Step
from chalicelib.telemetry import STORIES_READY
from tests.unit.test_settings import ENVIRONMENT


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> AwsTools:
    return tools(monkeypatch, STAGE="dev")


def tools(monkeypatch: pytest.MonkeyPatch, **settings: str) -> AwsTools:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return AwsTools(Settings.from_environment({**ENVIRONMENT, **settings}))


def test_a_deployed_stage_writes_measurements_to_standard_output(
    deployed: AwsTools, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.meter.record(STORIES_READY)

    out, err = capsys.readouterr()
    assert err == ""
    assert out.endswith("}\n")
    line = json.loads(out)
    assert (line["Stage"], line["StoriesReady"]) == ("dev", [1.0])


def test_the_local_stage_logs_measurements_at_debug_level(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level("DEBUG", "chalicelib.aws.tools"):
        tools(monkeypatch).meter.record(STORIES_READY)

    assert capsys.readouterr() == ("", "")
    (record,) = caplog.records
    assert record.levelname == "DEBUG"
    assert json.loads(record.getMessage())["StoriesReady"] == [1.0]


def test_the_requests_of_each_paid_client_are_counted(
    deployed: AwsTools, capsys: pytest.CaptureFixture[str]
) -> None:
    jpeg = {"Image": {"Bytes": b"jpeg"}}
    text = {"OutputFormat": "mp3", "Text": "Once.", "VoiceId": "Joanna"}
    ask(deployed.picture_text, "detect_text", jpeg, {"TextDetections": []})
    ask(deployed.faces, "detect_faces", jpeg, {"FaceDetails": []})
    ask(deployed.speaker, "synthesize_speech", text, {})

    measured = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["Operation"] for line in measured if "PaidCalls" in line] == [
        "DetectText",
        "DetectFaces",
        "SynthesizeSpeech",
    ]


def ask(tool: Any, method: str, parameters: dict[str, Any], answer: dict[str, Any]) -> None:
    """Send a request with the client of an adapter."""
    with Stubber(tool.client) as answers:
        answers.add_response(method, answer)
        getattr(tool.client, method)(**parameters)


def parts() -> list[type[msgspec.Struct]]:
    """Every struct that app.py asks the assembly for."""
    tree = ast.parse((Path(__file__).parents[2] / "app.py").read_text())
    names = {
        node.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "part"
        and isinstance(node.args[0], ast.Name)
    }
    imported = {
        alias.name: str(node.module)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return [getattr(importlib.import_module(imported[name]), name) for name in sorted(names)]


@pytest.fixture(scope="module")
def part() -> Iterator[Assembly]:
    with pytest.MonkeyPatch.context() as environment:
        yield Assembly(
            tools(environment),
            links=Links("https://cdn.example"),
            namespace=uuid.UUID(int=0),
            intake_bucket_name="intake",
            clock=utc_now,
            pause=lambda _seconds: None,
        )


@pytest.mark.parametrize("kind", parts(), ids=lambda kind: kind.__name__)
def test_each_part_is_built_from_the_names_of_its_fields(
    kind: type[msgspec.Struct], part: Assembly
) -> None:
    built = part(kind)

    assert part(kind) is built
    assert complete(built, part)


class Chosen(msgspec.Struct):
    speech_engine: str
    read_along: bool


@pytest.mark.parametrize(("setting", "is_on"), [("on", True), ("off", False)])
def test_parts_know_what_was_chosen_for_the_stage(setting: str, *, is_on: bool) -> None:
    chosen = {**ENVIRONMENT, "SPEECH_ENGINE": "long-form", "READ_ALONG": setting}

    part = assembly_on_aws(Settings.from_environment(chosen))(Chosen)

    assert (part.speech_engine, part.read_along) == ("long-form", is_on)


@pytest.mark.parametrize("suffix", ["", DEAD_LETTERS])
@pytest.mark.parametrize("step", Step)
def test_each_queue_has_a_handler(step: Step, suffix: str, part: Assembly) -> None:
    handler: Any = part.handler(step, suffix)

    bound = getattr(handler, "func", handler).__self__
    assert complete(bound, part)


def complete(part: Any, assembly: Assembly) -> bool:
    """Is every field of a part, and of the parts in it, what its name says?"""
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        if field.name in PORTS:
            assert type(value).__name__ == PORTS[field.name]
        elif field.name.endswith("_queue"):
            step, _, kind = field.name.removesuffix("_queue").partition("_")
            assert value.url.endswith(f"{step}{QUEUES[kind]}")
        elif isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            assert isinstance(value, field.type)
            assert value is assembly.links or complete(value, assembly)
    return True


QUEUES = {"": "", "dead_letter": DEAD_LETTERS, "parked": PARKED}
PORTS = {
    "stories": "StoriesTable",
    "upload_requests": "UploadRequestsTable",
    "profiles": "ProfilesTable",
    "media": "MediaBucket",
    "intake_bucket": "S3IntakeBucket",
    "sent_photos": "SentPhotosInS3",
    "picture_text": "RekognitionTextDetector",
    "document_text": "TextractTextDetector",
    "faces": "RekognitionFaceCollection",
    "speaker": "PollySpeaker",
    "announcer": "NotificationTopic",
    "mailer": "SesMailer",
    "cdn": "Distribution",
    "workflow": "StateMachine",
    "meter": "EmfMeter",
}
