"""The app's errors, and whether a retry helps.

StorytimeError
├── RejectedError                 the input can never work: answer why, do not retry
│   ├── InvalidRequestError       a header, an id or the body is invalid
│   ├── TooLargeError             too many bytes or pixels
│   ├── UnsupportedTypeError      not a photo, or another format
│   ├── UnknownStoryError         no story has this id
│   ├── UnknownProfileError       no user with this id has a profile
│   ├── NotYetError               the story has no narration that could be changed
│   ├── EditConflictError         the story changed since its client read it
│   ├── EditConditionError        the client does not say which revision it changes
│   ├── ExpiredError              the upload request or its story is gone
│   ├── PhotoDoesNotMeetRequirementError    the photo does not show one clear face
│   └── FaceAlreadyExistsError              the face belongs to another profile
├── TransientError                AWS failed: a retry may help
│   ├── ThrottledError            AWS takes no more paid requests now: wait, and try again
│   ├── CdnBusyError              the CDN begins no more invalidations now
│   └── ProfileChangedError       another writer was first: read the profile again
├── StoryChangedError             another delivery or generation was first: nothing to do
│   ├── StoryDeletedError         the story was deleted after this photo arrived
│   └── LeaseHeldError            another delivery works on this step of the story now
└── SupersededError               the profile got a newer photo, or was deleted

The profile workflow's state machine catches some of these by their class names
(``profile_photo.asl.json``).

Every error has one sentence that a person can act on, and a ``code`` for programs. Any other
exception is a bug; steps retry it like a ``TransientError``.
"""

from datetime import datetime


class StorytimeError(Exception):
    """Base of all errors that the app raises on purpose."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


def message_of(error: Exception) -> str:
    """The text of an error for a record: our sentences for people, never those of a library."""
    return (
        error.message if isinstance(error, StorytimeError) else f"unexpected {type(error).__name__}"
    )


class RejectedError(StorytimeError):
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


class NotYetError(RejectedError):
    code = "not_ready"


class EditConflictError(RejectedError):
    code = "changed_meanwhile"


class EditConditionError(RejectedError):
    code = "missing_revision"


class ExpiredError(RejectedError):
    code = "expired"


class PhotoDoesNotMeetRequirementError(RejectedError):
    code = "photo_does_not_meet_requirement"


class FaceAlreadyExistsError(RejectedError):
    code = "face_already_exists"


class TransientError(StorytimeError):
    code = "unavailable"


class ThrottledError(TransientError):
    code = "throttled"


class CdnBusyError(TransientError):
    code = "cdn_busy"


class ProfileChangedError(TransientError):
    code = "profile_changed"


class StoryChangedError(StorytimeError):
    """A conditional write found the story in another state than the writer expected."""

    code = "story_changed"


class StoryDeletedError(StoryChangedError):
    """The story was deleted after its photo arrived: the photo must not bring it back."""

    code = "deleted"


class LeaseHeldError(StoryChangedError):
    """A delivery's lease on this step of the story is still live.

    Args:
        message_id: The queue message whose delivery holds the lease.
        until: When the lease ends if its holder died.
        gives_up: The holder fails the story instead of working on it.
    """

    code = "lease_held"

    def __init__(self, message_id: str, until: datetime, *, gives_up: bool = False) -> None:
        super().__init__(f"message {message_id} works on this step until {until:%H:%M:%S}Z")
        self.message_id = message_id
        self.until = until
        self.gives_up = gives_up


class SupersededError(StorytimeError):
    code = "superseded"
