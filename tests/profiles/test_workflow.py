"""A photo's way through the state machine that is deployed, over the world in memory."""

import io
from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest
from PIL import Image

from chalicelib.errors import FaceAlreadyExistsError, TransientError
from chalicelib.profiles import moves
from chalicelib.profiles.direct_upload import ProfileUpload
from chalicelib.profiles.faces import Face, FaceAttribute
from chalicelib.profiles.profile import GIVEN_UP, ProfileStatus
from tests.fakes.engines import CLEAR_FACE, portrait
from tests.fakes.world import ANNA, BEN, World

HAPPY_PATH = [
    "FaceDetection",
    "CheckFaceDuplicate",
    "ParallelProcessing",
    "AddFaceToIndex",
    "Thumbnail",
    "PersistMetadata",
]


@pytest.fixture
def world() -> World:
    return World()


def test_one_clear_face_becomes_the_profiles_photo(world: World) -> None:
    receipt = world.put("user_a")

    (execution,) = world.run()

    profile = world.profile("user_a")
    assert execution.path == HAPPY_PATH
    assert execution.status == "SUCCEEDED"
    assert profile.status is ProfileStatus.READY
    assert profile.photo is not None
    assert profile.photo.execution == receipt.profile.attempt.execution  # type: ignore[union-attr]
    assert world.faces_of("user_a") == [profile.photo.face_id]
    assert profile.photo.face == CLEAR_FACE
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
def test_a_photo_that_does_not_do_is_rejected_and_the_person_told(
    world: World, faces: list[Face], code: str
) -> None:
    world.faces.seen[ANNA] = faces
    world.put("user_b", email="b@example.com")

    (execution,) = world.run()

    profile = world.profile("user_b")
    assert execution.path == ["FaceDetection", "PhotoDoesNotMeetRequirement"]
    assert execution.status == "SUCCEEDED"
    assert profile.status is ProfileStatus.REJECTED
    assert profile.attempt is not None
    assert profile.attempt.refusal is not None
    assert profile.attempt.refusal.code == code
    ((to, subject, body),) = world.mailer.sent
    assert (to, subject) == ("b@example.com", "Your profile photo was not accepted")
    assert profile.attempt.refusal.message in body
    assert world.faces.calls == ["detect"], "a photo that does not do is paid for once"


def test_another_user_with_the_same_photo_is_refused_and_told(world: World) -> None:
    world.register("user_a")

    world.put("user_b", email="b@example.com")
    (execution,) = world.run()

    assert execution.path == [
        "FaceDetection",
        "CheckFaceDuplicate",
        "PhotoDoesNotMeetRequirement",
    ]
    profile = world.profile("user_b")
    assert profile.attempt is not None
    assert profile.attempt.refusal is not None
    assert profile.attempt.refusal.code == "face_already_exists"
    assert [to for to, _, _ in world.mailer.sent] == ["b@example.com"]
    assert world.faces_of("user_b") == []
    assert world.profile("user_a").status is ProfileStatus.READY


def test_a_face_that_is_too_unclear_to_be_added_is_rejected(world: World) -> None:
    world.faces.unclear.add(ANNA)

    profile = world.register("user_a")

    assert profile.status is ProfileStatus.REJECTED
    assert profile.attempt is not None
    assert profile.attempt.refusal is not None
    assert profile.attempt.refusal.code == "face_unclear"


def test_counting_twice_counts_once(world: World) -> None:
    """PersistMetadata took effect, and its answer was lost."""
    persist = world.functions["persist_metadata"]

    def answer_lost(event: dict[str, object]) -> object:
        world.functions["persist_metadata"] = persist
        persist(event)
        raise ConnectionError

    world.functions["persist_metadata"] = answer_lost
    world.put("user_a")
    (execution,) = world.run()

    assert execution.status == "SUCCEEDED"
    assert execution.path[-1] == "PersistMetadata"
    assert world.profile("user_a").status is ProfileStatus.READY


