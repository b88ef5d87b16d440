"""What can go wrong, and whether trying again helps.

StorytimeError
├── RejectedError                 the input will never work: say so, do not retry
│   ├── InvalidRequestError       a header, an id or the body is not what it must be
│   ├── TooLargeError             more bytes or pixels than can be taken in
│   ├── UnsupportedTypeError      not a photo, or not a format that is read here
│   ├── UnknownStoryError         no story has this id
│   ├── UnknownProfileError       no user with this id has a profile
│   ├── ExpiredError              it can no longer be used
│   ├── PhotoDoesNotMeetRequirementError    not a photo of one clear face
│   └── FaceAlreadyExistsError              the face belongs to another profile
├── TransientError                something outside failed: trying again may help
│   └── ProfileChangedError       another writer was first: look again
├── StoryChangedError             another delivery or generation was first: nothing to do
│   ├── StoryDeletedError         it was deleted: what came before must not bring it back
│   └── LeaseHeldError            somebody works on this very step of the story right now
└── SupersededError          another photo of the profile, or its deletion, came after this one

The names that end in Error are those that the profile workflow's state machine catches by.

Every error carries one sentence that a person can act on, and a ``code`` for programs.
An exception that is none of these is a bug; steps retry it like a ``TransientError``.
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


class RejectedError(StorytimeError):  # the word that the pipeline speaks
    code = "rejected"


class InvalidRequestError(RejectedError):
    code = "invalid_request"


class TooLargeError(RejectedError):
    code = "too_large"


class UnsupportedTypeError(RejectedError):
    code = "unsupported_media_type"


class UnknownStoryError(RejectedError):
    code = "not_found"


class UnknownProfileError(RejectedError):
    code = "not_found"


class ExpiredError(RejectedError):
    code = "expired"


class PhotoDoesNotMeetRequirementError(RejectedError):
    code = "photo_does_not_meet_requirement"


class FaceAlreadyExistsError(RejectedError):
    code = "face_already_exists"


class TransientError(StorytimeError):
    code = "unavailable"


class ProfileChangedError(TransientError):
    code = "profile_changed"


class StoryChangedError(StorytimeError):
    """A conditional write found the story in another state than the writer believed."""

    code = "story_changed"


class StoryDeletedError(StoryChangedError):
    """The story of a photo was deleted after the photo came: it must not live again."""

    code = "deleted"


class LeaseHeldError(StoryChangedError):
    """A delivery's lease on this step of the story is still live.

    Args:
        message_id: The queue message whose delivery holds the lease.
        until: When the lease ends if its holder died.
        gives_up: The holder is failing the story, not bringing it on.
    """

    code = "lease_held"

    def __init__(self, message_id: str, until: datetime, *, gives_up: bool = False) -> None:
        super().__init__(f"message {message_id} works on this step until {until:%H:%M:%S}Z")
        self.message_id = message_id
        self.until = until
        self.gives_up = gives_up


class SupersededError(StorytimeError):
    code = "superseded"
