"""The table of profiles and the photos that executions name, in memory."""

from typing import Any

from chalicelib.errors import ProfileChangedError, TooLargeError
from chalicelib.profiles.ports import ProfilesPage
from chalicelib.profiles.profile import Profile
from chalicelib.stories.ports import Media
from tests.fakes.stories import one_a_page


class InMemoryProfiles:
    def __init__(self) -> None:
        self.kept: dict[str, Profile] = {}

    def find(self, profile_id: str) -> Profile | None:
        return self.kept.get(profile_id)

    def save(self, profile: Profile, *, over: Profile | None) -> None:
        now = self.kept.get(profile.id)
        if now != profile and _version(now) != _version(over):
            raise ProfileChangedError("another version")
        self.kept[profile.id] = profile

    def remove(self, profile: Profile) -> None:
        now = self.kept.get(profile.id)
        if now is not None and now.version != profile.version:
            raise ProfileChangedError("another version")
        self.kept.pop(profile.id, None)

    def unfinished(self, page: Any = None) -> ProfilesPage:
        found = [each.id for each in self.kept.values() if each.unfinished_since is not None]
        first, following = one_a_page(found, page)
        return ProfilesPage([self.kept[profile_id] for profile_id in first], following)


def _version(profile: Profile | None) -> int | None:
    return profile.version if profile else None


class InMemorySentPhotos:
    """The photos of any bucket, by the bucket's name."""

    def __init__(self, buckets: dict[str, Media]) -> None:
        self.buckets = buckets

    def get(self, bucket: str, key: str, max_bytes: int) -> bytes | None:
        content = self.buckets[bucket].get(key)
        if content is not None and len(content) > max_bytes:
            raise TooLargeError(f"at most {max_bytes}")
        return content
