"""What the bodies of requests about stories say."""

from typing import Annotated, Final

from msgspec import Meta, Struct

from chalicelib.steps.correction import MAX_TEXT
from chalicelib.stories.keys import MAX_NAME_LENGTH

_LANGUAGE: Final = "Such as en-US; `auto` means that of the page's words. GET /voices lists all."
_VOICE: Final = "Such as Joanna. GET /voices lists all."
_Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
_Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
READ_ALONG: Final = (
    "Say when each word is spoken; speech marks cost as much as the speech. Left out: as the "
    "deployment has it. True, of a photo seen before: its story gets the times now."
)


class WantedForm(Struct, frozen=True):
    """A photo that is going to be posted straight to S3."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MAX_NAME_LENGTH,
            description="The file's name, shown to people.",
            examples=["page.jpg"],
        ),
    ]
    content_type: Annotated[
        str, Meta(description="The photo's type; empty: any photo.", examples=["image/jpeg"])
    ] = ""
    language: Annotated[str | None, Meta(description=_LANGUAGE, examples=["auto"])] = None
    voice: Annotated[str | None, Meta(description=_VOICE)] = None
    notify: Annotated[bool, Meta(description="Send an e-mail when the story has ended.")] = True
    read_along: Annotated[bool | None, Meta(description=READ_ALONG)] = None


class WantedCorrection(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change of a story; what is left out stays as it is."""

    text: Annotated[_Text | None, Meta(description="A paragraph or a verse a line.")] = None
    name: Annotated[_Name | None, Meta(description="The name shown to people.")] = None
    language: Annotated[str | None, Meta(description=_LANGUAGE, examples=["en-GB"])] = None
    voice: Annotated[str | None, Meta(description=_VOICE, examples=["Amy"])] = None
