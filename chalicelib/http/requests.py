"""Translates HTTP requests about stories."""

import email.header
import email.message
import email.utils
import logging
import re
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec
from chalice.app import Request

from chalicelib import errors
from chalicelib.http import forms, parameters
from chalicelib.http.bulk_bodies import WantedStory
from chalicelib.http.request_bodies import WantedCorrection, WantedForm
from chalicelib.speech import voices
from chalicelib.steps import listing
from chalicelib.steps.correction import Correction
from chalicelib.steps.direct_upload import WantedUpload
from chalicelib.steps.intake import Upload
from chalicelib.stories import keys, upload_request

log = logging.getLogger(__name__)

_Body = TypeVar("_Body")
_NOT_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters but tab and line feed, halves of characters, and what is no character."""


def upload_of(request: Request) -> Upload:
    """Read an upload from its request.

    Raises:
        InvalidRequestError: A header or the form is invalid.
    """
    headers = request.headers
    language, voice = voices.chosen(
        headers.get(parameters.LANGUAGE.name), headers.get(parameters.VOICE.name)
    )
    content, content_type = bytes_of(request), headers.get("content-type", "")
    name = file_name(headers.get(parameters.FILE_NAME.name, ""))
    if content_type.strip().lower().startswith(forms.FORM):
        file = forms.file_of(content, content_type)
        content, content_type, name = file.content, upload_request.ANY_PHOTO, file.name or name
    return Upload(
        photo=content,
        content_type=content_type,
        name=name,
        language=language,
        voice=voice,
        notify=_flag(headers, parameters.NOTIFY.name),
        read_along=_flag_or_none(headers, parameters.READ_ALONG.name),
        deduplicate=_flag(headers, parameters.DEDUPLICATE.name),
    )


def wanted_upload_of(request: Request) -> WantedUpload:
    """Read a request for a form that posts a photo straight to S3.

    Raises:
        InvalidRequestError: The body is invalid.
        UnsupportedTypeError: The type is not a photo's.
    """
    body = json_of(request, WantedForm, '{"name": "page.jpg", "content_type": "image/jpeg"}')
    content_type = photos_type(body.content_type)
    language, voice = voices.chosen(body.language, body.voice)
    return WantedUpload(
        name=keys.legible(body.name),
        content_type=content_type,
        language=language,
        voice=voice,
        notify=body.notify,
        read_along=body.read_along,
    )


def correction_of(request: Request) -> Correction:
    """Read what is to change of a story.

    Raises:
        EditConditionError: It does not say which revision it changes.
        InvalidRequestError: The header or the body is invalid.
    """
    revision = _revision_of(request)
    body = json_of(request, WantedCorrection, '{"text": "Once upon a time"}')
    return Correction(
        revision=revision,
        text=None if body.text is None else _text_of(body.text),
        name=None if body.name is None else keys.legible(body.name),
        language=body.language,
        voice=body.voice,
    )


def _revision_of(request: Request) -> int | None:
    """The revision that a client changes; None: whatever it is."""
    name = parameters.IF_MATCH.name
    given = request.headers.get(name.lower(), "").strip()
    if not given:
        raise errors.EditConditionError(
            f'Send {name} with the story\'s "revision", or with * to overwrite whatever it is.'
        )
    if given == "*":
        return None
    match = re.fullmatch(r'(?:W/)?"?([0-9]{1,9})"?', given)
    if match is None:
        raise errors.InvalidRequestError(
            f"{name} is {given[:40]!r}; it must be the story's revision, such as 1, or *.",
            code="invalid_header",
        )
    return int(match[1])


def _text_of(text: str) -> str:
    """A text with the line ends of the app.

    Raises:
        InvalidRequestError: It has characters that are no text.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _NOT_TEXT.search(text):
        raise errors.InvalidRequestError(
            f"text has the character U+{ord(found[0]):04X} at {found.start()}, which is no text.",
            code="invalid_text",
        )
    return text


def bulk_of(request: Request) -> tuple[list[str], bool]:
    """Read the ids to look up, and whether to send a notice about the ready ones.

    Raises:
        InvalidRequestError: The body or the header is invalid.
    """
    wanted = json_of(request, list[WantedStory], '[{"id": "..."}, ...]')
    return [each.id for each in wanted], _flag(request.headers, parameters.NOTIFY.name)


def place_in_list_of(request: Request) -> tuple[int, str | None]:
    """Read the limit and the cursor of a list.

    Raises:
        InvalidRequestError: The limit is no number.
    """
    given = query_of(request)
    limit = given.get(parameters.LIMIT.name, str(listing.DEFAULT_LIMIT))
    if not re.fullmatch(r"-?[0-9]{1,9}", limit):
        raise errors.InvalidRequestError(
            f"limit is {limit[:40]!r}; it must be a number from 1 to {listing.MAX_LIMIT}.",
            code="invalid_limit",
        )
    return int(limit), given.get(parameters.CURSOR.name)


def json_of(request: Request, kind: type[_Body], example: str) -> _Body:
    try:
        return msgspec.json.decode(request.raw_body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise errors.InvalidRequestError(
            f"The body must be JSON like {example} ({error}).", code="invalid_body"
        ) from error


def photos_type(content_type: str) -> str:
    """The type of an announced photo; without one, any: its bytes decide."""
    known = upload_request.photo_type_of(content_type or upload_request.ANY_PHOTO)
    if known is None:
        raise errors.UnsupportedTypeError(
            f"content_type {content_type[:80]!r} is not a photo's; "
            f"send one of: {', '.join(upload_request.EXTENSIONS)}."
        )
    return known


def bytes_of(request: Request) -> bytes:
    body = request.raw_body
    return body if isinstance(body, bytes) else body.encode()


def entity_tag_of(request: Request) -> str | None:
    return request.headers.get(parameters.ENTITY_TAG.name)


def query_of(request: Request) -> Mapping[str, str]:
    return request.query_params or {}


def base_path_of(request: Request, path: str) -> str:
    """What the request has before a route's path: empty, or API Gateway's stage."""
    asked: str = request.context["path"]
    return asked.rstrip("/").removesuffix(path)


def file_name(content_disposition: str) -> str:
    """The file's name in a header (RFC 6266, 5987, 2047), as `keys.legible` returns it.

    A name that cannot be decoded is no name.
    """
    message = email.message.Message()
    message["Content-Disposition"] = keys.CONTROL_CHARACTERS.sub(" ", _as_utf8(content_disposition))
    try:
        parameters = message.get_params(header="content-disposition", failobj=[])
        # An encoded name (filename*) is a tuple here, and has priority over a plain one.
        candidates = sorted(
            (value for key, value in parameters if key == "filename"),
            key=lambda value: isinstance(value, str),
        )
        name = email.utils.collapse_rfc2231_value(candidates[0]) if candidates else ""
        name = str(email.header.make_header(email.header.decode_header(name)))
    except Exception:  # the parser and each charset raise other errors
        return keys.legible("")
    return keys.legible(name)


def _as_utf8(header: str) -> str:
    """Decode a header that was sent as UTF-8; HTTP servers decode headers as Latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _flag_or_none(headers: Mapping[str, str], name: str) -> bool | None:
    return _flag(headers, name) if name.lower() in headers else None


def _flag(headers: Mapping[str, str], name: str) -> bool:
    value = headers.get(name.lower(), "true").strip().lower()
    if value not in {"true", "false"}:
        raise errors.InvalidRequestError(
            f"{name} is {value[:40]!r}; it must be true or false.", code="invalid_header"
        )
    return value == "true"
