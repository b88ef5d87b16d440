"""Ids to look up, and the entries that a bulk retrieval answers with; see `bodies`."""

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.http.bodies import (
    DeletedStory,
    Problem,
    StoryAnswer,
    UnreadyStory,
    UnreadyUpload,
)
from chalicelib.steps.bulk import MAX_IDS


class WantedStory(Struct, frozen=True):
    """A story to look up."""

    id: Annotated[str, Meta(examples=["5a1f9f52-6b1c-5f0e-9d3c-0123456789ab"])]


WantedStories = Annotated[list[WantedStory], Meta(max_length=MAX_IDS)]

StatusCode = Annotated[int, Meta(description="That of GET /retrieve/{story_id}.")]


class StoryEntry(StoryAnswer, frozen=True, kw_only=True):
    """A story that is ready."""

    status_code: StatusCode


class UnreadyEntry(UnreadyStory, frozen=True, kw_only=True):
    """A story that is not ready, and why."""

    status_code: StatusCode


class DeletedEntry(DeletedStory, frozen=True, kw_only=True):
    """A deleted story."""

    status_code: StatusCode


class UploadEntry(UnreadyUpload, frozen=True, kw_only=True):
    """An upload that has no story yet, and why."""

    status_code: StatusCode


class ProblemEntry(Problem, frozen=True, kw_only=True):
    """An id that has no answer."""

    id: Annotated[str, Meta(description="As it was sent.")]
    status_code: StatusCode
