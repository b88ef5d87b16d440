"""What is measured on AWS goes to standard output, where CloudWatch finds it, and is complete."""

import json
from typing import Any

import pytest
from botocore.stub import Stubber

from chalicelib.settings import Settings
from chalicelib.telemetry.metrics import STORIES_READY
from chalicelib.wiring import AwsTools
from tests.unit.test_settings import ENVIRONMENT


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> AwsTools:
    return tools(monkeypatch, STAGE="dev")


def tools(monkeypatch: pytest.MonkeyPatch, **settings: str) -> AwsTools:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return AwsTools(Settings.from_environment({**ENVIRONMENT, **settings}))


def test_a_deployed_stages_measurements_are_lines_of_standard_output(
    deployed: AwsTools, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.meter.record(STORIES_READY)

    out, err = capsys.readouterr()
    assert err == ""
    assert out.endswith("}\n")
    line = json.loads(out)
    assert (line["Stage"], line["StoriesReady"]) == ("dev", [1.0])


def test_on_one_machine_standard_output_is_for_people(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level("DEBUG", "chalicelib.wiring"):
        tools(monkeypatch).meter.record(STORIES_READY)

    assert capsys.readouterr() == ("", "")
    (record,) = caplog.records
    assert record.levelname == "DEBUG"
    assert json.loads(record.getMessage())["StoriesReady"] == [1.0]


def test_what_each_paid_client_asks_for_is_counted(
    deployed: AwsTools, capsys: pytest.CaptureFixture[str]
) -> None:
    jpeg = {"Image": {"Bytes": b"jpeg"}}
    text = {"OutputFormat": "mp3", "Text": "Once.", "VoiceId": "Joanna"}
    ask(deployed.text_detector, "detect_text", jpeg, {"TextDetections": []})
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
    with Stubber(tool._client) as answers:
        answers.add_response(method, answer)
        getattr(tool._client, method)(**parameters)
