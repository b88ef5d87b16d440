import uuid

import pytest

from chalicelib.settings import Settings, SettingsError, queue_name

ENVIRONMENT = {
    "MEDIA_BUCKET": "media",
    "STAGING_BUCKET": "staging",
    "STORIES_TABLE": "stories",
    "READING_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/reading",
    "NARRATION_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/narration",
    "RENDITIONS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/renditions",
    "DELETION_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/deletion",
    "INTAKE_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/intake",
    "DISTRIBUTION_ID": "E2QWRUHAPOMQZL",
    "PROFILE_WORKFLOW_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:profile-photo",
    "FACE_COLLECTION_ID": "faces",
    "SENDER_EMAIL": "stories@example.com",
    "NOTIFICATION_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:notices",
    "MEDIA_BASE_URL": "https://d1.cloudfront.net",
    "STORY_NAMESPACE": "0b8d6a44-13a5-4d0e-9f5e-2f5f6d2a7c11",
}


def test_settings_come_from_the_environment() -> None:
    settings = Settings.from_environment({**ENVIRONMENT, "PATH": "/bin"})

    assert settings.media_bucket == "media"
    assert settings.story_namespace == uuid.UUID(ENVIRONMENT["STORY_NAMESPACE"])
    assert settings.speech_engine == "neural"
    assert settings.log_level == "INFO"


def test_a_queue_is_known_by_the_end_of_its_url() -> None:
    assert queue_name(ENVIRONMENT["READING_QUEUE_URL"]) == "reading"


def test_missing_settings_are_all_named_at_once() -> None:
    with pytest.raises(SettingsError, match="STORIES_TABLE, STORY_NAMESPACE"):
        Settings.from_environment({**ENVIRONMENT, "STORIES_TABLE": "", "STORY_NAMESPACE": ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORY_NAMESPACE", "not-a-uuid"),
        ("READING_QUEUE_URL", "reading"),
        ("PROFILE_WORKFLOW_ARN", "profile-photo"),
        ("FACE_COLLECTION_ID", "faces of readers"),
        ("SENDER_EMAIL", "stories"),
        ("MEDIA_BASE_URL", "https://d1.cloudfront.net/"),
        ("NOTIFICATION_TOPIC_ARN", "notices"),
        ("SPEECH_ENGINE", "steam"),
        ("LOG_LEVEL", "loud"),
        ("MAXIMUM_CONCURRENCY", "1"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({**ENVIRONMENT, name: value})
