"""What `ports.Stories` promises."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.errors import LeaseHeldError, StoryChangedError
from chalicelib.pages.reading_order import SkippedText
from chalicelib.pages.skipping import SkipReason
from chalicelib.stories import moves
from chalicelib.stories.changes import NOTHING, Move, StoryChanges
from chalicelib.stories.ports import Stories
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Failure, Lease, Rendition, Status, Story
from tests.contracts.conftest import pages
from tests.fakes.builders import story
from tests.fakes.clock import NOW

MINUTE = timedelta(seconds=60)
LATER = NOW + MINUTE
LEASE = Lease(Step.READING, "m-1", 1, LATER)
FULL = story(
    name="\N{FOX FACE} page.jpg",
    text="Once.\nTwice.",
    complete=False,
    skipped=[SkippedText("42", SkipReason.PAGE_NUMBER, (0.45, 0.9, 0.55, 0.95))],
    page="public/p",
    audio="public/a",
    last_error="no answer",
    retry_at=NOW,
    resumes=3,
    failure=Failure("no text was found on this page", final=True),
    notified_of=Status.READ,
    notified_at=NOW + timedelta(milliseconds=123),
    repeated_at=NOW,
    leases={Step.READING: LEASE},
    renditions={"small": Rendition("public/s", 480, 360, 12_345)},
    unfinished_since=NOW,
    uploading_until=LATER,
    deleted_at=NOW,
    erased_at=NOW,
    expires_at=LATER,
)
MOVES = {
    Status.RECEIVED: {Status.READ, Status.FAILED, Status.DELETED},
    Status.READ: {Status.READY, Status.FAILED, Status.DELETED},
    Status.READY: {Status.READ, Status.DELETED},
    Status.FAILED: {Status.RECEIVED, Status.READ, Status.READY, Status.DELETED},
    Status.DELETED: set[Status](),
}
"""Written out once more, so that a slip in the code's own table is noticed."""


def leased(stories: Stories, **fields: Any) -> Story:
    claimed = story(**fields)
    stories.claim(claimed)
    return stories.lease(claimed.id, claimed.generation, LEASE, NOW)


def test_every_field_is_loaded_as_it_was_stored(stories: Stories) -> None:
    assert stories.claim(FULL) is None

    assert stories.find(FULL.id) == FULL


def test_a_taken_id_answers_with_the_story_that_has_it(stories: Stories) -> None:
    first = story(name="first.jpg")
    stories.claim(first)

    assert stories.claim(first) is None, "the answer to the claim was lost"
    assert stories.claim(story(name="second.jpg", generation="99999999")) == first
    assert stories.find(first.id) == first


def test_a_change_leaves_other_fields_and_none_removes_a_field(stories: Stories) -> None:
    stories.claim(story(last_error="no answer", failure=Failure("why", final=False)))
    change: StoryChanges = {"text": "Once.", "notified_at": LATER}

    changed = stories.apply(story(), Move({**change, "last_error": None, "failure": None}))

    assert changed == story(text="Once.", notified_at=LATER)
    assert stories.find(story().id) == changed


@pytest.mark.parametrize("status", MOVES)
def test_no_illegal_move_is_ever_written(stories: Stories, status: Status) -> None:
    for target in Status:
        before = story(id=f"to {target}", status=status)
        stories.claim(before)
        if target in MOVES[status]:
            assert stories.apply(before, Move({"status": target})).status is target
            continue
        with pytest.raises(StoryChangedError):
            stories.apply(before, Move({"status": target, "text": "too late"}))
        assert stories.find(before.id) == before


def test_another_generation_is_never_written(stories: Stories) -> None:
    stories.claim(story())

    with pytest.raises(StoryChangedError):
        stories.apply(story(generation="99999999"), Move({"text": "of another life"}))
    assert stories.find(story().id) == story()


def test_a_story_that_is_not_there_cannot_be_changed(stories: Stories) -> None:
    with pytest.raises(StoryChangedError):
        stories.apply(story(), Move({"text": "Once."}))
    assert stories.find(story().id) is None, "an unknown id is not found"


@pytest.mark.parametrize("was", [None, NOW])
def test_of_two_writers_with_one_expectation_one_writes(stories: Stories, was: Any) -> None:
    stories.claim(story(enqueued_at=was))
    stories.apply(story(), Move({"enqueued_at": LATER}, {"enqueued_at": was}))

    with pytest.raises(StoryChangedError):
        stories.apply(story(), Move({"enqueued_at": LATER}, {"enqueued_at": was}))


def test_a_lease_is_taken_and_ended(stories: Stories) -> None:
    held = leased(stories)

    released = stories.apply(story(), NOTHING, lease=LEASE, release=True)

    assert held == story(leases={Step.READING: LEASE})
    assert released == story()


@pytest.mark.parametrize(
    ("other", "now"),
    [
        (Lease(Step.READING, "m-2", 1, LATER + MINUTE), LATER - timedelta(milliseconds=1)),
        (Lease(Step.READING, "m-1", 2, LATER), NOW),  # its own message, delivered again
    ],
)
def test_a_live_lease_refuses_others(stories: Stories, other: Lease, now: datetime) -> None:
    leased(stories)

    with pytest.raises(LeaseHeldError) as held:
        stories.lease(story().id, story().generation, other, now)
    assert (held.value.message_id, held.value.until) == ("m-1", LATER)


def test_a_lease_whose_answer_was_lost_can_be_repeated(stories: Stories) -> None:
    held = leased(stories)

    assert stories.lease(story().id, story().generation, LEASE, NOW) == held


