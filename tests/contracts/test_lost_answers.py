"""A write took effect, its answer was lost, and the AWS client tried again.

The second attempt meets what the first one wrote. These tests use the real client with its
real retries: a conditional write must recognise its own change.
"""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from chalicelib.aws.dynamodb.profiles_table import ProfilesTable
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.errors import StoryChangedError
from chalicelib.profiles import moves
from chalicelib.stories.changes import Move
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Lease, Status
from local.resources.creation import create_stories_table
from tests.contracts.test_profiles import TO, full
from tests.fakes.builders import story
from tests.fakes.clock import NOW

LEASE = Lease(Step.READING, "m-1", 1, NOW)
THERE, OTHERS = story(id="there before"), story(id="there before", generation="99999999")
LATER = NOW.replace(hour=13)
RESUME = Move({"enqueued_at": LATER}, {"enqueued_at": NOW})
Tables = tuple[StoriesTable, ProfilesTable]


@pytest.fixture
def tries() -> list[Any]:
    return []


@pytest.fixture
def tables(aws: boto3.session.Session, tries: list[Any]) -> Tables:
    """With a story and a profile; the first request that follows gets no answer."""
    client = aws.client("dynamodb", config=Config(retries={"mode": "standard"}))
    create_stories_table(client, "stories")
    stories, profiles = StoriesTable(client, "stories"), ProfilesTable(client, "stories")
    stories.claim(THERE)
    profiles.save(full(), over=None)

    def lose_the_first_answer(request: Any, **_: Any) -> None:
        tries.append(request)
        if len(tries) == 1:
            raise ReadTimeoutError(endpoint_url=request.url)

    client.meta.events.register_last("before-send", lose_the_first_answer)
    return stories, profiles


@pytest.mark.parametrize(
    ("write", "answer"),
    [
        pytest.param(lambda stories, _: stories.claim(story()), None, id="a claim"),
        pytest.param(
            lambda stories, _: stories.lease(THERE.id, THERE.generation, LEASE, NOW).leases,
            {Step.READING: LEASE},
            id="a lease",
        ),
        pytest.param(  # when the second attempt arrives, the story is read already
            lambda stories, _: stories.apply(THERE, Move({"status": Status.READ})).status,
            Status.READ,
            id="a legal move",
        ),
        pytest.param(  # of simultaneous polls one marks the story, and must then send
            lambda stories, _: stories.apply(THERE, RESUME).enqueued_at, LATER, id="a poll's mark"
        ),
        pytest.param(
            lambda _, profiles: profiles.save(full("p-2"), over=None), None, id="a new profile"
        ),
        pytest.param(
            lambda _, profiles: profiles.save(moves.notified(full(), TO, NOW), over=full()),
            None,
            id="a changed profile",
        ),
    ],
)
def test_a_write_is_our_own(
    tables: Tables, tries: list[Any], write: Callable[..., Any], answer: Any
) -> None:
    assert write(*tables) == answer
    assert len(tries) == 2


def test_another_writers_story_is_not_our_own(tables: Tables, tries: list[Any]) -> None:
    assert tables[0].claim(OTHERS) == THERE
    assert len(tries) == 2


def test_another_writers_change_is_not_our_own(tables: Tables, tries: list[Any]) -> None:
    with pytest.raises(StoryChangedError):
        tables[0].apply(THERE, Move({"text": "x"}, {"enqueued_at": None}))
    assert len(tries) == 2
