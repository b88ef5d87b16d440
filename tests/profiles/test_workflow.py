"""A photo's way through the state machine that is deployed, over the fakes."""

import io
from collections.abc import Callable

import msgspec
import pytest
from PIL import Image

from chalicelib.errors import TransientError
from chalicelib.profiles import keys, moves
from chalicelib.profiles.faces import Face, FaceAttribute, Owner
from chalicelib.profiles.profile import (
    FACE_ALREADY_EXISTS,
    GIVEN_UP,
    ProfileStatus,
    owed_to,
)
from tests.fakes.engines import CLEAR_FACE, portrait
from tests.fakes.trouble import fail
from tests.fakes.world import ANNA, BEN, World

HAPPY_PATH = [
    "FaceDetection",
    "CheckFaceDuplicate",
    "ParallelProcessing",
    "AddFaceToIndex",
    "Thumbnail",
    "PersistMetadata",
]
NOT_ACCEPTED = "Your profile photo was not accepted"


def subjects(world: World) -> list[str]:
    return [subject for _, subject, _ in world.mailer.sent]


def test_one_clear_face_becomes_the_profiles_photo(world: World) -> None:
    receipt = world.put("user_a")

    (execution,) = world.run()

    profile = world.profile("user_a")
    photo = world.photo_of(profile)
    assert execution.path == HAPPY_PATH
    assert execution.status == "SUCCEEDED"
    assert profile.status is ProfileStatus.READY
    assert photo.execution == receipt.profile.attempt.execution  # type: ignore[union-attr]
    assert world.faces_of("user_a") == [photo.face_id]
    assert photo.face == CLEAR_FACE
    assert profile.unfinished_since is None
    with Image.open(io.BytesIO(world.thumbnail(profile))) as thumbnail:
        assert thumbnail.size == (256, 256)
    assert world.mailer.sent == []


@pytest.mark.parametrize(
    ("faces", "code"),
    [
        ([], "no_face"),
        ([CLEAR_FACE, CLEAR_FACE], "several_faces"),
        ([msgspec.structs.replace(CLEAR_FACE, sunglasses=FaceAttribute(True, 90.0))], "sunglasses"),
    ],
)
def test_an_unsuitable_photo_is_rejected_with_mail(
    world: World, faces: list[Face], code: str
) -> None:
    world.faces.seen[ANNA] = faces
    world.put("user_b", email="b@example.com")

    (execution,) = world.run()

    profile = world.profile("user_b")
    assert execution.path == ["FaceDetection", "PhotoDoesNotMeetRequirement"]
    assert execution.status == "SUCCEEDED"
    assert profile.status is ProfileStatus.REJECTED
    assert world.refusal_of("user_b") == code
    ((to, subject, body),) = world.mailer.sent
    assert (to, subject) == ("b@example.com", NOT_ACCEPTED)
    assert execution.output == profile.attempt.refusal.message  # type: ignore[union-attr]
    assert execution.output in body
    assert world.faces.calls == ["detect"], "an unsuitable photo is paid for once"


def test_another_user_with_the_same_photo_is_refused_with_mail(world: World) -> None:
    world.register("user_a")

    world.put("user_b", email="b@example.com")
    (execution,) = world.run()

    assert execution.path == ["FaceDetection", "CheckFaceDuplicate", "PhotoDoesNotMeetRequirement"]
    assert world.refusal_of("user_b") == "face_already_exists"
    assert execution.output == FACE_ALREADY_EXISTS.message
    assert [to for to, _, _ in world.mailer.sent] == ["b@example.com"]
    assert world.faces_of("user_b") == []
    assert world.profile("user_a").status is ProfileStatus.READY


def _unclear(world: World) -> None:
    world.faces.unclear.add(ANNA)
    world.put("user_a")


def _not_there(world: World) -> None:
    world.by_hand("user_a", portrait(ANNA)).input["s3Key"] = "nothing-here.jpg"


def _no_image(world: World) -> None:
    world.by_hand("user_a", b"%PDF-1.7 a letter")


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (_unclear, "face_unclear"),
        (_not_there, "photo_not_there"),
        (_no_image, "unsupported_media_type"),
    ],
)
def test_a_photo_that_cannot_be_used_is_rejected(
    world: World, send: Callable[[World], None], code: str
) -> None:
    send(world)

    world.run()

    assert world.profile("user_a").status is ProfileStatus.REJECTED
    assert world.refusal_of("user_a") == code