def test_each_step_has_its_own_lease(stories: Stories) -> None:
    leased(stories)
    other = Lease(Step.NARRATION, "m-2", 1, LATER)

    taken = stories.lease(story().id, story().generation, other, NOW)

    assert taken.leases == {Step.READING: LEASE, Step.NARRATION: other}


def test_a_lease_that_is_over_is_free_and_its_holder_writes_nothing(stories: Stories) -> None:
    leased(stories)
    other = Lease(Step.READING, "m-2", 1, LATER + MINUTE)
    taken = stories.lease(story().id, story().generation, other, LATER)

    for release in (True, False):
        with pytest.raises(StoryChangedError):
            stories.apply(story(), Move({"text": "too late"}), lease=LEASE, release=release)
    assert stories.find(story().id) == taken == story(leases={Step.READING: other})


def test_unfinished_stories_are_found_page_by_page(stories: Stories) -> None:
    unfinished = {f"story-{number}" for number in range(3)}
    for story_id in (*unfinished, "finished"):
        stories.claim(story(id=story_id, unfinished_since=NOW))
    stories.apply(story(id="finished"), Move({"unfinished_since": None}))

    found = [each for page in pages(stories.unfinished) for each in page.stories]

    assert sorted(each.id for each in found) == sorted(unfinished)
    assert story(id="story-1", unfinished_since=NOW) in found


@pytest.mark.parametrize(
    "there",
    [None, story(generation="99999999"), story(status=Status.DELETED)],
    ids=["unknown", "another generation", "deleted"],
)
def test_a_story_that_is_gone_gives_no_lease(stories: Stories, there: Story | None) -> None:
    if there:
        stories.claim(there)

    with pytest.raises(StoryChangedError) as gone:
        stories.lease(story().id, story().generation, LEASE, NOW)
    assert not isinstance(gone.value, LeaseHeldError)


def test_a_deleted_story_can_be_replaced_once_by_a_caller_that_loaded_it(stories: Stories) -> None:
    old, new = story(status=Status.DELETED), story(generation="88888888")
    stories.claim(old)

    assert stories.claim(new) == old
    assert stories.claim(new, over=old) is None
    assert stories.claim(story(generation="99999999"), over=old) == new
    assert stories.find(new.id) == new


def test_a_deleted_story_accepts_writes_only_from_a_caller_that_loaded_it_as_deleted(
    stories: Stories,
) -> None:
    leased(stories)
    deleted = stories.apply(story(), Move({"status": Status.DELETED}))

    for lease in (None, LEASE):
        with pytest.raises(StoryChangedError):
            stories.apply(story(), Move({"text": "too late"}), lease=lease, release=bool(lease))
    assert stories.apply(deleted, Move({"erased_at": NOW})).erased_at == NOW
    assert stories.apply(story(), NOTHING, lease=LEASE, release=True).leases == {}


def test_a_tombstone_says_nothing_of_the_page(stories: Stories) -> None:
    stories.claim(FULL)
    deleted = stories.apply(FULL, moves.deleted(NOW))

    stories.apply(deleted, moves.erased(NOW))

    assert stories.find(FULL.id) == story(
        status=Status.DELETED,
        name="",
        content_id="",
        notified_of=FULL.notified_of,
        notified_at=FULL.notified_at,
        uploading_until=LATER,
        repeated_at=NOW,
        deleted_at=NOW,
        erased_at=NOW,
        expires_at=NOW + timedelta(days=30),
    )


def test_many_stories_are_found_at_once(stories: Stories) -> None:
    kept = {f"story-{number}": story(id=f"story-{number}") for number in range(5)}
    for each in kept.values():
        stories.claim(each)
    wanted = {*kept, "no-such-story"}

    found: dict[str, Story] = {}
    while wanted:
        answer = stories.find_all(wanted)
        found |= answer.stories
        wanted = set(answer.unanswered)

    assert found == kept


def listed(stories: Stories, month: str, limit: int) -> list[list[str]]:
    """The ids on each page of a month."""
    found = pages(partial(stories.listed, month, limit))
    return [[each.id for each in page.stories] for page in found]


def test_a_month_is_listed_newest_first_page_by_page(stories: Stories) -> None:
    for number in (2, 0, 3, 1):
        moment = NOW + timedelta(milliseconds=number)
        stories.claim(story(id=f"story-{number}", created_at=moment))
    stories.claim(story(id="of april", created_at=NOW + timedelta(days=31)))

    assert [each for each in listed(stories, "2026-03", 3) if each] == [
        ["story-3", "story-2", "story-1"],
        ["story-0"],
    ]
    assert listed(stories, "2026-02", 3) == [[]]


def test_stories_of_one_moment_are_all_listed(stories: Stories) -> None:
    for number in range(5):
        stories.claim(story(id=f"story-{number}"))

    found = listed(stories, "2026-03", 2)

    assert [each for page in found for each in page] == [
        f"story-{number}" for number in (4, 3, 2, 1, 0)
    ]


def test_a_list_goes_on_after_a_story_that_is_gone(stories: Stories) -> None:
    for number in range(3):
        stories.claim(story(id=f"story-{number}"))
    page = stories.listed("2026-03", 1)
    stories.apply(page.stories[0], Move({"status": Status.DELETED}))

    rest = stories.listed("2026-03", 9, page.next)

    assert [each.id for each in rest.stories] == ["story-1", "story-0"]


def test_a_deleted_story_is_not_listed_and_its_next_generation_is(stories: Stories) -> None:
    stories.claim(story())
    deleted = stories.apply(story(), Move({"status": Status.DELETED}))
    assert stories.listed("2026-03", 9).stories == []

    stories.claim(story(generation="99999999"), over=deleted)

    assert [each.generation for each in stories.listed("2026-03", 9).stories] == ["99999999"]
