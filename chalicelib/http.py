"""HTTP in and out: what a request says in the pipeline's words, and its answers as JSON."""

import email.message
import email.utils
import logging
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, ParamSpec

from chalice.app import Request, Response

from chalicelib import errors, voices
from chalicelib.intake import Receipt, Upload
from chalicelib.links import Links
from chalicelib.story import RESUME_AFTER, Status, Story, why_it_failed

_Parameters = ParamSpec("_Parameters")

_STATUS_OF: Final[Mapping[type[errors.StorytimeError], int]] = {
    errors.InvalidRequest: 400,
    errors.UnknownStory: 404,
    errors.TooLarge: 413,
    errors.UnsupportedType: 415,
}

_RETRY_SOON_SECONDS: Final = 5
_MAX_NAME: Final = 1000
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

log = logging.getLogger(__name__)


def upload_of(request: Request) -> Upload:
    """Read an upload from its request.

    Raises:
        InvalidRequest: A header does not say what it must.
    """
    headers, body = request.headers, request.raw_body
    language, voice = voices.chosen(headers.get("x-language"), headers.get("x-voice"))
    return Upload(
        photo=body if isinstance(body, bytes) else body.encode(),
        content_type=headers.get("content-type", ""),
        name=file_name(headers.get("content-disposition", "")),
        language=language,
        voice=voice,
        notify=_flag(headers, "X-Notification-Required"),
        deduplicate=_flag(headers, "X-Duplication-Check-Required"),
    )


def entity_tag_of(request: Request) -> str | None:
    return request.headers.get("etag")


def file_name(content_disposition: str) -> str:
    """What the sender calls the file (RFC 6266, RFC 5987), without path and line breaks.

    Emoji and length are kept; this name is for people and never part of a key.
    """
    message = email.message.Message()
    message["Content-Disposition"] = _CONTROL.sub(" ", _as_utf8(content_disposition))
    parameters = message.get_params(header="content-disposition", failobj=[])
    # An encoded name (filename*) comes as a tuple, and counts more than a plain one.
    names = sorted(
        (value for key, value in parameters if key == "filename"),
        key=lambda value: isinstance(value, str),
    )
    name = email.utils.collapse_rfc2231_value(names[0]) if names else ""
    name = re.split(r"[/\\]", _CONTROL.sub(" ", name).strip())[-1]
    printable = name.encode("utf-8", "replace").decode()
    return printable.strip()[:_MAX_NAME] or "page"


def _as_utf8(header: str) -> str:
    """Undo the Latin-1 in which HTTP servers hand on a header that was sent as UTF-8."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _flag(headers: Mapping[str, str], name: str) -> bool:
    value = headers.get(name.lower(), "true").strip().lower()
    if value not in {"true", "false"}:
        raise errors.InvalidRequest(
            f"{name} is {value[:40]!r}; it must be true or false.", code="invalid_header"
        )
    return value == "true"


def receipt_response(receipt: Receipt, links: Links) -> Response:
    """200: the photo is in good hands."""
    story = receipt.story
    body = {"duplicate": receipt.duplicate, **_described(story, links)}
    return _story_response(200, story, body)


def story_response(story: Story, links: Links) -> Response:
    """200 with the story when it is ready; else why not, and when to ask again."""
    described = _described(story, links)
    if story.status is Status.READY:
        return _story_response(200, story, described)
    if story.status is Status.FAILED:
        problem = {"code": "failed", "message": why_it_failed(story)}
        return _story_response(422, story, {**described, **problem})
    seconds = int(RESUME_AFTER.total_seconds())
    problem = {
        "code": "not_ready",
        "message": f"The story is being made; ask again in {seconds} seconds, or sooner.",
    }
    return _story_response(503, story, {**described, **problem}, {"Retry-After": str(seconds)})


def _described(story: Story, links: Links) -> dict[str, Any]:
    return {
        "id": story.id,
        "status": story.status.value,
        "name": story.name,
        "timestamp": _timestamp(story),
        "content_id": story.content_id,
        "content_type": story.content_type,
        "language": story.language,
        "voice": story.voice,
        "text": story.text,
        "truncated": story.truncated,
        "image_url": links.to(story.page),
        "audio_url": links.to(story.audio),
    }


def _timestamp(story: Story) -> str:
    return story.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _story_response(
    status: int, story: Story, body: dict[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        body=body,
        status_code=status,
        headers={"ETag": f'"{story.id}"', "Timestamp": _timestamp(story), **(headers or {})},
    )


def answering_errors(
    view: Callable[_Parameters, Response],
) -> Callable[_Parameters, Response]:
    """Answer the pipeline's errors with their status, code and sentence; never more."""

    @wraps(view)
    def answer(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except errors.Rejected as error:
            log.info("request rejected", extra={"code": error.code, "reason": error.message})
            return _problem(_STATUS_OF[type(error)], error.code, error.message)
        except (errors.Transient, errors.StoryChanged) as error:
            log.warning("request failed", extra={"reason": error.message}, exc_info=True)
            return _problem(
                503,
                "unavailable",
                "Storytime cannot reach its storage right now; try again in a few seconds. "
                "Sending the same photo again is safe.",
                {"Retry-After": str(_RETRY_SOON_SECONDS)},
            )

    return answer


def in_our_shape(response: Response) -> Response:
    """Chalice's own errors (`Code`, `Message`) in the shape of all others."""
    body = response.body
    if isinstance(body, dict) and body.keys() == {"Code", "Message"}:
        code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", body["Code"].removesuffix("Error")).lower()
        response.body = {"code": code, "message": body["Message"]}
    return response


def _problem(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        body={"code": code, "message": message}, status_code=status, headers=dict(headers or {})
    )