def test_a_profile_that_cannot_be_looked_after_does_not_keep_the_others_waiting(
    world: World,
) -> None:
    for person, user_id in enumerate(("user_a", "user_b", "user_c"), 1):
        world.faces.seen[person] = []
        world.register(user_id, person, email=f"{user_id}@example.com")
        world.profiles.kept[world.profile(user_id).id] = moves.ended(
            world.profile(user_id), ProfileStatus.REJECTED, GIVEN_UP, world.clock()
        )
    world.mailer.sent.clear()
    send = world.mailer.send

    def fails_for_b(to: str, subject: str, body: str) -> None:
        if to.startswith("user_b"):
            raise TransientError("SendEmail failed")
        send(to, subject, body)

    world.mailer.send = fails_for_b  # type: ignore[method-assign]
    world.clock.advance(600)
    world.sweep()

    assert {to for to, _, _ in world.mailer.sent} == {"user_a@example.com", "user_c@example.com"}


def test_without_an_address_nobody_is_told_and_the_photo_is_rejected_all_the_same(
    world: World,
) -> None:
    world.faces.seen[ANNA] = []

    assert world.register("user_b").status is ProfileStatus.REJECTED

    assert world.mailer.sent == []
    assert not world.profile("user_b").attempt.notice_owed  # type: ignore[union-attr]


def test_an_address_that_ses_refuses_changes_nothing_else(world: World) -> None:
    world.faces.seen[ANNA] = []
    world.mailer.refused.add("nobody@example.com")

    profile = world.register("user_b", email="nobody@example.com")
    world.clock.advance(600)
    world.sweep()

    assert profile.status is ProfileStatus.REJECTED
    assert world.profile("user_b").unfinished_since is None


def test_a_new_photo_of_the_same_user_replaces_the_old_one(world: World) -> None:
    old = world.register("user_a").photo
    assert old is not None
    world.clock.advance(71)  # nobody can be storing anything for it any more

    new = world.register("user_a", shot=1).photo

    assert new is not None
    assert new.generation != old.generation
    assert world.faces_of("user_a") == [new.face_id], "the old face is gone, the new one in"
    world.clock.advance(300)
    world.sweep()
    assert all(f"/{new.generation}/" in key for key in world.files_of("user_a"))


def test_the_old_photo_counts_on_when_the_new_one_does_not_do(world: World) -> None:
    old = world.register("user_a", ANNA).photo
    world.faces.seen[BEN] = []

    profile = world.register("user_a", BEN, email="a@example.com")

    assert profile.status is ProfileStatus.REJECTED
    assert profile.photo == old
    ((_, _, body),) = world.mailer.sent
    assert "Your present photo stays as it is." in body


def test_the_seeds_input_starts_an_execution_as_it_stands(world: World) -> None:
    world.by_hand("user_a", portrait(ANNA), "6f1c2d7e-console")

    (execution,) = world.run()

    assert execution.path == HAPPY_PATH
    profile = world.profile("user_a")
    assert profile.photo is not None
    assert profile.photo.execution == "6f1c2d7e-console"
    assert profile.unfinished_since is None


def test_an_execution_by_hand_for_a_photo_that_is_not_there_is_rejected(
    world: World,
) -> None:
    execution = world.by_hand("user_a", portrait(ANNA))
    execution.input["s3Key"] = "nothing-here.jpg"

    world.run()

    attempt = world.profile("user_a").attempt
    assert attempt is not None
    assert attempt.refusal is not None
    assert attempt.refusal.code == "photo_not_there"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"userId": "../etc", "s3Bucket": "photos", "s3Key": "me.jpg"},
        {"userId": "x" * 300, "s3Bucket": "photos", "s3Key": "me.jpg"},
        {"userId": "user_a", "s3Bucket": "photos"},
    ],
)
def test_an_execution_with_an_input_that_says_nothing_fails(
    world: World, sent: dict[str, str]
) -> None:
    execution = world.workflow.begin("by-hand", sent)

    world.run()

    assert execution.status == "FAILED"
    assert execution.path == ["FaceDetection", "ProcessingFailed", "Failed"]
    assert world.profiles.kept == {}


