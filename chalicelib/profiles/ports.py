"""What profiles need from AWS, in their own words; see `stories.ports` for the rules."""

from collections.abc import Collection
from typing import Any, Protocol

import msgspec

from chalicelib.profiles.faces import Face, Match, Owner
from chalicelib.profiles.profile import Profile


class ProfilesPage(msgspec.Struct, frozen=True):
    """Some profiles, each as of a moment ago; pass `next` to get the next page."""

    profiles: list[Profile]
    next: Any = None


class Profiles(Protocol):
    """Profiles, which lie in the same table as the stories."""

    def find(self, profile_id: str) -> Profile | None:
        """The profile as of the last completed write."""

    def save(self, profile: Profile, *, over: Profile | None) -> None:
        """Store a profile in place of the version `over`; None: it must not exist yet.

        Raises:
            ProfileChangedError: The table has another version: nothing was written.
        """

    def remove(self, profile: Profile) -> None:
        """Remove this version of a profile.

        Raises:
            ProfileChangedError: The table has another version: nothing was removed.
        """

    def unfinished(self, page: Any = None) -> ProfilesPage:
        """A page of the profiles that have `unfinished_since`."""


class FaceCollection(Protocol):
    """Detects faces, and finds similar ones among those added to it.

    Detecting, searching and adding are paid for, by the call.

    A search may find a new face only a moment after it was added.
    """

    def detect(self, portrait: bytes) -> list[Face]:
        """Find the faces on a JPEG.

        Raises:
            RejectedError: Rekognition can never read the picture.
        """

    def search(self, portrait: bytes) -> list[Match]:
        """The faces of the collection that look like the largest face on a JPEG."""

    def add(self, portrait: bytes, owner: Owner) -> str | None:
        """Add the largest face on a JPEG, and return its id; None: it is too unclear."""

    def remove(self, face_ids: Collection[str]) -> None:
        """Remove faces; an unknown id is no error."""


class Workflow(Protocol):
    """The state machine that runs the tasks for a photo."""

    def start(self, execution: str, user_id: str, key: str) -> None:
        """Start an execution for a photo in the media bucket.

        A second call with the same name starts no second execution.
        """

    def is_running(self, execution: str) -> bool:
        """Is there an execution of this name that has not ended?"""


class SentPhotos(Protocol):
    """Photos in any bucket: an execution that is started by hand names one."""

    def get(self, bucket: str, key: str, max_bytes: int) -> bytes | None:
        """An object's bytes, or None when there is none.

        Raises:
            TooLargeError: It has more than `max_bytes`.
        """


class Mailer(Protocol):
    """Sends e-mail to one person."""

    def send(self, to: str, subject: str, body: str) -> None:
        """Send one e-mail.

        Raises:
            RejectedError: SES will never send it to this address.
        """
