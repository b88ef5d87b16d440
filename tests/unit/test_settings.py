import json
import uuid
from pathlib import Path

import pytest

from chalicelib.settings import Settings, SettingsError
from chalicelib.stories.queues import PARKED, Step

ENVIRONMENT = {
    "MEDIA_BUCKET": "media",
    "INTAKE_BUCKET": "intake_bucket",
    "STORIES_TABLE": "stories",
    "QUEUE_URL_PREFIX": "https://sqs.us-east-1.amazonaws.com/123456789012/storytime-dev-",
    "DISTRIBUTION_ID": "E2QWRUHAPOMQZL",
    "PROFILE_WORKFLOW_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:profile-photo",
    "FACE_COLLECTION_ID": "faces",
    "SENDER_EMAIL": "stories@example.com",
    "NOTIFICATION_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:notices",
    "MEDIA_BASE_URL": "https://d1.cloudfront.net",
    "API_TOKENS": "open",
    "STORY_NAMESPACE": "0b8d6a44-13a5-4d0e-9f5e-2f5f6d2a7c11",
}


def test_settings_come_from_the_environment() -> None:
    settings = Settings.from_environment({**ENVIRONMENT, "PATH": "/bin"})

    assert settings.media_bucket == "media"
    assert settings.story_namespace == uuid.UUID(ENVIRONMENT["STORY_NAMESPACE"])
    assert (settings.speech_engine, settings.read_along) == ("neural", "on")
    assert settings.log_level == "INFO"


def test_a_queue_is_known_by_the_end_of_its_url() -> None:
    settings = Settings.from_environment(ENVIRONMENT)

    assert settings.queue_name(Step.READING) == "storytime-dev-reading"
    assert settings.queue_name(Step.READING, PARKED) == "storytime-dev-reading-parked"