def test_the_sweep_goes_on_after_a_profile_that_fails(world: World) -> None:
    for person, user_id in enumerate(("user_a", "user_b", "user_c"), 1):
        world.faces.seen[person] = []
        world.put(user_id, person, email=f"{user_id}@example.com")
        world.profiles.kept[world.profile(user_id).id] = moves.ended(
            world.profile(user_id), ProfileStatus.REJECTED, GIVEN_UP, world.clock()
        )
    send = world.mailer.send

    def fails_for_b(to: str, subject: str, body: str) -> None:
        if to.startswith("user_b"):
            raise TransientError("SendEmail failed")
        send(to, subject, body)

    world.mailer.send = fails_for_b  # type: ignore[method-assign]
    world.clock.advance(600)
    world.sweep()

    assert {to for to, _, _ in world.mailer.sent} == {"user_a@example.com", "user_c@example.com"}


def test_a_photo_without_an_address_is_rejected_without_mail(world: World) -> None:
    world.faces.seen[ANNA] = []

    assert world.register("user_b").status is ProfileStatus.REJECTED

    assert world.mailer.sent == []
    assert world.profile("user_b").unfinished_since is not None  # its files are a leftover
    assert owed_to(world.profile("user_b")) == []


def test_an_address_that_ses_refuses_changes_nothing_else(world: World) -> None:
    world.faces.seen[ANNA] = []
    world.mailer.refused.add("nobody@example.com")

    assert world.register("user_b", email="nobody@example.com").status is ProfileStatus.REJECTED

    world.sweep_for(600)
    assert world.profile("user_b").unfinished_since is None


def test_a_new_photo_of_the_same_user_replaces_the_old_one(world: World) -> None:
    old = world.photo_of(world.register("user_a"))
    world.clock.advance(71)  # no worker can be storing anything for it any more

    new = world.photo_of(world.register("user_a", shot=1))

    assert new.generation != old.generation
    assert world.faces_of("user_a") == [new.face_id], "the old face is gone, the new one in"
    world.sweep_for(300)
    assert all(f"/{new.generation}/" in key for key in world.files_of("user_a"))


def test_the_old_photo_stays_when_the_new_one_is_rejected(world: World) -> None:
    old = world.register("user_a", ANNA).photo
    world.faces.seen[BEN] = []

    profile = world.register("user_a", BEN, email="a@example.com")

    assert profile.status is ProfileStatus.REJECTED
    assert profile.photo == old
    ((_, _, body),) = world.mailer.sent
    assert "Your present photo stays as it is." in body


def test_an_execution_can_be_started_by_hand_with_the_seeds_input(world: World) -> None:
    world.by_hand("user_a", portrait(ANNA), "6f1c2d7e-console")

    (execution,) = world.run()

    assert execution.path == HAPPY_PATH
    assert world.photo_of("user_a").execution == "6f1c2d7e-console"
    assert world.profile("user_a").unfinished_since is None


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"userId": "../etc", "s3Bucket": "photos", "s3Key": "me.jpg"},
        {"userId": "x" * 300, "s3Bucket": "photos", "s3Key": "me.jpg"},
        {"userId": "user_a", "s3Bucket": "photos"},
    ],
)
def test_an_execution_with_a_malformed_input_fails(world: World, sent: dict[str, str]) -> None:
    execution = world.workflow.begin("by-hand", sent)

    world.run()

    assert execution.status == "FAILED"
    assert execution.path == ["FaceDetection", "ProcessingFailed", "Failed"]
    assert world.profiles.kept == {}


def test_an_attempt_that_no_execution_ends_fails(world: World) -> None:
    fail(world.functions, *world.functions)
    world.put("user_a", email="a@example.com")
    world.try_for_hours(10)

    profile = world.profile("user_a")
    assert profile.status is ProfileStatus.FAILED
    assert profile.unfinished_since is None
    assert len(world.workflow.executions) == 5
    assert len(world.mailer.sent) == 1


@pytest.mark.parametrize("tasks", [["refuse_photo"], ["refuse_photo", "fail_photo"]])
def test_a_refusal_is_kept_and_mailed_although_tasks_after_it_fail(
    world: World, tasks: list[str]
) -> None:
    world.faces.seen[ANNA] = []
    fail(world.functions, *tasks)
    world.put("user_a", email="a@example.com")
    if len(tasks) == 1:
        (execution,) = world.run()
        assert execution.path[1:] == ["PhotoDoesNotMeetRequirement", "ProcessingFailed", "Failed"]
    else:
        world.try_for_hours(6)

    assert world.profile("user_a").status is ProfileStatus.REJECTED
    assert world.refusal_of("user_a") == "no_face"
    assert subjects(world) == [NOT_ACCEPTED]


def test_a_thumbnail_stored_after_the_refusal_is_removed(world: World) -> None:
    """Step Functions does not wait for the thumbnail when the other branch refuses the face."""
    world.faces.unclear.add(ANNA)
    profile = world.register("user_a")
    assert profile.status is ProfileStatus.REJECTED
    assert profile.attempt is not None
    late = keys.thumbnail(Owner(profile.id, profile.attempt.generation))
    world.media.put(late, b"late", "image/jpeg")

    world.sweep_for(300)

    assert world.files_of("user_a") == []
