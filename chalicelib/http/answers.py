"""HTTP answers in JSON: stories, receipts and errors."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

from chalice.app import AuthResponse, Response

from chalicelib import errors
from chalicelib.delivery.timeouts import RESUME_AFTER
from chalicelib.errors import RejectedError
from chalicelib.steps.bulk import BulkResult
from chalicelib.steps.direct_upload import UploadPermit
from chalicelib.steps.intake import Receipt
from chalicelib.steps.listing import ListPage
from chalicelib.stories.keys import Links
from chalicelib.stories.story import Status, Story, why_it_failed
from chalicelib.stories.upload_request import UploadRequest, UploadStatus
from chalicelib.stories.upload_request import why_it_failed as why_upload_failed

log = logging.getLogger(__name__)

_STATUS_OF: Final[Mapping[type[errors.StorytimeError], int]] = {
    errors.InvalidRequestError: 400,
    errors.UnknownStoryError: 404,
    errors.UnknownProfileError: 404,
    errors.ExpiredError: 410,
    errors.TooLargeError: 413,
    errors.UnsupportedTypeError: 415,
}

_RETRY_SOON_SECONDS: Final = 5
_SECONDS_TO_WAIT: Final = str(int(RESUME_AFTER.total_seconds()))


def receipt_response(receipt: Receipt, links: Links) -> Response:
    """200: the photo is stored, and its story is being made or exists."""
    story = receipt.story
    body = {"duplicate": receipt.duplicate, **_described(story, links)}
    return Response(body=body, status_code=200, headers={**_headers(story)})


def permit_response(permit: UploadPermit) -> Response:
    """201 with the form that posts the photo."""
    body = {
        "id": permit.request.id,
        "url": permit.form.url,
        "fields": dict(permit.form.fields),
        "expires_at": timestamp(permit.request.usable_until),
    }
    return Response(body=body, status_code=201)


def found_response(found: Story | UploadRequest, links: Links) -> Response:
    """200 with a ready story; else 503, 422 or 410 with the reason."""
    status_code, body = _answer_about(found, links)
    wait = (
        {"Retry-After": _SECONDS_TO_WAIT} if status_code == HTTPStatus.SERVICE_UNAVAILABLE else {}
    )
    return Response(body=body, status_code=status_code, headers={**_headers(found), **wait})


def bulk_response(given_ids: Sequence[str], found: Sequence[BulkResult], links: Links) -> Response:
    """200 with, for each id, the body and status code of a single retrieval."""
    entries = []
    for given_id, each in zip(given_ids, found, strict=True):
        if isinstance(each, RejectedError):
            status_code, problem = problem_of(each)
            body = {"id": given_id, **problem}
        else:
            status_code, body = _answer_about(each, links)
        entries.append({"status_code": status_code, **body})
    return Response(body=entries, status_code=200)


def list_response(page: ListPage, links: Links) -> Response:
    """200 with some stories, and the cursor of the next page."""
    stories = [_described(story, links) for story in page.stories]
    return Response(body={"stories": stories, "next_cursor": page.next_cursor}, status_code=200)


def deletion_response(deleted: Story | UploadRequest) -> Response:
    """202: no client gets the story from now on, and its files are being removed.

    Of an upload that has no story yet, none will be made.
    """
    body = _tombstone(deleted) if isinstance(deleted, Story) else _summary(deleted)
    return Response(body=body, status_code=202, headers={**_headers(deleted)})


def _answer_about(found: Story | UploadRequest, links: Links) -> tuple[int, dict[str, Any]]:
    """The status and body for a story, or for an upload request without a story."""
    if isinstance(found, UploadRequest):
        described = _summary(found) | {"name": found.name}
        if found.status is UploadStatus.FAILED:
            return 422, described | _problem("failed", why_upload_failed(found))
        message = "No photo was taken in yet: post the form, or ask again in a moment."
        return 503, described | _problem("not_ready", message)
    if found.status is Status.DELETED:
        return 410, _tombstone(found) | _problem("deleted", "This story was deleted.")
    described = _described(found, links)
    if found.status is Status.READY:
        return 200, described
    if found.status is Status.FAILED:
        return 422, described | _problem("failed", why_it_failed(found))
    return 503, described | _being_made()


def _being_made() -> dict[str, str]:
    message = f"The story is being made; ask again in {_SECONDS_TO_WAIT} seconds, or sooner."
    return _problem("not_ready", message)


def _problem(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message}


def _described(story: Story, links: Links) -> dict[str, Any]:
    return {
        "id": story.id,
        "status": story.status.value,
        "name": story.name,
        "timestamp": timestamp(story.created_at),
        "content_id": story.content_id,
        "content_type": story.content_type,
        "language": story.language,
        "language_detected": story.language_detected,
        "voice": story.voice,
        "text": story.text,
        "complete": story.complete,
        "skipped": [
            {"text": each.text, "reason": each.reason.value, "box": each.box}
            for each in story.skipped
        ],
        "image_url": links.to(story.page),
        "audio_url": links.to(story.audio),
        "renditions": {
            name: {
                "url": links.to(rendition.key),
                "width": rendition.width,
                "height": rendition.height,
                "bytes": rendition.bytes,
            }
            for name, rendition in story.renditions.items()
        },
    }


def _summary(request: UploadRequest) -> dict[str, Any]:
    return {"id": request.id, "status": request.status.value}


def _tombstone(story: Story) -> dict[str, Any]:
    """A deleted story, with the time of its deletion, and the time when all files were gone."""
    return {
        "id": story.id,
        "status": story.status.value,
        "deleted_at": timestamp(story.deleted_at) if story.deleted_at else None,
        "erased_at": timestamp(story.erased_at) if story.erased_at else None,
    }


def timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _headers(found: Story | UploadRequest) -> dict[str, str]:
    return {"ETag": f'"{found.id}"', "Timestamp": timestamp(found.created_at)}


def permission_of(holder: str | None) -> AuthResponse:
    """Allow every route to the holder of a token, and none to other callers.

    Every route, because API Gateway caches this answer and uses it for other routes, too.
    """
    return AuthResponse(routes=["*"] if holder else [], principal_id=holder or "nobody")


def answering_errors(view: Callable[..., Response]) -> Callable[..., Response]:
    """Answer the app's errors with their status, code and sentence, and with nothing else.

    The view gets the parameters of its path decoded: API Gateway hands them to Lambda as they
    stand in the path, and Chalice leaves them so (aws/chalice #511).
    """

    @wraps(view)
    def answer(**parameters: str) -> Response:
        try:
            return view(**{name: unquote(value) for name, value in parameters.items()})
        except errors.RejectedError as error:
            log.info("request rejected", extra={"code": error.code, "reason": error.message})
            status_code, body = problem_of(error)
            return Response(body=body, status_code=status_code)
        except (errors.TransientError, errors.StoryChangedError) as error:
            log.warning("request failed", extra={"reason": error.message}, exc_info=True)
            body = {
                "code": "unavailable",
                "message": "Storytime cannot reach its storage right now; try again in a few "
                "seconds. Sending the same again is safe.",
            }
            retry_soon = {"Retry-After": str(_RETRY_SOON_SECONDS)}
            return Response(body=body, status_code=503, headers={**retry_soon})

    return answer


def in_our_shape(response: Response) -> Response:
    """Give Chalice's own errors (`Code`, `Message`) the shape of all other errors."""
    body = response.body
    if isinstance(body, dict) and body.keys() == {"Code", "Message"}:
        code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", body["Code"].removesuffix("Error")).lower()
        response.body = {"code": code, "message": body["Message"]}
    return response


def problem_of(error: errors.RejectedError) -> tuple[int, dict[str, str]]:
    """The status and body that answer a rejection."""
    return _STATUS_OF[type(error)], {"code": error.code, "message": error.message}
