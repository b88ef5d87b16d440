"""What can go wrong, and whether trying again helps.

StorytimeError
├── Rejected                 the input will never work: say so, do not retry
│   ├── InvalidRequest       a header, an id or the body is not what it must be
│   ├── TooLarge             more bytes or pixels than can be taken in
│   ├── UnsupportedType      not a photo, or not a format that is read here
│   ├── UnknownStory         no story has this id
│   ├── UnknownProfile       no user with this id has a profile
│   ├── Expired              it can no longer be used
│   ├── PhotoDoesNotMeetRequirementError    not a photo of one clear face
│   └── FaceAlreadyExistsError              the face belongs to another profile
├── Transient                something outside failed: trying again may help
│   └── ProfileChanged       another writer was first: look again
├── StoryChanged             another delivery or generation was first: nothing to do
│   ├── StoryDeleted         it was deleted: what came before must not bring it back
│   └── LeaseHeld            somebody works on this very stage of the story right now
└── SupersededError          another photo of the profile, or its deletion, came after this one

The names that end in Error are those that the profile workflow's state machine catches by.

Every error carries one sentence that a person can act on, and a ``code`` for programs.
An exception that is none of these is a bug; stages retry it like a ``Transient``.
"""

from datetime import datetime


class StorytimeError(Exception):
    """Base of all errors that the pipeline raises on purpose."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


def message_of(error: Exception) -> str:
    """What a record may say of an error: sentences written for people, never a library's."""
    return (
        error.message if isinstance(error, StorytimeError) else f"unexpected {type(error).__name__}"
    )


class Rejected(StorytimeError):  # noqa: N818  # the word that the pipeline speaks
    code = "rejected"


class InvalidRequest(Rejected):
    code = "invalid_request"


class TooLarge(Rejected):
    code = "too_large"


class UnsupportedType(Rejected):
    code = "unsupported_media_type"


class UnknownStory(Rejected):
    code = "not_found"


class UnknownProfile(Rejected):
    code = "not_found"


class Expired(Rejected):
    code = "expired"


class PhotoDoesNotMeetRequirementError(Rejected):
    code = "photo_does_not_meet_requirement"


class FaceAlreadyExistsError(Rejected):
    code = "face_already_exists"


class Transient(StorytimeError):  # noqa: N818
    code = "unavailable"


class ProfileChanged(Transient):
    code = "profile_changed"


class StoryChanged(StorytimeError):  # noqa: N818
    """A conditional write found the story in another state than the writer believed."""

    code = "story_changed"


class StoryDeleted(StoryChanged):
    """The story of a photo was deleted after the photo came: it must not live again."""

    code = "deleted"


class LeaseHeld(StoryChanged):
    """A delivery's lease on this stage of the story is still live.

    Args:
        message_id: The queue message whose delivery holds the lease.
        until: When the lease ends if its holder died.
        gives_up: The holder is failing the story, not bringing it on.
    """

    code = "lease_held"

    def __init__(self, message_id: str, until: datetime, *, gives_up: bool = False) -> None:
        super().__init__(f"message {message_id} works on this stage until {until:%H:%M:%S}Z")
        self.message_id = message_id
        self.until = until
        self.gives_up = gives_up


class SupersededError(StorytimeError):
    code = "superseded"