def test_what_is_no_image_is_rejected_with_the_reason(world: World) -> None:
    world.by_hand("user_a", b"%PDF-1.7 a letter")

    world.run()

    attempt = world.profile("user_a").attempt
    assert attempt is not None
    assert attempt.refusal is not None
    assert attempt.refusal.code == "unsupported_media_type"


def test_throttling_is_tried_again(world: World) -> None:
    answers = [TransientError("IndexFaces failed with ThrottlingException")] * 3
    add = world.functions["add_face_to_index"]

    def throttled(event: dict[str, object]) -> object:
        if answers:
            raise answers.pop()
        return add(event)

    world.functions["add_face_to_index"] = throttled

    assert world.register("user_a").status is ProfileStatus.READY


def test_what_goes_on_failing_ends_as_failed_and_the_person_is_told(world: World) -> None:
    def broken(_event: dict[str, object]) -> object:
        raise ZeroDivisionError

    world.functions["make_thumbnail"] = broken
    world.put("user_a", email="a@example.com")

    (execution,) = world.run()

    profile = world.profile("user_a")
    assert execution.status == "FAILED"
    assert execution.path[-2:] == ["ProcessingFailed", "Failed"]
    assert profile.status is ProfileStatus.FAILED
    assert [subject for _, subject, _ in world.mailer.sent] == [
        "Your profile photo could not be processed"
    ]
    assert world.faces_of("user_a") == []


def test_mail_that_ses_has_no_time_for_is_sent_by_the_sweeper(world: World) -> None:
    world.faces.seen[ANNA] = []
    send = world.mailer.send

    def down(*_: str) -> None:
        raise TransientError("SendEmail failed with TooManyRequestsException")

    world.mailer.send = down  # type: ignore[method-assign,assignment]
    world.register("user_a", email="a@example.com")
    world.mailer.send = send  # type: ignore[method-assign]
    world.clock.advance(600)

    world.sweep()

    assert len(world.mailer.sent) == 1
    assert world.profile("user_a").unfinished_since is None


def test_nothing_is_paid_twice_when_an_execution_dies_and_another_goes_on(
    world: World,
) -> None:
    persist = world.functions["persist_metadata"]

    def unreachable(_event: dict[str, object]) -> object:
        raise TransientError("DynamoDB is away")

    for name in ("persist_metadata", "fail_photo"):
        world.functions[name] = unreachable
    world.put("user_a")
    world.run()
    world.functions["persist_metadata"] = persist
    world.clock.advance(600)
    world.sweep()
    (again,) = world.run()

    profile = world.profile("user_a")
    assert profile.status is ProfileStatus.READY
    assert again.name.endswith("-2")
    assert world.faces.calls.count("detect") == 1
    assert world.faces.calls.count("add") == 1
    assert len(world.faces_of("user_a")) == 1


def test_an_attempt_that_no_execution_brings_to_an_end_fails(world: World) -> None:
    def unreachable(_event: dict[str, object]) -> object:
        raise TransientError("Lambda is away")

    for name in world.functions:
        world.functions[name] = unreachable
    world.put("user_a", email="a@example.com")
    for _ in range(10):
        world.run()
        world.clock.advance(timedelta(hours=1).total_seconds())
        world.sweep()

    profile = world.profile("user_a")
    assert profile.status is ProfileStatus.FAILED
    assert profile.unfinished_since is None
    assert len(world.workflow.executions) == 5
    assert len(world.mailer.sent) == 1


def test_a_refusal_outlives_the_execution_that_wrote_it_down(world: World) -> None:
    """The next one meets it in its first state already."""
    world.register("user_a")
    world.put("user_b", email="b@example.com")
    (first,) = (each for each in world.workflow.executions.values() if each.status == "RUNNING")
    check = world.functions["check_face_duplicate"]

    def aborted(event: dict[str, object]) -> object:
        with suppress(FaceAlreadyExistsError):
            check(event)
        raise KeyboardInterrupt  # and nothing after it happens

    world.functions["check_face_duplicate"] = aborted
    with pytest.raises(KeyboardInterrupt):
        world.run()
    first.status = "ABORTED"
    world.clock.advance(600)
    world.sweep()
    (second,) = world.run()

    assert second.path == ["FaceDetection", "PhotoDoesNotMeetRequirement"]
    assert world.profile("user_b").status is ProfileStatus.REJECTED
    ((_, subject, _),) = world.mailer.sent
    assert subject == "Your profile photo was not accepted"


