"""A profile photo straight to S3: the form, and what arrives by it."""

import pytest

from chalicelib.profiles.direct_upload import ProfileUpload
from chalicelib.profiles.profile import ProfileStatus
from tests.fakes.engines import portrait
from tests.fakes.world import ANNA, BEN, World


def post(world: World, content: bytes = b"", *, email: str | None = None) -> str:
    """Post a photo by a form, as a client does; S3's event is not delivered."""
    permit = world.part(ProfileUpload).permit("user_a", "image/png", email)
    key = permit.form.fields["key"]
    world.intake_bucket.post(key, content or portrait(ANNA), email=permit.form.fields.get("email"))
    return key


def announce(world: World, key: str) -> None:
    """Deliver S3's event."""
    world.announce(key)
    world.deliver_intake()


def test_a_photo_that_arrives_starts_the_workflow_and_leaves_the_bucket(world: World) -> None:
    announce(world, post(world))
    world.run()

    assert world.profile("user_a").status is ProfileStatus.READY
    assert world.intake_bucket.objects == {}


def test_a_file_that_is_no_photo_is_rejected_with_mail_to_the_forms_address(world: World) -> None:
    announce(world, post(world, b"%PDF-1.7 a letter", email="a@example.com"))
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
def test_a_file_that_is_too_large_or_names_no_user_is_parked(
    world: World, key: str, content: bytes
) -> None:
    world.drop(key, content)

    world.deliver_intake()

    assert list(world.intake_bucket.objects) == [f"rejected/{key}"]
    parked = world.intake_parked_queue.receive()
    assert parked is not None
    assert parked.message.reason
    assert world.profiles.kept == {}
    assert world.stories.kept == {}

    world.intake_queue.send(parked.message)  # `make redrive`
    world.deliver_intake()
    assert world.stories.kept == {}


def test_a_folder_is_ignored(world: World) -> None:
    ready = world.register("user_a")
    world.drop("profiles/user_a/", b"")

    world.deliver_intake()
    world.run()

    assert world.profile("user_a") == ready


def test_a_photo_posted_before_the_deletion_does_not_restore_the_profile(world: World) -> None:
    world.register("user_a")
    key = post(world, portrait(ANNA, shot=1))
    found = world.intake_bucket.objects[key]
    world.clock.advance(10)
    world.leave("user_a")
    world.intake_bucket.objects[key] = found  # the intake has read it already

    announce(world, key)

    assert world.profile("user_a").status is ProfileStatus.DELETED
    assert world.intake_bucket.objects == {}


def test_a_photo_posted_in_the_second_of_the_deletion_is_taken_in(world: World) -> None:
    """S3 tells whole seconds."""
    world.register("user_a", ANNA)
    world.clock.advance(0.5 - world.clock.now.microsecond / 1e6)
    world.leave("user_a")
    world.clock.advance(0.2)
    world.intake_bucket.post("profiles/user_a/after.jpg", portrait(BEN))
    world.clock.advance(120)

    world.sweep()
    world.deliver_intake()
    world.run()

    assert world.profile("user_a").status is ProfileStatus.READY


def test_a_photo_posted_while_another_was_in_work_replaces_it(world: World) -> None:
    world.put("user_a", BEN)
    world.clock.advance(60)
    key = post(world)
    world.clock.advance(60)
    (older,) = world.run()

    announce(world, key)
    world.run()

    assert world.photo_of("user_a").execution != older.name


def test_a_repeated_event_about_an_old_photo_does_not_stop_a_newer_one(world: World) -> None:
    key = post(world)
    world.clock.advance(60)
    world.register("user_a", ANNA)
    world.clock.advance(60)
    world.put("user_a", BEN)

    announce(world, key)
    (newer,) = world.run()

    assert world.photo_of("user_a").execution == newer.name
