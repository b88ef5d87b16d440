"""Sending profile photos: the same one again, another one, and one that is too late."""

import pytest

from chalicelib.errors import InvalidRequestError, TransientError
from chalicelib.profiles import moves
from chalicelib.profiles.profile import ProfileStatus, owed_to
from tests.fakes.trouble import failing
from tests.fakes.world import ANNA, BEN, World


def test_the_same_photo_sent_twice_is_one_execution(world: World) -> None:
    first = world.put("user_a")

    again = world.put("user_a")

    assert not first.duplicate
    assert again.duplicate
    assert len(world.workflow.executions) == 1


def test_a_ready_photo_that_is_sent_again_pays_nothing(world: World) -> None:
    ready = world.register("user_a")
    paid = list(world.faces.calls)

    again = world.put("user_a")
    world.run()

    assert again.duplicate
    assert again.profile == ready
    assert world.faces.calls == paid


def test_a_rejected_photo_that_is_sent_again_is_rejected_at_no_cost(world: World) -> None:
    world.faces.seen[ANNA] = []
    world.register("user_a")

    again = world.put("user_a")

    assert again.duplicate
    assert again.profile.status is ProfileStatus.REJECTED
    assert world.run() == []


def test_a_rejected_photo_that_is_sent_again_with_an_address_sends_mail(world: World) -> None:
    world.faces.seen[ANNA] = []
    world.register("user_a")

    world.put("user_a", email="a@example.com")
    world.sweep_for(600)

    assert [to for to, _, _ in world.mailer.sent] == ["a@example.com"]


def test_each_address_that_a_photo_in_work_came_with_gets_the_mail(world: World) -> None:
    world.faces.seen[ANNA] = []
    world.put("user_a", email="a@example.com")
    world.put("user_a", email="b@example.com")
    world.put("user_a", email="a@example.com")

    world.run()
    world.sweep_for(600)

    assert [to for to, _, _ in world.mailer.sent] == ["a@example.com", "b@example.com"]


def test_mail_to_one_address_does_not_wait_for_another(world: World) -> None:
    world.faces.seen[ANNA] = []
    world.put("user_a", email="a@example.com")
    world.put("user_a", email="b@example.com")
    send = world.mailer.send

    def fails_for_a(to: str, subject: str, body: str) -> None:
        if to == "a@example.com":
            raise TransientError("SendEmail failed")
        send(to, subject, body)

    world.mailer.send = fails_for_a  # type: ignore[method-assign]
    world.run()
    world.sweep_for(600)

    assert [to for to, _, _ in world.mailer.sent] == ["b@example.com"]
    assert owed_to(world.profile("user_a")) == ["a@example.com"]


def test_too_many_addresses_for_one_photo_are_refused(world: World) -> None:
    for number in range(moves.MAX_ADDRESSES):
        world.put("user_a", email=f"{number}@example.com")
    before = world.profile("user_a")

    with pytest.raises(InvalidRequestError) as refused:
        world.put("user_a", email="one.more@example.com")

    assert refused.value.code == "too_many_addresses"
    assert world.profile("user_a") == before


def test_a_second_photo_replaces_one_that_is_in_work(world: World) -> None:
    world.put("user_a", ANNA)

    photo = world.photo_of(world.register("user_a", BEN))
    world.sweep_for(600)

    first, second = world.workflow.executions.values()
    assert (first.path[-1], second.path[-1]) == ("Superseded", "PersistMetadata")
    assert first.status == "SUCCEEDED"
    assert all(f"/{photo.generation}/" in key for key in world.files_of("user_a"))
    assert world.profile("user_a").unfinished_since is None


def test_a_photo_that_was_never_stored_fails_and_can_be_sent_again(world: World) -> None:
    with failing(world.media, "put"), pytest.raises(TransientError):
        world.put("user_a", email="a@example.com")
    world.sweep_for(600)

    assert world.profile("user_a").status is ProfileStatus.FAILED
    assert world.refusal_of("user_a") == "photo_never_arrived"
    assert world.register("user_a").status is ProfileStatus.READY
