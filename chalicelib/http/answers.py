"""What is answered about stories."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final, TypeVar

from chalice.app import Response
from msgspec import Struct, structs

from chalicelib.delivery.timeouts import RESUME_AFTER
from chalicelib.errors import RejectedError
from chalicelib.http.bodies import (
    DeletedState,
    DeletedStory,
    ImageAnswer,
    RenditionAnswer,
    StoryAnswer,
    StoryList,
    StoryReceipt,
    StoryState,
    Tombstone,
    UnreadyStory,
    UnreadyUpload,
    UploadAnswer,
    UploadForm,
    UploadState,
)
from chalicelib.http.bulk_bodies import (
    DeletedEntry,
    ProblemEntry,
    StoryEntry,
    UnreadyEntry,
    UploadEntry,
)
from chalicelib.http.responses import problem_of, response
from chalicelib.steps.bulk import BulkResult
from chalicelib.steps.direct_upload import UploadPermit
from chalicelib.steps.intake import Receipt
from chalicelib.steps.listing import ListPage
from chalicelib.stories import keys
from chalicelib.stories.keys import CAPTIONS, READ_ALONG, STORY, Links
from chalicelib.stories.story import (
    Status,
    Story,
    progress_of,
    revision_of,
    why_it_failed,
)
from chalicelib.stories.upload_request import UploadRequest, UploadStatus
from chalicelib.stories.upload_request import why_it_failed as why_upload_failed

_SECONDS_TO_WAIT: Final = str(int(RESUME_AFTER.total_seconds()))
_BEING_MADE: Final = f"The story is being made; ask again in {_SECONDS_TO_WAIT} seconds, or sooner."
_NO_PHOTO: Final = "No photo was taken in yet: post the form, or ask again in a moment."
_ENTRIES: Final[Mapping[type[Struct], type[Struct]]] = {
    StoryAnswer: StoryEntry,
    UnreadyStory: UnreadyEntry,
    UnreadyUpload: UploadEntry,
    DeletedStory: DeletedEntry,
}
"""How a bulk retrieval says what a single one answers."""

_Answer = TypeVar("_Answer", bound=Struct)


def receipt_response(receipt: Receipt, links: Links) -> Response:
    """200: the photo is stored, and its story is being made or exists."""
    story = _described(receipt.story, links)
    answer = _extended(StoryReceipt, story, duplicate=receipt.duplicate)
    return response(answer, headers=_headers(receipt.story))


def permit_response(permit: UploadPermit) -> Response:
    """201 with the form that posts the photo."""
    form = UploadForm(
        id=permit.request.id,
        url=permit.form.url,
        fields=dict(permit.form.fields),
        expires_at=timestamp(permit.request.usable_until),
    )
    return response(form, HTTPStatus.CREATED)


def found_response(found: Story | UploadRequest, links: Links) -> Response:
    """200 with a ready story; else 503, 422 or 410 with the reason."""
    status_code, answer = _answer_about(found, links)
    is_unfinished = status_code == HTTPStatus.SERVICE_UNAVAILABLE
    wait = {"Retry-After": _SECONDS_TO_WAIT} if is_unfinished else {}
    return response(answer, status_code, {**_headers(found), **wait})


def state_response(found: Story | UploadRequest, links: Links) -> Response:
    """200 with a story in any state, or with an upload that has no story yet."""
    return response(_state_of(found, links), headers=_headers(found))


def correction_response(corrected: Story, links: Links) -> Response:
    """200 with the story: what changed is stored, and is going to be spoken."""
    return response(_state_of(corrected, links), headers=_headers(corrected))


def bulk_response(given_ids: Sequence[str], found: Sequence[BulkResult], links: Links) -> Response:
    """200 with, for each id, the body and status code of a single retrieval."""
    entries = [
        _bulk_entry(given_id, each, links) for given_id, each in zip(given_ids, found, strict=True)
    ]
    return response(entries)


def list_response(page: ListPage, links: Links) -> Response:
    """200 with some stories, and the cursor of the next page."""
    stories = [_described(story, links) for story in page.stories]
    return response(StoryList(stories, page.next_cursor))


def deletion_response(deleted: Story | UploadRequest) -> Response:
    """202: no client gets the story from now on, and its files are being removed.

    Of an upload that has no story yet, none will be made.
    """
    answer = _tombstone(deleted) if isinstance(deleted, Story) else _upload(deleted)
    return response(answer, HTTPStatus.ACCEPTED, _headers(deleted))


def _answer_about(
    found: Story | UploadRequest, links: Links
) -> tuple[int, StoryAnswer | UnreadyStory | DeletedStory | UnreadyUpload]:
    """The status and body for a story, or for an upload request without a story."""
    if isinstance(found, UploadRequest):
        status_code, code, message = 503, "not_ready", _NO_PHOTO
        if found.status is UploadStatus.FAILED:
            status_code, code, message = 422, "failed", why_upload_failed(found)
        upload = _upload(found)
        return status_code, _extended(
            UnreadyUpload, upload, name=found.name, code=code, message=message
        )
    if found.status is Status.DELETED:
        message = "This story was deleted."
        return 410, _extended(DeletedStory, _tombstone(found), code="deleted", message=message)
    story = _described(found, links)
    if found.audio is not None:  # while a correction is spoken, and if that fails, the old one
        return 200, story
    if found.status is Status.FAILED:
        return 422, _extended(UnreadyStory, story, code="failed", message=why_it_failed(found))
    return 503, _extended(UnreadyStory, story, code="not_ready", message=_BEING_MADE)


def _state_of(
    found: Story | UploadRequest, links: Links
) -> StoryState | DeletedState | UploadState:
    if isinstance(found, UploadRequest):
        why = why_upload_failed(found) if found.status is UploadStatus.FAILED else None
        return _extended(UploadState, _upload(found), name=found.name, **_failure(why))
    if found.status is Status.DELETED:
        return _extended(DeletedState, _tombstone(found))
    why = why_it_failed(found) if found.status is Status.FAILED else None
    story = _described(found, links)
    return _extended(StoryState, story, progress=progress_of(found), **_failure(why))


def _failure(why: str | None) -> dict[str, str]:
    return {} if why is None else {"code": "failed", "message": why}


def _extended(kind: Callable[..., _Answer], answer: Struct, **more: object) -> _Answer:
    """An answer of another kind, which has more fields."""
    return kind(**structs.asdict(answer), **more)


def _bulk_entry(given_id: str, found: BulkResult, links: Links) -> Struct:
    if isinstance(found, RejectedError):
        status_code, problem = problem_of(found)
        return _extended(ProblemEntry, problem, id=given_id, status_code=status_code)
    status_code, answer = _answer_about(found, links)
    return _extended(_ENTRIES[type(answer)], answer, status_code=status_code)


def _described(story: Story, links: Links) -> StoryAnswer:
    return StoryAnswer(
        id=story.id,
        status=story.status,
        name=story.name,
        timestamp=timestamp(story.created_at),
        content_id=story.content_id,
        content_type=story.content_type,
        language=story.language,
        language_detected=story.language_detected,
        voice=story.voice,
        text=story.text,
        complete=story.complete,
        skipped=story.skipped,
        revision=revision_of(story),
        spoken_revision=_spoken_revision(story),
        read_along=bool(story.read_along),
        image_url=links.to(story.page),
        image=_image(story, links),
        audio_url=links.to(story.audio),
        duration_ms=story.spoken.duration_ms if story.spoken else None,
        story_url=links.to(keys.beside_audio(story, STORY)),
        read_along_url=links.to(keys.beside_audio(story, READ_ALONG)),
        captions_url=links.to(keys.beside_audio(story, CAPTIONS)),
        renditions={
            name: RenditionAnswer(links.to(each.key), each.width, each.height, each.bytes)
            for name, each in story.renditions.items()
        },
    )


def _spoken_revision(story: Story) -> int | None:
    if story.spoken is not None:
        return story.spoken.revision
    return 1 if story.audio else None  # spoken before there were revisions


def _image(story: Story, links: Links) -> ImageAnswer | None:
    if story.page is None:
        return None
    size = story.image
    return ImageAnswer(
        links.to(story.page), size.width if size else None, size.height if size else None
    )


def _upload(request: UploadRequest) -> UploadAnswer:
    return UploadAnswer(id=request.id, status=request.status)


def _tombstone(story: Story) -> Tombstone:
    """A deleted story, with the time of its deletion, and the time when all files were gone."""
    return Tombstone(
        id=story.id,
        deleted_at=timestamp(story.deleted_at) if story.deleted_at else None,
        erased_at=timestamp(story.erased_at) if story.erased_at else None,
    )


def timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _headers(found: Story | UploadRequest) -> dict[str, str]:
    return {"ETag": f'"{found.id}"', "Timestamp": timestamp(found.created_at)}