def test_missing_settings_are_all_named_at_once() -> None:
    with pytest.raises(SettingsError, match="STORIES_TABLE, STORY_NAMESPACE"):
        Settings.from_environment({**ENVIRONMENT, "STORIES_TABLE": "", "STORY_NAMESPACE": ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORY_NAMESPACE", "not-a-uuid"),
        ("QUEUE_URL_PREFIX", "storytime-dev-"),
        ("PROFILE_WORKFLOW_ARN", "profile-photo"),
        ("FACE_COLLECTION_ID", "faces of readers"),
        ("SENDER_EMAIL", "stories"),
        ("MEDIA_BASE_URL", "https://d1.cloudfront.net/"),
        ("NOTIFICATION_TOPIC_ARN", "notices"),
        ("SPEECH_ENGINE", "steam"),
        ("READ_ALONG", "sometimes"),
        ("READER", "tesseract"),
        ("TEXTRACT_REGION", "Ireland"),
        ("LOG_LEVEL", "loud"),
        ("MAXIMUM_CONCURRENCY", "1"),
        ("API_TOKENS", "closed"),
        ("API_TOKENS", "open,"),
        ("API_TOKENS", f"open,{'a' * 64}"),
        ("API_TOKENS", "a" * 63),
        ("API_TOKENS", "A" * 64),
        ("API_TOKENS", f"{'a' * 64}\n"),
        ("API_TOKENS", f"{'a' * 64},,{'b' * 64}"),
        ("ALLOWED_ORIGIN", "books.example.com"),
        ("ALLOWED_ORIGIN", "http://books.example.com"),
        ("ALLOWED_ORIGIN", "https://books.example.com/"),
        ("ALLOWED_ORIGIN", "https://*"),
        ("ALLOWED_ORIGIN", "https://a.example.com, https://b.example.com"),
        ("ALLOWED_ORIGIN", "https://a.example.com\r\nX: y"),
        ("ALLOWED_ORIGIN", "http://localhost.example.com"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({**ENVIRONMENT, name: value})


def test_an_engine_without_speech_marks_is_refused_while_stories_need_them() -> None:
    said = (
        "^A setting is not valid: SPEECH_ENGINE=generative makes no speech marks; set READ_ALONG "
        r"to off, or SPEECH_ENGINE to neural, standard or long-form\.$"
    )
    with pytest.raises(SettingsError, match=said):
        Settings.from_environment({**ENVIRONMENT, "SPEECH_ENGINE": "generative"})


@pytest.mark.parametrize(("engine", "read_along"), [("generative", "off"), ("long-form", "on")])
def test_every_engine_speaks(engine: str, read_along: str) -> None:
    chosen = {"SPEECH_ENGINE": engine, "READ_ALONG": read_along}

    settings = Settings.from_environment({**ENVIRONMENT, **chosen})

    assert (settings.speech_engine, settings.read_along) == (engine, read_along)


@pytest.mark.parametrize("tokens", ["open", "a" * 64, f"{'0' * 64},{'f' * 64}"])
def test_an_api_is_open_on_purpose_or_has_digests(tokens: str) -> None:
    assert Settings.from_environment({**ENVIRONMENT, "API_TOKENS": tokens}).api_tokens == tokens


def test_api_tokens_have_no_default() -> None:
    with pytest.raises(SettingsError, match="API_TOKENS"):
        Settings.from_environment({**ENVIRONMENT, "API_TOKENS": ""})


def test_an_error_does_not_repeat_the_tokens() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({**ENVIRONMENT, "API_TOKENS": "st_a-token-by-mistake"})

    assert "by-mistake" not in str(refused.value)


@pytest.mark.parametrize(
    "origin",
    ["*", "https://books.example.com", "https://a-b.example:8443", "http://localhost:3000",
     "http://127.0.0.1:5173"],
)  # fmt: skip
def test_an_origin_may_use_the_api(origin: str) -> None:
    settings = Settings.from_environment({**ENVIRONMENT, "ALLOWED_ORIGIN": origin})

    assert settings.allowed_origin == origin
    assert Settings.from_environment(ENVIRONMENT).allowed_origin == "*"


@pytest.mark.parametrize(
    ("given", "reading", "narration", "renditions"),
    [
        ({"MAXIMUM_CONCURRENCY": "2"}, 2, 2, 2),
        ({"MAXIMUM_CONCURRENCY": "50"}, 10, 16, 50),
        ({"READING_CONCURRENCY": "60", "NARRATION_CONCURRENCY": "30"}, 60, 30, 10),
    ],
)
def test_more_functions_than_a_quota_keeps_busy_are_only_for_those_who_ask(
    given: dict[str, str], reading: int, narration: int, renditions: int
) -> None:
    settings = Settings.from_environment({**ENVIRONMENT, **given})

    steps = (Step.READING, Step.NARRATION, Step.RENDITIONS)
    assert [settings.concurrency_of(step) for step in steps] == [reading, narration, renditions]
    assert settings.concurrency_of(Step.DELETION) == 2


# The settings of a deployed stage are in the package, those of the local one in the environment.


def prepared_for(folder: Path, stage: str) -> Path:
    file = folder / "stage.json"
    file.write_text(json.dumps({**ENVIRONMENT, "STAGE": stage, "READER": "textract"}))
    return file


def test_the_settings_of_a_prepared_stage_are_those_of_its_file_and_its_environment(
    tmp_path: Path,
) -> None:
    environment = {"STAGE": "dev", "MAXIMUM_CONCURRENCY": "3", "API_TOKENS": "a" * 64}

    settings = Settings.of_app(environment, prepared_for(tmp_path, "dev"))

    assert (settings.stage, settings.media_bucket, settings.reader) == ("dev", "media", "textract")
    assert settings.maximum_concurrency == 3
    assert settings.api_tokens == "a" * 64  # as while the tokens are renewed


def test_the_local_stage_does_not_read_the_file(tmp_path: Path) -> None:
    prepared = prepared_for(tmp_path, "dev")

    assert Settings.of_app(ENVIRONMENT, prepared).reader == "auto"
    with pytest.raises(SettingsError, match="MEDIA_BUCKET"):
        Settings.of_app({}, prepared)


@pytest.mark.parametrize(
    ("stage", "said"), [("dev", "for the stage 'dev', not for"), ("", "for no stage, not for")]
)
def test_a_stage_that_is_not_prepared_is_refused(tmp_path: Path, stage: str, said: str) -> None:
    file = prepared_for(tmp_path, stage) if stage else tmp_path / "stage.json"

    with pytest.raises(SystemExit, match=f"{said} 'prod': make deploy STAGE=prod$"):
        Settings.of_app({**ENVIRONMENT, "STAGE": "prod"}, file)
