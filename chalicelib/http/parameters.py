"""The parameters of requests: what each means, and its limits."""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from chalicelib.http import request_bodies
from chalicelib.profiles.profile import USER_ID
from chalicelib.speech.voices import AUTO
from chalicelib.steps import listing

MAX_EMAIL_LENGTH: Final = 254


class Parameter(Struct, frozen=True):
    """A parameter of a request.

    Attributes:
        name: As it stands in the path, the query or the headers.
        place: Where it stands.
        kind: The type of its value, with its description and limits.
        default: What it is when it is left out; for people.
        required: The request is refused without it.
    """

    name: str
    place: Literal["path", "query", "header"]
    kind: Any
    default: str | int | None = None
    required: bool = False


_EXAMPLE_ID: Final = "5a1f9f52-6b1c-5f0e-9d3c-0123456789ab"
_Flag = Literal["true", "false"]

STORY_ID: Final = Parameter(
    "story_id",
    "path",
    Annotated[
        str,
        Meta(
            description="The id of a story or of an upload.",
            examples=[_EXAMPLE_ID],
            extra_json_schema={"format": "uuid"},
        ),
    ],
    required=True,
)
ENTITY_TAG: Final = Parameter(
    "ETag",
    "header",
    Annotated[
        str,
        Meta(
            description='The id of a story or of an upload: bare, quoted or `W/"…"`.',
            examples=[_EXAMPLE_ID],
        ),
    ],
    required=True,
)
USER: Final = Parameter(
    "user_id",
    "path",
    Annotated[
        str,
        Meta(
            description="The user's id. Choose one that says nothing about a person.",
            examples=["anna"],
            pattern=f"^{USER_ID}$",
        ),
    ],
    required=True,
)
EXECUTION: Final = Parameter(
    "execution_id",
    "query",
    Annotated[str, Meta(description="Ask about the photo of this execution only.")],
)
LIMIT: Final = Parameter(
    "limit",
    "query",
    Annotated[int, Meta(ge=1, le=listing.MAX_LIMIT, description="How many stories at most.")],
    listing.DEFAULT_LIMIT,
)
CURSOR: Final = Parameter(
    "cursor",
    "query",
    Annotated[str, Meta(description="The `next_cursor` of the page before.")],
)
FILE_NAME: Final = Parameter(
    "Content-Disposition",
    "header",
    Annotated[
        str,
        Meta(
            description="Has the file's name, shown to people.",
            examples=['attachment; filename="page.jpg"'],
        ),
    ],
)
LANGUAGE: Final = Parameter(
    "X-Language",
    "header",
    Annotated[
        str,
        Meta(
            description="The language of the page; `auto` is that of its words. `de`, `de_DE` and "
            "`de-LU` mean the nearest one of GET /voices.",
            examples=["en-GB"],
        ),
    ],
    AUTO,
)
VOICE: Final = Parameter(
    "X-Voice",
    "header",
    Annotated[
        str,
        Meta(
            description="The voice that reads, of GET /voices. Without X-Language it also fixes "
            "the language. Left out: the language's default voice.",
            examples=["Amy"],
        ),
    ],
)
NOTIFY: Final = Parameter(
    "X-Notification-Required",
    "header",
    Annotated[_Flag, Meta(description="Send an e-mail about the story, or about those ready.")],
    "true",
)
DEDUPLICATE: Final = Parameter(
    "X-Duplication-Check-Required",
    "header",
    Annotated[_Flag, Meta(description="Answer a photo seen before with its story.")],
    "true",
)
READ_ALONG: Final = Parameter(
    "X-Read-Along", "header", Annotated[_Flag, Meta(description=request_bodies.READ_ALONG)]
)
IF_MATCH: Final = Parameter(
    "If-Match",
    "header",
    Annotated[
        str,
        Meta(
            description="The `revision` of the story that is changed; `*`: whatever it is.",
            examples=["1"],
        ),
    ],
    required=True,
)
EMAIL: Final = Parameter(
    "X-Email",
    "header",
    Annotated[
        str,
        Meta(
            max_length=MAX_EMAIL_LENGTH,
            description="Gets an e-mail if the photo is unsuitable.",
            examples=["anna@example.com"],
            extra_json_schema={"format": "email"},
        ),
    ],
)
HEADERS: Final = (
    FILE_NAME,
    LANGUAGE,
    VOICE,
    NOTIFY,
    DEDUPLICATE,
    READ_ALONG,
    IF_MATCH,
    EMAIL,
    ENTITY_TAG,
)
"""All that web pages may send."""
