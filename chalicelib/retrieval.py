"""Looking a story up, which also keeps it going."""

import re
import uuid
from typing import Final

import msgspec

from chalicelib import logs
from chalicelib.errors import InvalidRequest, UnknownStory
from chalicelib.failover import Failover
from chalicelib.ports import Stories
from chalicelib.story import Story, has_ended

_ENTITY_TAG: Final = re.compile(r'(?:W/)?"?([^"]*)"?')


class Retrieval(msgspec.Struct, frozen=True):
    stories: Stories
    failover: Failover

    def retrieve(self, given_id: str | None) -> Story:
        """The story with this id, resumed when its work seems lost.

        Args:
            given_id: As the client gave it: bare, or as an entity tag (``"…"``, ``W/"…"``).

        Raises:
            InvalidRequest: There is no id, or it is not one.
            UnknownStory: No story has it.
        """
        story_id = _checked(given_id)
        with logs.bound(story_id=story_id, stage="retrieval"):
            story = self.stories.find(story_id)
            if story is None:
                raise UnknownStory(f"There is no story with the id {story_id}.")
            # One that has ended is there, whether everybody was told or not.
            return story if has_ended(story) else self.failover.resume(story)


def _checked(given_id: str | None) -> str:
    if not given_id or not given_id.strip():
        raise InvalidRequest(
            "Say which story: send its id in the ETag header, or as /retrieve/{id}.",
            code="missing_id",
        )
    match = _ENTITY_TAG.fullmatch(given_id.strip())
    try:
        canonical = uuid.UUID(match[1] if match else given_id)
    except ValueError:
        raise InvalidRequest(
            "This is not a story's id: use the id that the upload answered with.",
            code="malformed_id",
        ) from None
    return str(canonical)
