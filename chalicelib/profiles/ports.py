"""What profiles ask of the world; see `chalicelib.ports` for the rules."""

from collections.abc import Collection
from typing import Any, Protocol

import msgspec

from chalicelib.profiles.faces import Face, Match, Owner
from chalicelib.profiles.profile import Profile


class ProfilesPage(msgspec.Struct, frozen=True):
    """Some profiles, each as of a moment ago; `next` is what to ask for the next page with."""

    profiles: list[Profile]
    next: Any = None


class Profiles(Protocol):
    """The table of profiles, which is also that of stories."""

    def find(self, profile_id: str) -> Profile | None:
        """The profile as of the last completed write."""

    def save(self, profile: Profile, *, over: Profile | None) -> None:
        """Store a profile over the version that it was made of, or over none.

        Raises:
            ProfileChangedError: There is another version by now: nothing was written.
        """

    def remove(self, profile: Profile) -> None:
        """Remove this version of a profile.

        Raises:
            ProfileChangedError: There is another version by now: nothing was removed.
        """

    def unfinished(self, page: Any = None) -> ProfilesPage:
        """A page of the profiles that have `unfinished_since`."""


class FaceCollection(Protocol):
    """Finds faces, and knows those again that were added to it. Each call is paid for.

    A face that was just added may be found only a moment later.
    """

    def detect(self, portrait: bytes) -> list[Face]:
        """Find the faces on a JPEG.

        Raises:
            RejectedError: The picture can never be looked at.
        """

    def search(self, portrait: bytes) -> list[Match]:
        """The faces of the collection that look like the largest face on a JPEG."""

    def add(self, portrait: bytes, owner: Owner) -> str | None:
        """Add the largest face on a JPEG, and return its id; None: it is too unclear to."""

    def remove(self, face_ids: Collection[str]) -> None:
        """Remove faces; one that is not there is removed, too."""


class Workflow(Protocol):
    """The state machine that takes a photo through everything that it must go through."""

    def start(self, execution: str, user_id: str, key: str) -> None:
        """Start an execution for a photo in the media bucket.

        One of this name that was started before is the same one.
        """

    def is_running(self, execution: str) -> bool:
        """Is it on its way? Not when it ended, nor when there is none of this name."""


class SentPhotos(Protocol):
    """Photos wherever in S3 the workflow was told that they are."""

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
            RejectedError: This can never be sent to this address.
        """
