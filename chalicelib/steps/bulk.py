"""Bulk retrieval: looks up many stories at once, and resumes each as a retrieval does."""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeGuard

import msgspec

from chalicelib import telemetry
from chalicelib.delivery.notification import Notification
from chalicelib.errors import InvalidRequestError, RejectedError, StorytimeError, TransientError
from chalicelib.steps.retrieval import Retrieval
from chalicelib.stories.keys import checked_id
from chalicelib.stories.ports import Stories
from chalicelib.stories.story import Status, Story
from chalicelib.stories.upload_request import UploadRequest

MAX_IDS: Final = 100
"""The maximum of one BatchGetItem (DynamoDB API reference)."""

BulkResult = Story | UploadRequest | RejectedError
"""What `Retrieval.retrieve` returns or raises for an id."""

log = logging.getLogger(__name__)


class Bulk(msgspec.Struct, frozen=True):
    stories: Stories
    retrieval: Retrieval
    notification: Notification

    def look_up(self, given_ids: Sequence[str], *, notify: bool) -> list[BulkResult]:
        """Look up each id, and return the results in the order of the ids.

        Args:
            given_ids: At most `MAX_IDS`.
            notify: Send one notice about the stories that are ready.

        Raises:
            InvalidRequestError: There are too many ids.
            TransientError: DynamoDB did not look up all of them.
        """
        if len(given_ids) > MAX_IDS:
            raise InvalidRequestError(
                f"These are {len(given_ids)} ids; at most {MAX_IDS} can be asked for at once.",
                code="too_many_ids",
            )
        with telemetry.bound(step="bulk"):
            checked = [_checked(given) for given in given_ids]
            wanted = {each for each in checked if isinstance(each, str)}
            stories = self._stories(wanted)
            results = {story_id: self._resumed(story_id, stories) for story_id in wanted}
            found = [results[each] if isinstance(each, str) else each for each in checked]
            ready = {each.id: each for each in found if _is_ready(each)}
            if notify and ready:
                self.notification.announce_all(list(ready.values()))
            return found

    def _stories(self, story_ids: Collection[str]) -> Mapping[str, Story]:
        stories: dict[str, Story] = {}
        while story_ids:
            answer = self.stories.find_all(story_ids)
            if len(answer.unanswered) == len(story_ids):
                raise TransientError("BatchGetItem answered none of the keys")
            stories.update(answer.stories)
            story_ids = answer.unanswered
        return stories

    def _resumed(self, story_id: str, stories: Mapping[str, Story]) -> BulkResult:
        try:
            return self.retrieval.resume(story_id, stories.get(story_id))
        except RejectedError as rejection:
            return rejection
        except StorytimeError as trouble:
            if story_id not in stories:
                raise
            log.warning("not resumed", extra={"reason": trouble.message, "story_id": story_id})
            return stories[story_id]


def _checked(given_id: str) -> str | InvalidRequestError:
    try:
        return checked_id(given_id)
    except InvalidRequestError as problem:
        return problem


def _is_ready(found: BulkResult) -> TypeGuard[Story]:
    return isinstance(found, Story) and found.status is Status.READY
