"""What the bodies of answers about stories say.

`openapi` shows these classes to clients: the first sentences of a class, and what `msgspec.Meta`
says of its fields.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from chalicelib.pages.reading_order import SkippedText
from chalicelib.stories.story import Status, StoryProgress
from chalicelib.stories.upload_request import UploadStatus

Id = Annotated[
    str,
    Meta(
        description="A story's id, or that of an upload.",
        examples=["5a1f9f52-6b1c-5f0e-9d3c-0123456789ab"],
        extra_json_schema={"format": "uuid"},
    ),
]
Timestamp = Annotated[
    str,
    Meta(examples=["2026-03-01T12:00:00.000Z"], extra_json_schema={"format": "date-time"}),
]
Url = Annotated[str, Meta(extra_json_schema={"format": "uri"})]

Code = Annotated[str, Meta(description="For programs.", examples=["not_found"])]
Message = Annotated[str, Meta(description="One sentence that says what to do.")]
Name = Annotated[str, Meta(description="The file name that the sender gave.")]


class Problem(Struct, frozen=True, kw_only=True):
    """Why a request has no success."""

    code: Code
    message: Message


class Health(Struct, frozen=True):
    """The API answers."""

    status: Literal["ok"] = "ok"


# Answers about a story. What is `Found` comes with the headers ETag and Timestamp.


class Found(Struct, frozen=True, kw_only=True):
    """A story or an upload."""

    id: Id


class RenditionAnswer(Struct, frozen=True):
    """The page image in another size."""

    url: Url | None
    width: Annotated[int, Meta(description="In pixels.")]
    height: Annotated[int, Meta(description="In pixels.")]
    bytes: Annotated[int, Meta(description="The size of the file.")]


class ImageAnswer(Struct, frozen=True):
    """The upright page. Its size is not known of pages that were read before it was kept."""

    url: Url | None
    width: Annotated[int | None, Meta(description="In pixels.")]
    height: Annotated[int | None, Meta(description="In pixels.")]


class StoryAnswer(Found, frozen=True, kw_only=True):
    """A story. A field has no value until its step is done."""

    status: Status
    name: Name
    timestamp: Annotated[Timestamp, Meta(description="When it was created.")]
    content_id: Annotated[str, Meta(description="SHA-256 of the photo as it was sent, in hex.")]
    content_type: Annotated[str, Meta(description="The type of the photo's bytes.")]
    language: Annotated[str, Meta(description="That of the speech; `auto` until the page is read.")]
    language_detected: Annotated[
        str | None, Meta(description="The language of most words of the page.")
    ]
    voice: Annotated[str, Meta(description="The voice that reads.", examples=["Joanna"])]
    text: Annotated[str | None, Meta(description="A paragraph or a verse a line.")]
    revision: Annotated[
        int,
        Meta(description="Counts changes of what is to be spoken; for If-Match."),
    ]
    spoken_revision: Annotated[
        int | None, Meta(description="The revision that is heard; after a correction an older one.")
    ]
    read_along: Annotated[bool, Meta(description="Whether the narration gets times.")]
    complete: Annotated[
        bool | None, Meta(description="False: the page may have words that were not read.")
    ]
    skipped: Annotated[
        list[SkippedText], Meta(description="What is on the page and not in the text.")
    ]
    image_url: Annotated[Url | None, Meta(description="The upright page, as JPEG.")]
    image: Annotated[ImageAnswer | None, Meta(description="The same, with its size.")]
    audio_url: Annotated[Url | None, Meta(description="The narration, as MP3.")]
    duration_ms: Annotated[int | None, Meta(description="How long the MP3 plays.")]
    story_url: Annotated[
        Url | None,
        Meta(description="JSON: the text that is heard, and where each word is on the page."),
    ]
    read_along_url: Annotated[
        Url | None, Meta(description="JSON: when each word is heard, and where it is on the page.")
    ]
    captions_url: Annotated[Url | None, Meta(description="Captions by sentence, as WebVTT.")]
    renditions: Annotated[
        dict[str, RenditionAnswer],
        Meta(description="The page as `thumbnail`, `small`, `medium` and `large`."),
    ]


class StoryReceipt(StoryAnswer, frozen=True, kw_only=True):
    """The story of a photo that was sent."""

    duplicate: Annotated[bool, Meta(description="The photo was sent before.")]


class UnreadyStory(StoryAnswer, frozen=True, kw_only=True):
    """A story that is not ready, and why."""

    code: Code
    message: Message


class StoryState(StoryAnswer, frozen=True, kw_only=True):
    """A story in any state."""

    progress: StoryProgress
    code: Code | UnsetType = UNSET
    message: Annotated[Message | UnsetType, Meta(description="Why it failed.")] = UNSET


class Tombstone(Found, frozen=True, kw_only=True):
    """What is left of a deleted story."""

    status: Literal["deleted"] = "deleted"
    deleted_at: Annotated[Timestamp | None, Meta(description="Since then no client gets it.")]
    erased_at: Annotated[Timestamp | None, Meta(description="Since then its files are gone.")]


class DeletedStory(Tombstone, frozen=True, kw_only=True):
    """A deleted story."""

    code: Code
    message: Message


class DeletedState(Tombstone, frozen=True, kw_only=True):
    """A deleted story, which has no data."""

    progress: None = None


class UploadAnswer(Found, frozen=True, kw_only=True):
    """An upload that has no story."""

    status: UploadStatus


class UnreadyUpload(UploadAnswer, frozen=True, kw_only=True):
    """An upload that has no story yet, and why."""

    name: Name
    code: Code
    message: Message


class UploadState(UploadAnswer, frozen=True, kw_only=True):
    """An upload that has no story yet."""

    name: Name
    progress: None = None
    code: Code | UnsetType = UNSET
    message: Annotated[Message | UnsetType, Meta(description="Why it failed.")] = UNSET


class StoryList(Struct, frozen=True):
    """Some stories, the newest first."""

    stories: list[StoryAnswer]
    next_cursor: Annotated[str | None, Meta(description="For `cursor`; null: the last page.")]


class UploadForm(Struct, frozen=True, kw_only=True):
    """A form that posts one photo straight to S3."""

    id: Id
    url: Annotated[Url, Meta(description="Where to post the form.")]
    fields: Annotated[
        dict[str, str], Meta(description="Post them, and after them the photo as `file`.")
    ]
    expires_at: Annotated[Timestamp, Meta(description="When the form stops working.")]
