"""Translates HTTP requests and answers about profiles."""

import re
from http import HTTPStatus
from typing import Final

from chalice.app import Request, Response
from msgspec import structs

from chalicelib import errors
from chalicelib.http import parameters
from chalicelib.http.answers import timestamp
from chalicelib.http.bodies import Problem
from chalicelib.http.profile_bodies import (
    DeletedProfile,
    ProfileAnswer,
    ProfileForm,
    ProfilePhoto,
    SentProfilePhoto,
    WantedProfileForm,
)
from chalicelib.http.requests import bytes_of, json_of, photos_type, query_of
from chalicelib.http.responses import response
from chalicelib.profiles import keys
from chalicelib.profiles.direct_upload import ProfileUploadPermit
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.intake import NewPhoto, ProfileReceipt
from chalicelib.profiles.profile import (
    Photo,
    Profile,
    ProfileStatus,
    checked_user_id,
    latest_execution,
)
from chalicelib.steps import posted_photo
from chalicelib.stories.keys import Links

_NOT_TAKEN = frozenset({ProfileStatus.REJECTED, ProfileStatus.FAILED})

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL: Final = re.compile(
    rf"(?=[^@]{{1,64}}@){_ATOM}(\.{_ATOM})*@([A-Za-z0-9-]{{1,63}}\.)+[A-Za-z0-9-]{{2,63}}"
)
"""Addresses that SES takes: ASCII only, at most 64 characters before the @ (RFC 5321, 5322)."""


def photo_of(request: Request, user_id: str) -> NewPhoto:
    """Read a profile photo from its request.

    Raises:
        InvalidRequestError: The user's id, a header or the photo is invalid.
        TooLargeError, UnsupportedTypeError: The photo is too large, or of another type.
    """
    checked_user_id(user_id)
    email, content = email_of(request), bytes_of(request)
    instead = f"POST /profiles/{user_id}/uploads"
    content_type = posted_photo.checked(content, request.headers.get("content-type", ""), instead)
    return NewPhoto(user_id, content, content_type, email)


def wanted_photo_of(request: Request, user_id: str) -> tuple[str, str, str | None]:
    """Read a request for a form: the user's id, the photo's type, and the e-mail address.

    Raises:
        InvalidRequestError: The user's id, the body or a header is invalid.
        UnsupportedTypeError: The type is not a photo's.
    """
    body = json_of(request, WantedProfileForm, '{"content_type": "image/jpeg"}')
    email = checked_email(body.email or "", "email") or email_of(request)
    return checked_user_id(user_id), photos_type(body.content_type), email


def email_of(request: Request) -> str | None:
    """The address for the notice, from a request's header.

    Raises:
        InvalidRequestError: It is no address.
    """
    return checked_email(request.headers.get(parameters.EMAIL.name, ""), parameters.EMAIL.name)


def checked_email(given: str, name: str) -> str | None:
    """Check an e-mail address; None for an empty one.

    Args:
        given: The address as it was sent.
        name: The name of its header or field, for the error.

    Raises:
        InvalidRequestError: It is no address.
    """
    address = given.strip()
    is_valid = len(address) <= parameters.MAX_EMAIL_LENGTH and _EMAIL.fullmatch(address)
    if address and not is_valid:
        raise errors.InvalidRequestError(
            f"{name} must be one e-mail address, or be left out.", code="invalid_email"
        )
    return address or None


def execution_of(request: Request) -> str | None:
    """The execution that the client asks about; None: any."""
    return query_of(request).get(parameters.EXECUTION.name)


def receipt_response(receipt: ProfileReceipt, links: Links) -> Response:
    """202: the photo is stored, and its workflow is started."""
    described = _described(receipt.profile, links)
    answer = SentProfilePhoto(**structs.asdict(described), duplicate=receipt.duplicate)
    return response(answer, HTTPStatus.ACCEPTED)


def permit_response(permit: ProfileUploadPermit) -> Response:
    """201 with the form that posts the photo."""
    form = ProfileForm(
        user_id=permit.user_id,
        url=permit.form.url,
        fields=dict(permit.form.fields),
        expires_at=timestamp(permit.usable_until),
    )
    return response(form, HTTPStatus.CREATED)


def profile_response(profile: Profile, links: Links) -> Response:
    """200 with the status of the last photo, and the photo that counts."""
    return response(_described(profile, links))


def deletion_response(profile: Profile) -> Response:
    """202: no client gets the profile from now on; its files and faces are being removed."""
    answer = DeletedProfile(user_id=profile.user_id, status=profile.status)
    return response(answer, HTTPStatus.ACCEPTED)


def _described(profile: Profile, links: Links) -> ProfileAnswer:
    attempt = profile.attempt
    refusal = attempt.refusal if attempt and profile.status in _NOT_TAKEN else None
    return ProfileAnswer(
        user_id=profile.user_id,
        status=profile.status,
        execution_id=latest_execution(profile),
        reason=Problem(code=refusal.code, message=refusal.message) if refusal else None,
        photo=_photo(profile, profile.photo, links) if profile.photo else None,
    )


def _photo(profile: Profile, photo: Photo, links: Links) -> ProfilePhoto:
    return ProfilePhoto(
        thumbnail_url=links.to(keys.thumbnail(Owner(profile.id, photo.generation))),
        face_id=photo.face_id,
        face=photo.face,
        registered_at=timestamp(photo.registered_at),
    )
