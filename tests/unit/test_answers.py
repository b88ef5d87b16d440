"""Every status, header and field of the answers about stories."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from chalice.app import Response

from chalicelib import errors
from chalicelib.http import answers, responses
from chalicelib.pages.reading_order import SkippedText
from chalicelib.pages.size import Size
from chalicelib.pages.skipping import SkipReason
from chalicelib.steps.direct_upload import UploadPermit
from chalicelib.steps.intake import Receipt
from chalicelib.steps.listing import ListPage
from chalicelib.stories.keys import Links
from chalicelib.stories.story import Failure, Rendition, Spoken, Status, Story
from chalicelib.stories.upload_request import PostForm, UploadRequest, UploadStatus
from tests.fakes.builders import story, upload_request
from tests.fakes.clock import NOW

LINKS = Links("https://cdn.example")
TIMESTAMP = "2026-03-01T12:00:00.000Z"
RECEIVED = story()
HEADERS = {"ETag": f'"{RECEIVED.id}"', "Timestamp": TIMESTAMP}
READY = story(
    status=Status.READY,
    text="Once.\nTwice.",
    complete=False,
    skipped=[SkippedText("42", SkipReason.PAGE_NUMBER, (0.4, 0.9, 0.6, 0.95))],
    page="public/page.jpg",
    image=Size(1200, 900),
    revision=2,
    read_along=True,
    audio="public/1/story.mp3",
    spoken=Spoken(1, 4200, 2),
    renditions={"small": Rendition("public/small.jpg", 480, 360, 12_345)},
)
FAILED = story(status=Status.FAILED, failure=Failure("it is blurred", final=True))
DELETED = story(status=Status.DELETED, deleted_at=NOW, erased_at=NOW + timedelta(minutes=1))
TOMBSTONE = {
    "id": RECEIVED.id,
    "status": "deleted",
    "deleted_at": TIMESTAMP,
    "erased_at": "2026-03-01T12:01:00.000Z",
}
NEW: dict[str, Any] = {
    "id": RECEIVED.id,
    "status": "received",
    "name": "page one.jpg",
    "timestamp": TIMESTAMP,
    "content_id": "c0ffee",
    "content_type": "image/jpeg",
    "language": "en-US",
    "language_detected": None,
    "voice": "Joanna",
    "text": None,
    "revision": 1,
    "spoken_revision": None,
    "read_along": False,
    "complete": None,
    "skipped": [],
    "image_url": None,
    "image": None,
    "audio_url": None,
    "duration_ms": None,
    "story_url": None,
    "read_along_url": None,
    "captions_url": None,
    "renditions": {},
}
TOLD = {
    **NEW,
    "status": "ready",
    "text": "Once.\nTwice.",
    "complete": False,
    "skipped": [{"text": "42", "reason": "page_number", "box": (0.4, 0.9, 0.6, 0.95)}],
    "revision": 2,
    "spoken_revision": 1,
    "read_along": True,
    "image_url": "https://cdn.example/public/page.jpg",
    "image": {"url": "https://cdn.example/public/page.jpg", "width": 1200, "height": 900},
    "audio_url": "https://cdn.example/public/1/story.mp3",
    "duration_ms": 4200,
    "story_url": "https://cdn.example/public/1/story.json",
    "read_along_url": "https://cdn.example/public/1/read-along.json",
    "captions_url": "https://cdn.example/public/1/story.vtt",
    "renditions": {
        "small": {
            "url": "https://cdn.example/public/small.jpg",
            "width": 480,
            "height": 360,
            "bytes": 12_345,
        }
    },
}
BEING_MADE = {
    "code": "not_ready",
    "message": "The story is being made; ask again in 60 seconds, or sooner.",
}
UPLOAD = upload_request()
OF_UPLOAD = {"ETag": f'"{UPLOAD.id}"', "Timestamp": TIMESTAMP}
WAIT = {"Retry-After": "60"}


@dataclass
class Answer:
    """What a response says."""

    status: int
    body: Any
    headers: dict[str, Any] = field(default_factory=dict)


def said(response: Response) -> Answer:
    return Answer(response.status_code, response.body, dict(response.headers))


def test_an_upload_is_answered_with_its_story() -> None:
    new = answers.receipt_response(Receipt(RECEIVED, duplicate=False), LINKS)
    again = answers.receipt_response(Receipt(READY, duplicate=True), LINKS)

    assert said(new) == Answer(200, {"duplicate": False, **NEW}, HEADERS)
    assert said(again) == Answer(200, {"duplicate": True, **TOLD}, HEADERS)


def test_a_form_is_answered_with_201() -> None:
    form = PostForm("https://bucket.example", {"key": "images/x.jpg"})

    assert said(answers.permit_response(UploadPermit(UPLOAD, form))) == Answer(
        201,
        {
            "id": UPLOAD.id,
            "url": "https://bucket.example",
            "fields": {"key": "images/x.jpg"},
            "expires_at": "2026-03-01T12:15:00.000Z",
        },
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (READY, Answer(200, TOLD, HEADERS)),
        (RECEIVED, Answer(503, NEW | BEING_MADE, HEADERS | WAIT)),
        (
            FAILED,
            Answer(
                422,
                {
                    **NEW,
                    "status": "failed",
                    "code": "failed",
                    "message": "This page could not be read: it is blurred.",
                },
                HEADERS,
            ),
        ),
        (
            DELETED,
            Answer(
                410,
                {**TOMBSTONE, "code": "deleted", "message": "This story was deleted."},
                HEADERS,
            ),
        ),
        (
            UPLOAD,
            Answer(
                503,
                {
                    "id": UPLOAD.id,
                    "status": "requested",
                    "name": "page one.jpg",
                    "code": "not_ready",
                    "message": "No photo was taken in yet: post the form, or ask again in a "
                    "moment.",
                },
                OF_UPLOAD | WAIT,
            ),
        ),
        (
            upload_request(status=UploadStatus.FAILED, reason="This is not a photo."),
            Answer(
                422,
                {
                    "id": UPLOAD.id,
                    "status": "failed",
                    "name": "page one.jpg",
                    "code": "failed",
                    "message": "This upload cannot become a story: This is not a photo.",
                },
                OF_UPLOAD,
            ),
        ),
    ],
    ids=["ready", "received", "failed", "deleted", "requested", "no-photo"],
)
def test_a_retrieval_is_answered_by_what_was_found(found: Any, expected: Answer) -> None:
    assert said(answers.found_response(found, LINKS)) == expected


def test_a_bulk_retrieval_has_the_answer_about_each_id() -> None:
    unknown = errors.UnknownStoryError("There is no story with this id.")
    ids = [READY.id, RECEIVED.id, "x"]

    response = answers.bulk_response(ids, [READY, RECEIVED, unknown], LINKS)

    assert said(response) == Answer(
        200,
        [
            {"status_code": 200, **TOLD},
            {"status_code": 503, **NEW, **BEING_MADE},
            {
                "status_code": 404,
                "id": "x",
                "code": "not_found",
                "message": "There is no story with this id.",
            },
        ],
    )


def test_a_list_has_its_stories_and_the_cursor_of_the_next_page() -> None:
    response = answers.list_response(ListPage([READY], "cursor"), LINKS)

    assert said(response) == Answer(200, {"stories": [TOLD], "next_cursor": "cursor"})


def test_a_deletion_is_answered_with_the_tombstone() -> None:
    deleted = story(status=Status.DELETED, deleted_at=NOW)

    body = {**TOMBSTONE, "erased_at": None}
    assert said(answers.deletion_response(deleted)) == Answer(202, body, HEADERS)


def test_a_cancelled_upload_is_answered_with_its_status() -> None:
    cancelled = upload_request(status=UploadStatus.CANCELLED, name="")

    answer = said(answers.deletion_response(cancelled))

    headers = {"ETag": f'"{cancelled.id}"', "Timestamp": TIMESTAMP}
    assert answer == Answer(202, {"id": cancelled.id, "status": "cancelled"}, headers)


@pytest.mark.parametrize(
    ("given", "decoded"),
    [("anna%40example.com", "anna@example.com"), ("a+b", "a+b"), ("100%25", "100%"), ("%ff", "�")],
)
def test_a_view_gets_the_parameters_of_its_path_decoded_once(given: str, decoded: str) -> None:
    view = responses.answering_errors(lambda user_id: Response({"user": user_id}))

    assert view(user_id=given).body == {"user": decoded}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidRequestError("It is wrong.", code="wrong"), 400, "wrong"),
        (errors.UnknownStoryError("It is wrong."), 404, "not_found"),
        (errors.UnknownProfileError("It is wrong."), 404, "not_found"),
        (errors.NotYetError("It is wrong."), 409, "not_ready"),
        (errors.ExpiredError("It is wrong."), 410, "expired"),
        (errors.EditConflictError("It is wrong."), 412, "changed_meanwhile"),
        (errors.EditConditionError("It is wrong."), 428, "missing_revision"),
        (errors.TooLargeError("It is wrong."), 413, "too_large"),
        (errors.UnsupportedTypeError("It is wrong."), 415, "unsupported_media_type"),
    ],
)
def test_an_error_is_answered_with_its_code_and_sentence(
    error: errors.RejectedError, status: int, code: str
) -> None:
    @responses.answering_errors
    def view() -> Response:
        raise error

    assert said(view()) == Answer(status, {"code": code, "message": "It is wrong."})


@pytest.mark.parametrize(
    "error", [errors.TransientError("S3 is away"), errors.StoryChangedError("it changed")]
)
def test_a_failure_of_aws_asks_to_come_again(error: errors.StorytimeError) -> None:
    @responses.answering_errors
    def view() -> Response:
        raise error

    answer = said(view())

    assert (answer.status, answer.headers) == (503, {"Retry-After": "5"})
    assert answer.body["code"] == "unavailable"
    assert "Sending the same again is safe" in answer.body["message"]
    assert "S3" not in str(answer.body)


@pytest.mark.parametrize(
    ("found", "body"),
    [
        (RECEIVED, NEW | {"progress": "received"}),
        (READY, TOLD | {"progress": "spoken"}),
        (
            FAILED,
            {
                **NEW,
                "status": "failed",
                "progress": "received",
                "code": "failed",
                "message": "This page could not be read: it is blurred.",
            },
        ),
        (DELETED, TOMBSTONE | {"progress": None}),
        (
            UPLOAD,
            {"id": UPLOAD.id, "status": "requested", "name": "page one.jpg", "progress": None},
        ),
        (
            upload_request(status=UploadStatus.FAILED, reason="This is not a photo."),
            {
                "id": UPLOAD.id,
                "status": "failed",
                "name": "page one.jpg",
                "progress": None,
                "code": "failed",
                "message": "This upload cannot become a story: This is not a photo.",
            },
        ),
    ],
    ids=["received", "ready", "failed", "deleted", "requested", "no-photo"],
)
def test_a_story_in_any_state_is_answered_with_200(found: Any, body: Any) -> None:
    headers = OF_UPLOAD if found.id == UPLOAD.id else HEADERS

    assert said(answers.state_response(found, LINKS)) == Answer(200, body, headers)


def test_every_kind_of_retrieval_has_its_entry_in_a_bulk() -> None:
    upload = upload_request(status=UploadStatus.FAILED, reason="This is not a photo.")
    found: list[Story | UploadRequest] = [DELETED, upload]

    entries = answers.bulk_response(["a", "b"], found, LINKS).body

    assert [each["status_code"] for each in entries] == [410, 422]
    for entry, each in zip(entries, found, strict=True):
        alone = answers.found_response(each, LINKS)
        assert entry == {**alone.body, "status_code": alone.status_code}


def test_nothing_is_cached_unless_a_view_says_so() -> None:
    cached = Response({}, headers={"Cache-Control": "private"})

    assert responses.finished(Response({})).headers["Cache-Control"] == "no-store"
    assert responses.finished(cached).headers["Cache-Control"] == "private"


def test_an_error_of_chalice_has_the_shape_of_all_errors() -> None:
    given = Response({"Code": "UnsupportedMediaType", "Message": "It is wrong."})

    body = responses.finished(given).body

    assert body == {"code": "unsupported_media_type", "message": "It is wrong."}


def answered(**fields: Any) -> dict[str, Any]:
    found = answers.found_response(msgspec.structs.replace(READY, **fields), LINKS)
    assert found.status_code == 200
    return dict(found.body)


def test_a_story_without_times_has_no_files_of_them() -> None:
    assert answered(spoken=Spoken(1, 4200)) == {
        **TOLD,
        "read_along_url": None,
        "captions_url": None,
    }


def test_a_story_of_before_there_were_revisions_has_its_mp3_only() -> None:
    old: dict[str, Any] = {"audio": "public/story.mp3", "revision": None, "spoken": None}

    assert answered(**old, read_along=None, image=None) == {
        **TOLD,
        "revision": 1,
        "spoken_revision": 1,
        "read_along": False,
        "image": {"url": TOLD["image_url"], "width": None, "height": None},
        "audio_url": "https://cdn.example/public/story.mp3",
        "duration_ms": None,
        "story_url": None,
        "read_along_url": None,
        "captions_url": None,
    }


@pytest.mark.parametrize(
    ("status", "failure", "why"),
    [
        (Status.READ, None, {}),
        (
            Status.FAILED,
            Failure("Polly was away", final=False),
            {
                "code": "failed",
                "message": "The change of this story could not be read aloud: Polly was away.",
            },
        ),
    ],
)
def test_a_corrected_story_is_heard_as_it_was(
    status: Status, failure: Failure | None, why: dict[str, str]
) -> None:
    corrected = msgspec.structs.replace(READY, status=status, failure=failure)

    assert answered(status=status, failure=failure) == {**TOLD, "status": status.value}
    assert said(answers.correction_response(corrected, LINKS)) == Answer(
        200, {**TOLD, "status": status.value, "progress": "spoken", **why}, HEADERS
    )
    assert answers.bulk_response(["x"], [corrected], LINKS).body[0]["status_code"] == 200


def test_a_picture_without_text_has_its_page() -> None:
    picture = msgspec.structs.replace(
        FAILED, page="public/page.jpg", image=Size(1200, 900), renditions=READY.renditions
    )

    answer = said(answers.found_response(picture, LINKS))

    assert answer.status == 422
    assert {name: answer.body[name] for name in ("image", "image_url", "renditions")} == {
        name: TOLD[name] for name in ("image", "image_url", "renditions")
    }
    assert answer.body["audio_url"] is None
