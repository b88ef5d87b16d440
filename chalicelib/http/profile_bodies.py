"""What the bodies of requests and answers about profiles say; see `bodies`."""

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.http.bodies import Problem, Timestamp, Url
from chalicelib.http.parameters import MAX_EMAIL_LENGTH
from chalicelib.profiles.faces import Face
from chalicelib.profiles.profile import USER_ID, ProfileStatus

_Email = Annotated[str, Meta(extra_json_schema={"format": "email", "maxLength": MAX_EMAIL_LENGTH})]
UserId = Annotated[str, Meta(pattern=f"^{USER_ID}$", examples=["anna"])]


class WantedProfileForm(Struct, frozen=True):
    """A profile photo that is going to be posted straight to S3."""

    content_type: Annotated[
        str, Meta(description="The photo's type; empty: any photo.", examples=["image/jpeg"])
    ]
    email: Annotated[_Email | None, Meta(description="As the header X-Email.")] = None


class ProfilePhoto(Struct, frozen=True):
    """The photo that counts."""

    thumbnail_url: Annotated[Url | None, Meta(description="The face, square, as JPEG.")]
    face_id: Annotated[str, Meta(description="Of the face in the collection.")]
    face: Face
    registered_at: Timestamp


class ProfileAnswer(Struct, frozen=True, kw_only=True):
    """A profile, and what became of the last photo that was sent."""

    user_id: UserId
    status: ProfileStatus
    execution_id: Annotated[str | None, Meta(description="Of the last photo's workflow.")]
    reason: Annotated[Problem | None, Meta(description="Why the last photo is not taken.")]
    photo: Annotated[ProfilePhoto | None, Meta(description="The photo that counts.")]


class SentProfilePhoto(ProfileAnswer, frozen=True, kw_only=True):
    """The profile of a photo that was sent."""

    duplicate: Annotated[bool, Meta(description="The photo was sent before.")]


class ProfileForm(Struct, frozen=True, kw_only=True):
    """A form that posts one profile photo straight to S3."""

    user_id: UserId
    url: Annotated[Url, Meta(description="Where to post the form.")]
    fields: Annotated[
        dict[str, str], Meta(description="Post them, and after them the photo as `file`.")
    ]
    expires_at: Annotated[Timestamp, Meta(description="When the form stops working.")]


class DeletedProfile(Struct, frozen=True, kw_only=True):
    """A deleted profile. Its files and faces are being removed."""

    user_id: UserId
    status: ProfileStatus
