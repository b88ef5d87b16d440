"""A profile photo straight to S3: the form, what arrives by it, and what is none."""

import pytest

from chalicelib.profiles.direct_upload import ProfileUpload
from chalicelib.profiles.profile import ProfileStatus
from chalicelib.profiles.retrieval import ProfileRetrieval
from tests.fakes.engines import portrait
from tests.fakes.world import ANNA, World


@pytest.fixture
def world() -> World:
    return World()


def arrive(world: World, content: bytes, *, email: str | None = None) -> str:
    """Post a photo by a form, as a client does, and have S3 announce it."""
    permit = world.part(ProfileUpload).permit("user_a", "image/png", email)
    key = permit.form.fields["key"]
    world.intake_bucket.post(key, content, email=permit.form.fields.get("email"))
    world.announce(key)
    return key


def test_a_photo_that_arrives_starts_the_workflow_and_leaves_the_staging_bucket(
    world: World,
) -> None:
    arrive(world, portrait(ANNA))

    world.deliver_intake()
    world.run()

    assert world.profile("user_a").status is ProfileStatus.READY
    assert world.intake_bucket.objects == {}


def test_an_event_that_comes_twice_makes_one_execution(world: World) -> None:
    key = arrive(world, portrait(ANNA))
    world.announce(key)

    world.deliver_intake()

    assert len(world.workflow.executions) == 1


def test_an_event_that_is_lost_is_made_up_for_by_the_sweeper(world: World) -> None:
    world.intake_bucket.post("profiles/user_a/me.jpg", portrait(ANNA))
    world.clock.advance(120)

    world.sweep()
    world.deliver_intake()
    world.run()

    assert world.profile("user_a").status is ProfileStatus.READY


def test_what_is_no_photo_is_rejected_and_the_address_of_the_form_told(
    world: World,
) -> None:
    arrive(world, b"%PDF-1.7 a letter", email="a@example.com")

    world.deliver_intake()
    world.run()

    assert world.profile("user_a").status is ProfileStatus.REJECTED
    ((to, _, body),) = world.mailer.sent
    assert to == "a@example.com"
    assert "send a JPEG, PNG" in body


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("profiles/me.jpg", portrait(ANNA)),
        ("profiles/user_a/deeper/me.jpg", portrait(ANNA)),
        ("profiles/.hidden/me.jpg", portrait(ANNA)),
        ("profiles/user_a/me.jpg", bytes(25_000_001)),
    ],
)
def test_what_says_not_whose_it_is_or_is_too_large_is_put_aside_with_the_reason(
    world: World, key: str, content: bytes
) -> None:
    world.intake_bucket.post(key, content)
    world.announce(key)

    world.deliver_intake()

    assert list(world.intake_bucket.objects) == [f"rejected/{key}"]
    parked = world.intake_parked_queue.receive()
    assert parked is not None
    assert parked.message.reason
    assert world.profiles.kept == {}


def test_a_photo_that_was_posted_before_the_deletion_does_not_bring_the_profile_back(
    world: World,
) -> None:
    world.register("user_a")
    key = arrive(world, portrait(ANNA, shot=1))
    found = world.intake_bucket.objects[key]
    world.clock.advance(10)
    world.part(ProfileRetrieval).delete("user_a")
    world.intake_bucket.objects[key] = found  # whoever takes it in has read it already

    world.deliver_intake()

    assert world.profile("user_a").status is ProfileStatus.DELETED
    assert world.intake_bucket.objects == {}
