"""What `ports.UploadRequests` promises."""

from datetime import timedelta
from functools import partial

import pytest

from chalicelib.errors import StoryChangedError
from chalicelib.stories.changes import Move
from chalicelib.stories.story import Status
from chalicelib.stories.upload_request import UploadRequest, UploadStatus, failure
from tests.contracts.conftest import Table, pages
from tests.fakes.builders import story, upload_request
from tests.fakes.clock import NOW

LATER = NOW + timedelta(minutes=5)


LIFE = {"story_id": story().id, "generation": story().generation}


def added(table: Table) -> UploadRequest:
    table.requests.add(upload_request())
    return upload_request()


def fulfilled(table: Table) -> UploadRequest:
    """A request that its photo's story fulfilled."""
    assert table.requests.claim_story(added(table), NOW, story()) is None
    return found(table)


def found(table: Table) -> UploadRequest:
    kept = table.requests.find(upload_request().id)
    assert kept is not None
    return kept


def test_every_field_is_loaded_as_it_was_stored(table: Table) -> None:
    full = upload_request(
        status=UploadStatus.FULFILLED,
        enqueued_at=NOW,
        resumes=2,
        story_id="a-story",
        generation="a1b2c3d4",
        photo_arrived_at=NOW,
        reason="why",
        last_error="no answer",
    )

    table.requests.add(full)

    assert table.requests.find(full.id) == full


def test_a_story_is_claimed_and_its_request_fulfilled_at_once(table: Table) -> None:
    expected = upload_request(
        status=UploadStatus.FULFILLED, photo_arrived_at=NOW, expires_at=None, **LIFE
    )

    assert fulfilled(table) == expected
    assert table.stories.find(story().id) == story()


def test_a_taken_id_fulfils_nothing(table: Table) -> None:
    request = added(table)
    table.stories.claim(story())

    assert table.requests.claim_story(request, NOW, story(generation="99999999")) == story()
    assert found(table) == request


def test_a_deleted_story_is_replaced_in_the_same_transaction(table: Table) -> None:
    request, old, new = added(table), story(status=Status.DELETED), story(generation="99999999")
    table.stories.claim(old)

    assert table.requests.claim_story(request, NOW, new) == old
    assert table.requests.claim_story(request, NOW, new, over=old) is None
    assert table.stories.find(new.id) == new


def test_a_request_that_is_fulfilled_takes_no_other_story_and_no_late_change(table: Table) -> None:
    late, other = upload_request(), story(id="another-story")
    before = fulfilled(table)

    with pytest.raises(StoryChangedError):
        table.requests.claim_story(late, NOW, other)
    assert table.stories.find(other.id) is None
    table.stories.claim(other)
    with pytest.raises(StoryChangedError):
        table.requests.fulfil(late, other, NOW)
    with pytest.raises(StoryChangedError):
        table.requests.update(late, failure("too late"))
    assert found(table) == before


def test_a_request_that_is_gone_claims_nothing(table: Table) -> None:
    old = story(status=Status.DELETED)
    table.stories.claim(old)

    with pytest.raises(StoryChangedError):
        table.requests.claim_story(upload_request(), NOW, story(generation="99999999"), over=old)

    assert table.stories.find(old.id) == old
    assert table.requests.find(upload_request().id) is None


def test_a_request_whose_story_is_deleted_can_get_another_one(table: Table) -> None:
    before = fulfilled(table)
    deleted = table.stories.apply(story(), Move({"status": Status.DELETED}))

    new = story(generation="99999999")
    assert table.requests.claim_story(before, LATER, new, over=deleted) is None

    again = found(table)
    assert (again.generation, again.photo_arrived_at) == ("99999999", LATER)
    assert table.requests.fulfilled_by(new.id, "99999999").requests == [again]
    assert table.requests.fulfilled_by(new.id, story().generation).requests == []
    with pytest.raises(StoryChangedError):
        table.requests.claim_story(before, LATER, story(id="another-story"))


def test_a_story_that_is_there_fulfils_a_request_any_number_of_times(table: Table) -> None:
    request = added(table)
    table.stories.claim(story())

    for _ in range(2):
        table.requests.fulfil(request, story(), NOW)

    assert found(table).story_id == story().id


def test_a_request_that_failed_can_still_be_fulfilled(table: Table) -> None:
    failed = table.requests.update(added(table), failure("it was no photo"))

    table.requests.claim_story(failed, NOW, story())

    assert (found(table).status, found(table).reason) == (UploadStatus.FULFILLED, None)


@pytest.mark.parametrize("generation", ["a1b2c3d4", "99999999"])
def test_a_story_that_is_deleted_fulfils_nothing(table: Table, generation: str) -> None:
    request = added(table)
    table.stories.claim(story(status=Status.DELETED))

    with pytest.raises(StoryChangedError):
        table.requests.fulfil(request, story(generation=generation), NOW)
    assert table.requests.find(request.id) == request


def test_of_two_writers_that_loaded_the_same_one_writes(table: Table) -> None:
    request = added(table)

    written = table.requests.update(request, {"enqueued_at": NOW, "resumes": 1})

    assert table.requests.find(request.id) == written == upload_request(enqueued_at=NOW, resumes=1)
    for stale in (request, upload_request(id="no-such-request")):
        with pytest.raises(StoryChangedError):
            table.requests.update(stale, {"enqueued_at": NOW, "resumes": 1})


def test_the_requests_that_a_story_fulfils_are_found_page_by_page(table: Table) -> None:
    ids = [f"upload-{number}" for number in range(3)]
    table.stories.claim(story())
    table.stories.claim(story(id="another-story"))
    for upload_id in ids:
        table.requests.add(upload_request(id=upload_id))
        table.requests.fulfil(upload_request(id=upload_id), story(), NOW)
    table.requests.add(upload_request())
    table.requests.fulfil(upload_request(), story(id="another-story"), NOW)

    ask = partial(table.requests.fulfilled_by, story().id, story().generation)
    found = [each for page in pages(ask) for each in page.requests]

    assert sorted(each.id for each in found) == ids
    assert table.requests.fulfilled_by(story().id, "99999999").requests == []
    soon = NOW + timedelta(days=1)
    assert table.requests.update(found[0], {"expires_at": soon, "name": ""}).expires_at == soon


def test_requests_are_not_listed_as_stories(table: Table) -> None:
    fulfilled(table)

    assert [each.id for each in table.stories.listed("2026-03", 9).stories] == [story().id]
    assert table.stories.unfinished().stories == []
