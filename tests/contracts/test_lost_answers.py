"""A write took effect, its answer was lost, and the AWS client tried again.

The second attempt meets what the first one wrote. These tests use the real client with its
real retries: a conditional write must recognise its own change.
"""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.errors import StoryChangedError
from chalicelib.stories.moves import Move, StoryChanges
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Lease, Status
from local.resources.creation import create_stories_table
from tests.fakes.builders import story
from tests.fakes.clock import NOW

LEASE = Lease(Step.READING, "m-1", 1, NOW)


class LosesTheFirstAnswer:
    """Hooked in behind moto: the first write takes effect, and its client gets no answer."""

    def __init__(self) -> None:
        self.attempts = 0

    def __call__(self, request: Any, **_: Any) -> None:
        self.attempts += 1
        if self.attempts == 1:
            raise ReadTimeoutError(endpoint_url=request.url)


@pytest.fixture
def client(aws: boto3.session.Session) -> Any:
    return aws.client("dynamodb", config=Config(retries={"mode": "standard"}))


@pytest.fixture
def stories(client: Any) -> StoriesTable:
    create_stories_table(client, "stories")
    stories = StoriesTable(client, "stories")
    stories.claim(story(id="there before"))
    return stories


@pytest.fixture
def lost(client: Any) -> LosesTheFirstAnswer:
    hook = LosesTheFirstAnswer()
    client.meta.events.register_last("before-send", hook)
    return hook


def test_a_claim_is_our_own(stories: StoriesTable, lost: LosesTheFirstAnswer) -> None:
    assert stories.claim(story()) is None
    assert lost.attempts == 2


def test_a_lease_is_our_own(stories: StoriesTable, lost: LosesTheFirstAnswer) -> None:
    held = stories.lease("there before", story().generation, LEASE, NOW)

    assert held.leases == {Step.READING: LEASE}
    assert lost.attempts == 2


def test_a_legal_move_is_our_own(stories: StoriesTable, lost: LosesTheFirstAnswer) -> None:
    """When the second attempt arrives, the story is read already."""
    read = stories.apply(story(id="there before"), Move({"status": Status.READ, "text": "Once."}))

    assert (read.status, read.text) == (Status.READ, "Once.")
    assert lost.attempts == 2


def test_a_poll_that_marked_the_enqueue_sends(
    stories: StoriesTable, lost: LosesTheFirstAnswer
) -> None:
    """Of simultaneous polls one marks the story and sends. It must not think that another did."""
    marked: StoryChanges = {"enqueued_at": NOW.replace(hour=13)}

    resumed = stories.apply(story(id="there before"), Move(marked, {"enqueued_at": NOW}))

    assert resumed.enqueued_at == marked["enqueued_at"]
    assert lost.attempts == 2


def test_another_writers_change_is_not_our_own(
    stories: StoriesTable, lost: LosesTheFirstAnswer
) -> None:
    taken = stories.claim(story(id="there before", generation="99999999"))

    assert taken is not None
    assert taken.generation == story().generation
    with pytest.raises(StoryChangedError):
        stories.apply(story(id="there before"), Move({"text": "x"}, {"enqueued_at": None}))
    assert lost.attempts > 0