def test_who_is_refused_is_told_why_even_if_something_else_fails_then(world: World) -> None:
    def unreachable(_event: dict[str, object]) -> object:
        raise TransientError("Lambda is away")

    world.faces.seen[ANNA] = []
    world.functions["refuse_photo"] = unreachable

    profile = world.register("user_a", email="a@example.com")

    assert profile.status is ProfileStatus.REJECTED
    assert profile.attempt is not None
    assert profile.attempt.refusal is not None
    assert profile.attempt.refusal.code == "no_face"
    assert [subject for _, subject, _ in world.mailer.sent] == [
        "Your profile photo was not accepted"
    ]


def test_nor_is_a_refusal_forgotten_that_no_execution_could_tell(world: World) -> None:
    def unreachable(_event: dict[str, object]) -> object:
        raise TransientError("Lambda is away")

    world.faces.seen[ANNA] = []
    for name in ("refuse_photo", "fail_photo"):
        world.functions[name] = unreachable
    world.put("user_a", email="a@example.com")
    for _ in range(6):
        world.run()
        world.clock.advance(timedelta(hours=1).total_seconds())
        world.sweep()

    profile = world.profile("user_a")
    assert profile.status is ProfileStatus.REJECTED
    assert [subject for _, subject, _ in world.mailer.sent] == [
        "Your profile photo was not accepted"
    ]


def test_a_photo_that_was_posted_before_another_was_sent_does_not_replace_it(
    world: World,
) -> None:
    """S3's event about the older one was lost, and the sweeper finds it."""
    key = post(world, "user_a", ANNA)
    world.clock.advance(60)
    newer = world.register("user_a", BEN).photo
    world.announce(key)

    world.deliver_intake()

    assert world.run() == []
    assert world.profile("user_a").photo == newer
    assert key not in world.intake_bucket.objects


def test_a_photo_that_was_posted_while_another_was_on_its_way_replaces_it(
    world: World,
) -> None:
    world.put("user_a", BEN)
    world.clock.advance(60)
    key = post(world, "user_a", ANNA)
    world.clock.advance(60)
    older = world.run()
    world.announce(key)

    world.deliver_intake()
    world.run()

    photo = world.profile("user_a").photo
    assert photo is not None
    assert photo.execution != older[0].name


def test_an_old_photo_whose_event_is_repeated_does_not_stop_a_newer_one(
    world: World,
) -> None:
    key = post(world, "user_a", ANNA)
    world.clock.advance(60)
    world.register("user_a", ANNA)
    world.clock.advance(60)
    world.put("user_a", BEN)
    world.announce(key)

    world.deliver_intake()
    (newer,) = world.run()

    photo = world.profile("user_a").photo
    assert photo is not None
    assert photo.execution == newer.name


def test_of_two_executions_by_hand_the_later_one_counts(world: World) -> None:
    """Even if the earlier one comes to its first task when the later one is started already."""
    world.by_hand("user_a", portrait(BEN), "earlier")
    world.clock.advance(5)
    later = world.by_hand("user_a", portrait(ANNA), "later")
    world.clock.advance(5)

    world.run()

    photo = world.profile("user_a").photo
    assert photo is not None
    assert photo.execution == later.name


def post(world: World, user_id: str, person: int) -> str:
    """Post a photo to the intake_bucket bucket; S3 has told nobody yet."""
    permit = world.part(ProfileUpload).permit(user_id, "image/png", None)
    key = permit.form.fields["key"]
    world.intake_bucket.post(key, portrait(person))
    return key
