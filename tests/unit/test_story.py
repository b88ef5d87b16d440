import uuid
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.delivery.timeouts import is_overdue, is_probably_lost, may_resume
from chalicelib.stories import moves
from chalicelib.stories.keys import content_id_of, derived_id
from chalicelib.stories.queues import Step
from chalicelib.stories.story import LEGAL_MOVES, Status, next_step, progress_of, sources
from tests.fakes.builders import story
from tests.fakes.clock import NOW

NAMESPACE = uuid.UUID("0b8d6a44-13a5-4d0e-9f5e-2f5f6d2a7c11")


def test_the_same_photo_in_the_same_voice_has_the_same_id() -> None:
    content_id = content_id_of(b"a photo")

    first = derived_id(NAMESPACE, content_id, "en-US", "Joanna")

    assert first == derived_id(NAMESPACE, content_id, "en-US", "Joanna")
    assert first.version == 5


@pytest.mark.parametrize(
    ("content", "language", "voice"),
    [
        (b"another", "en-US", "Joanna"),
        (b"a photo", "en-GB", "Joanna"),
        (b"a photo", "en-US", "Ivy"),
    ],
)
def test_another_photo_language_or_voice_is_another_story(
    content: bytes, language: str, voice: str
) -> None:
    other = derived_id(NAMESPACE, content_id_of(content), language, voice)

    assert other != derived_id(NAMESPACE, content_id_of(b"a photo"), "en-US", "Joanna")


def test_an_id_depends_on_the_secret_namespace() -> None:
    content_id = content_id_of(b"a photo")

    assert derived_id(NAMESPACE, content_id, "en-US", "Joanna") != derived_id(
        uuid.NAMESPACE_OID, content_id, "en-US", "Joanna"
    )


def test_a_ready_story_can_only_be_corrected_or_deleted() -> None:
    assert LEGAL_MOVES[Status.READY] == {Status.READ, Status.DELETED}
    assert LEGAL_MOVES[Status.DELETED] == frozenset()


def test_late_success_wins_over_failure() -> None:
    assert Status.FAILED in sources(Status.READ)
    assert Status.FAILED in sources(Status.READY)


def test_an_unread_story_cannot_become_ready() -> None:
    assert sources(Status.READY) == {Status.READ, Status.FAILED}


def test_the_next_step_is_the_first_missing_result() -> None:
    assert next_step(story()) is Step.READING
    assert next_step(story(text="Once.")) is Step.NARRATION
    assert next_step(story(text="Once.", audio="public/x/story.mp3")) is Step.NARRATION


def test_work_counts_as_lost_after_a_minute() -> None:
    enqueued = story(enqueued_at=NOW)

    assert not is_probably_lost(enqueued, NOW + timedelta(seconds=60))
    assert is_probably_lost(enqueued, NOW + timedelta(seconds=60, milliseconds=1))


def test_a_claim_that_was_never_enqueued_counts_from_its_beginning() -> None:
    claimed = story(enqueued_at=None, created_at=NOW)

    assert not is_probably_lost(claimed, NOW + timedelta(seconds=60))
    assert is_probably_lost(claimed, NOW + timedelta(seconds=61))


@pytest.mark.parametrize(
    ("resumes", "seconds"), [(0, 60), (1, 120), (2, 240), (6, 3840), (7, 3840), (1000, 3840)]
)
def test_lost_work_is_resumed_after_twice_as_long_each_time(resumes: int, seconds: int) -> None:
    lost = story(enqueued_at=NOW, unfinished_since=NOW, resumes=resumes)

    assert not may_resume(lost, NOW + timedelta(seconds=seconds))
    assert may_resume(lost, NOW + timedelta(seconds=seconds, milliseconds=1))


def test_a_story_that_sqs_will_retry_is_not_resumed() -> None:
    failed_once = story(enqueued_at=NOW, retry_at=NOW + timedelta(seconds=40))

    assert not is_probably_lost(failed_once, NOW + timedelta(seconds=100))
    assert is_probably_lost(failed_once, NOW + timedelta(seconds=101))


def test_a_message_sent_after_the_retry_counts() -> None:
    sent_again = story(enqueued_at=NOW, retry_at=NOW - timedelta(seconds=40))

    assert not is_probably_lost(sent_again, NOW + timedelta(seconds=60))


def test_a_finished_story_is_never_resumed() -> None:
    assert not may_resume(story(enqueued_at=NOW), NOW + timedelta(days=1))


def test_a_story_is_overdue_after_a_day_of_work_without_an_end() -> None:
    unfinished = story(unfinished_since=NOW)

    assert not is_overdue(unfinished, NOW + timedelta(hours=24))
    assert is_overdue(unfinished, NOW + timedelta(hours=24, seconds=1))
    assert not is_overdue(story(unfinished_since=None), NOW + timedelta(days=30))


@pytest.mark.parametrize(("text", "status"), [(None, Status.RECEIVED), ("Once.", Status.READ)])
def test_a_failed_story_restarts_where_its_data_stops(text: str | None, status: Status) -> None:
    failed = story(status=Status.FAILED, text=text)

    for move in (moves.redriven(failed, NOW, NOW), moves.sent_again(failed, NOW, NOW)):
        assert move.changes["status"] is status
        assert move.changes["unfinished_since"] == NOW
    assert status in LEGAL_MOVES[Status.FAILED]


@pytest.mark.parametrize(
    ("fields", "progress"),
    [
        ({}, "received"),
        ({"text": "Once."}, "read"),
        ({"text": "Once.", "status": Status.FAILED}, "read"),
        ({"text": "Once.", "audio": "public/story.mp3"}, "spoken"),
    ],
)
def test_progress_is_how_far_the_data_goes(fields: dict[str, Any], progress: str) -> None:
    assert progress_of(story(**fields)) == progress
