"""What went wrong once: each comment says how."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from chalice.app import Response

from chalicelib import telemetry
from chalicelib.assembly import AwsTools
from chalicelib.aws.requests import RequestFailedError
from chalicelib.aws.ses import SesMailer
from chalicelib.errors import InvalidRequestError, TransientError, UnknownProfileError
from chalicelib.http.answers import answering_errors
from chalicelib.http.profiles import email_of
from chalicelib.profiles.faces import Owner, owner_of
from chalicelib.profiles.intake import NewPhoto, ProfileIntake
from chalicelib.profiles.profile import Profile, ProfileStatus
from chalicelib.profiles.retrieval import ProfileRetrieval
from chalicelib.settings import Settings
from tests.fakes.engines import portrait
from tests.fakes.workflow import Interpreter
from tests.fakes.world import ANNA, BEN, World
from tests.unit.test_http import request
from tests.unit.test_settings import ENVIRONMENT


@pytest.fixture
def world() -> World:
    return World()


def _away(*_: Any) -> Any:
    raise TransientError("AWS is away")


unreachable: Any = _away


def code_of(profile: Profile) -> str | None:
    return profile.attempt.refusal.code if profile.attempt and profile.attempt.refusal else None


def as_rekognition_adds(world: World) -> None:
    """The same image under the same ExternalImageId is indexed once: it has the same face id."""
    add = world.faces.add

    def once(picture: bytes, owner: Owner | None) -> str | None:
        own = [match.face_id for match in world.faces.search(picture) if match.owner == owner]
        return own[0] if own else add(picture, owner)

    world.faces.add = once  # type: ignore[method-assign]


def lose(world: World, *tasks: str) -> dict[str, Any]:
    """Let these functions fail until they are put back."""
    before = {task: world.functions[task] for task in tasks}
    world.functions.update(dict.fromkeys(tasks, unreachable))
    return before


# Was: FaceDetection does not catch FaceAlreadyExistsError from `records.current_attempt`.
def test_a_beaten_attempt_that_another_execution_ends_is_rejected_as_beaten(
    world: World,
) -> None:
    world.register("user_a")
    world.put("user_b", email="b@example.com")
    before = lose(world, "refuse_photo", "fail_photo")
    world.run()
    world.functions.update(before)
    world.clock.advance(600)
    world.sweep()

    (again,) = world.run()

    assert again.path == ["FaceDetection", "PhotoDoesNotMeetRequirement"]
    assert world.profile("user_b").status is ProfileStatus.REJECTED
    assert code_of(world.profile("user_b")) == "face_already_exists"


# Was: `ending.failed` and `failover._give_up` write GIVEN_UP over a refusal that is known.
def test_a_reason_that_is_known_is_not_lost_when_it_cannot_be_said_at_once(
    world: World,
) -> None:
    world.faces.seen[ANNA] = []
    lose(world, "refuse_photo")

    profile = world.register("user_a", email="a@example.com")

    assert (profile.status, code_of(profile)) == (ProfileStatus.REJECTED, "no_face")


# Was: `intake.taken` holds `sent_at` against the deletion only, never against a later photo.
def test_a_staged_photo_does_not_take_the_place_of_one_that_was_sent_later(
    world: World,
) -> None:
    world.intake_bucket.post("profiles/user_a/older.jpg", portrait(ANNA))  # its event is lost
    world.clock.advance(30)
    newer = world.register("user_a", BEN).photo
    world.clock.advance(90)
    world.sweep()

    world.deliver_intake()
    world.run()

    assert world.profile("user_a").photo == newer


# Was: by hand, `Attempt.created_at` is when the first task ran, not when the execution started.
def test_of_two_executions_by_hand_the_one_started_later_counts(world: World) -> None:
    world.by_hand("user_a", portrait(ANNA), "first")
    world.clock.advance(0.5)
    world.by_hand("user_a", portrait(BEN), "second")
    world.clock.advance(2)  # a cold start

    world.run()

    photo = world.profile("user_a").photo
    assert photo is not None
    assert photo.execution == "second"


# Was: after `moves.returned`, nothing tells a retried FaceDetection that it is not wanted.
def test_a_photo_that_was_sent_again_after_an_execution_by_hand_stays(
    world: World,
) -> None:
    kept = world.register("user_a", ANNA).photo
    assert kept is not None
    world.clock.advance(10)
    world.by_hand("user_a", portrait(BEN))
    world.clock.advance(1)
    detect = world.faces.detect

    def throttled(picture: bytes) -> Any:
        world.faces.detect = detect  # type: ignore[method-assign]
        world.put("user_a", ANNA)
        return unreachable(picture)

    world.faces.detect = throttled  # type: ignore[method-assign]
    world.run()

    photo = world.profile("user_a").photo
    assert photo is not None
    assert photo.generation == kept.generation


# Was: `fail_photo` finds no attempt, says Superseded, and the execution SUCCEEDED.
def test_an_execution_by_hand_that_fails_before_anything_is_written_does_not_succeed(
    world: World,
) -> None:
    execution = world.by_hand("user_a", portrait(ANNA))
    lose(world, "detect_face")

    world.run()

    assert execution.status == "FAILED"


# Was: nothing remembers the deletion once the record is removed, 70 s after it.
def test_an_execution_by_hand_from_before_the_deletion_brings_nobody_back(
    world: World,
) -> None:
    world.register("user_a")
    world.by_hand("user_a", portrait(BEN))
    world.clock.advance(1)
    world.part(ProfileRetrieval).delete("user_a")
    world.clock.advance(71)  # Lambda is throttled, or its first try timed out
    world.sweep()

    world.workflow.run(Interpreter(world.functions))

    assert world.faces_of("user_a") == []


# Was: `CleanUp.finish` tells first; a mailer that raises keeps what was left from going.
def test_faces_and_files_of_a_refused_photo_go_although_mail_cannot_be_sent(
    world: World,
) -> None:
    lose(world, "make_thumbnail")
    world.mailer.send = unreachable  # type: ignore[method-assign]
    world.put("user_a", email="a@example.com")
    world.run()
    for _ in range(5):
        world.clock.advance(3600)
        world.sweep()

    assert world.faces_of("user_a") == []
    assert world.files_of("user_a") == []


# Was: SES answers MessageRejected for a sender that is not verified, too.
def test_a_sender_that_is_not_verified_yet_is_not_the_persons_fault() -> None:
    class Client:
        def send_email(self, **_: Any) -> Any:
            message = (
                "Email address is not verified. The following identities failed the check in "
                "region US-EAST-1: stories@example.com"
            )
            error: Any = {"Error": {"Code": "MessageRejected", "Message": message}}
            raise ClientError(error, "SendEmail")

    client: Any = Client()
    with pytest.raises(RequestFailedError):
        SesMailer(client, "stories@example.com").send("a@example.com", "subject", "body")


# Was: the console's "Create folder" announces an empty object, which is taken for a photo.
def test_a_folder_in_the_staging_bucket_is_no_photo(world: World) -> None:
    ready = world.register("user_a")
    world.intake_bucket.post("profiles/user_a/", b"")
    world.announce("profiles/user_a/")

    world.deliver_intake()
    world.run()

    assert world.profile("user_a") == ready


# Was: `Pipeline.take_in_staged` knows rejected/profiles/... for a page.
def test_a_profile_photo_that_was_put_aside_and_back_never_becomes_a_story(
    world: World,
) -> None:
    world.intake_bucket.post("profiles/me.jpg", portrait(ANNA))
    world.announce("profiles/me.jpg")
    world.deliver_intake()
    parked = world.intake_parked_queue.receive()
    assert parked is not None

    world.intake_queue.send(parked.message)  # `make redrive`
    world.deliver_intake()

    assert world.stories.kept == {}


# Was: `retrieve` does not look at what `resume` gives back.
def test_a_profile_that_is_deleted_while_it_is_resumed_is_unknown(world: World) -> None:
    start = world.workflow.start
    world.workflow.start = unreachable  # type: ignore[method-assign]
    with pytest.raises(TransientError):
        world.put("user_a")
    world.clock.advance(71)

    def deleted_meanwhile(*given: str) -> None:
        world.part(ProfileRetrieval).delete("user_a")
        start(*given)

    world.workflow.start = deleted_meanwhile  # type: ignore[method-assign,assignment]

    with pytest.raises(UnknownProfileError):
        world.part(ProfileRetrieval).retrieve("user_a")


# Was: `Registration._added` removes a face of its generation, which a later execution has taken up.
def test_an_execution_that_is_replaced_does_not_remove_the_face_of_the_one_that_replaces_it(
    world: World,
) -> None:
    as_rekognition_adds(world)
    add = world.faces.add
    world.put("user_a")
    (first,) = world.workflow.executions.values()

    def slow(picture: bytes, owner: Owner | None) -> str | None:
        world.faces.add = add  # type: ignore[method-assign]
        face_id = add(picture, owner)
        first.status = "ABORTED"
        # As long as the function may run, and by clocks that differ by less than CLOCKS_DIFFER_BY.
        world.clock.advance(71)
        world.sweep()
        second = next(each for each in world.workflow.executions.values() if each is not first)
        Interpreter(world.functions).run(second)
        return face_id

    world.faces.add = slow  # type: ignore[method-assign]
    Interpreter(world.functions).run(first)

    profile = world.profile("user_a")
    assert profile.status is ProfileStatus.READY
    assert profile.photo is not None
    assert world.faces_of("user_a") == [profile.photo.face_id]


# Was: of two who asked at once, both told the person; now it is the sweeper's.
def test_asking_for_a_profile_tells_nobody_and_the_sweeper_tells_once(
    world: World,
) -> None:
    world.faces.seen[ANNA] = []
    send = world.mailer.send
    world.mailer.send = unreachable  # type: ignore[method-assign]
    world.register("user_a", email="a@example.com")
    world.mailer.send = send  # type: ignore[method-assign]
    world.clock.advance(600)

    world.part(ProfileRetrieval).retrieve("user_a")
    asked = len(world.mailer.sent)
    world.sweep()
    world.sweep()

    assert (asked, len(world.mailer.sent)) == (0, 1)


# Was: telemetry.bound(key=...) in direct_upload; a user's id may be an e-mail address.
def test_logs_do_not_tell_whose_photo_it_is(world: World) -> None:
    lines: list[dict[str, Any]] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            telemetry._add_bound_fields(record)
            lines.append(dict(record.__dict__))

    kept = Kept(logging.INFO)
    logger = logging.getLogger("chalicelib")
    level = logger.level
    logger.addHandler(kept)
    logger.setLevel(logging.INFO)
    try:
        world.intake_bucket.post("profiles/anna@example.com/me.jpg", portrait(ANNA))
        world.announce("profiles/anna@example.com/me.jpg")
        world.deliver_intake()
    finally:
        logger.removeHandler(kept)
        logger.setLevel(level)

    assert lines
    assert not [line for line in lines if "anna@example.com" in str(line)]


# Was: DELETE and GET clean up at once, with a client that may take 2 x (2 + 25) s and more.
def test_no_tool_of_the_http_api_waits_for_longer_than_api_gateway_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    tools = AwsTools(Settings.from_environment(ENVIRONMENT))
    config: Any = tools.faces.quick.meta.config

    longest = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)

    assert longest < 29


# Was: nothing is discarded while a photo is on its way; DynamoDB takes 400 KB an item.
def test_what_was_left_goes_although_another_photo_is_on_its_way(world: World) -> None:
    world.register("user_a", ANNA)
    remove = world.faces.remove
    world.faces.remove = unreachable  # type: ignore[method-assign]
    world.part(ProfileRetrieval).delete("user_a")
    world.faces.remove = remove  # type: ignore[method-assign]
    world.put("user_a", BEN)  # and its execution runs on

    for _ in range(3):
        world.clock.advance(300)
        world.sweep()

    assert world.faces_of("user_a") == []


def test_what_replaced_photos_left_goes_although_no_photo_comes_to_its_end(
    world: World,
) -> None:
    """106 bytes of the record each, by DynamoDB's count: after some 3,800 it takes no more."""
    for number in range(200):
        world.part(ProfileIntake).take_in(NewPhoto("user_a", b"photo %d" % number, "image/png"))
        world.clock.advance(2)
        if number % 30 == 0:
            world.sweep()

    assert len(world.profile("user_a").leftovers) < 150


# Was: photo_not_there says "send it again", and is final: sent again, it is not taken in.
def test_a_photo_that_was_lost_can_be_sent_again(world: World) -> None:
    world.put("user_a")
    world.media.objects.clear()
    world.run()
    assert code_of(world.profile("user_a")) == "photo_not_there"

    assert world.register("user_a").status is ProfileStatus.READY


# Was: `moves.joined` keeps the first address, even one that SES refused.
def test_whoever_sends_it_again_with_the_right_address_is_told(world: World) -> None:
    world.faces.seen[ANNA] = []
    world.mailer.refused.add("anna@example.con")
    world.register("user_a", email="anna@example.con")

    world.put("user_a", email="anna@example.com")
    world.clock.advance(600)
    world.sweep()

    assert [to for to, _, _ in world.mailer.sent] == ["anna@example.com"]


# Was: another hand's ExternalImageId may have a colon ([a-zA-Z0-9_.\-:]+).
def test_a_face_that_another_hand_named_is_not_ours() -> None:
    assert owner_of("team:anna") is None


# Was: S3 takes 2 KB of metadata with an object, SES 320 letters of an address.
def test_an_address_that_s3_and_ses_do_not_take_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        email_of(request(x_email="a@" + "c." * 1500 + "example"))


# Was: S3 tells whole seconds: a photo from just after the deletion counts as from before it.
def test_a_photo_posted_in_the_second_of_the_deletion_is_taken_in(world: World) -> None:
    world.register("user_a", ANNA)
    world.clock.advance(0.5 - world.clock.now.microsecond / 1e6)
    world.part(ProfileRetrieval).delete("user_a")
    world.clock.advance(0.2)
    world.intake_bucket.post("profiles/user_a/after.jpg", portrait(BEN))
    world.clock.advance(120)

    world.sweep()
    world.deliver_intake()
    world.run()

    assert world.profile("user_a").status is ProfileStatus.READY


# Was: an e-mail that can never be sent is tried at each sweep and each poll, for ever.
def test_mail_that_cannot_be_sent_is_given_up_some_day(world: World) -> None:
    world.faces.seen[ANNA] = []
    world.mailer.send = unreachable  # type: ignore[method-assign]
    world.register("user_a", email="a@example.com")
    for _ in range(14 * 24):
        world.clock.advance(timedelta(hours=1).total_seconds())
        world.sweep()

    assert world.profile("user_a").unfinished_since is None


# Was: a photo's leftover has no `until`: a thumbnail that an earlier try still stores stays.
def test_a_thumbnail_that_comes_after_the_deletion_goes_with_it(world: World) -> None:
    put = world.media.put
    late: list[tuple[str, bytes, str]] = []

    def answer_lost(key: str, content: bytes, content_type: str) -> None:
        if key.endswith("thumbnail.jpg") and not late:
            late.append((key, content, content_type))
            raise TransientError("Lambda.SdkClientException: it runs on, unnoticed")
        put(key, content, content_type)

    world.media.put = answer_lost  # type: ignore[method-assign]
    world.register("user_a")
    world.part(ProfileRetrieval).delete("user_a")
    put(*late[0])
    for _ in range(3):
        world.clock.advance(300)
        world.sweep()

    assert world.files_of("user_a") == []


# Was: a repeated upload is no third caller of the failover (design: "One mechanism").
def test_a_photo_sent_again_sets_going_what_nobody_works_on(world: World) -> None:
    world.put("user_a")
    (execution,) = world.workflow.executions.values()
    execution.status = "ABORTED"
    world.clock.advance(120)

    world.put("user_a")

    assert len(world.workflow.executions) == 2


# Was: `CleanUp._remove_leftover` begins with Rekognition, and linked files wait for it.
def test_the_thumbnail_of_a_deleted_profile_goes_although_rekognition_is_away(
    world: World,
) -> None:
    world.register("user_a")
    world.faces.remove = unreachable  # type: ignore[method-assign]

    world.part(ProfileRetrieval).delete("user_a")

    assert not [key for key in world.files_of("user_a") if key.startswith("public/")]


# Was: `failover._resume` counts executions, and an attempt that cannot be started has none.
def test_an_attempt_that_cannot_be_started_does_not_stay_processing_for_ever(
    world: World,
) -> None:
    world.put("user_a")
    (execution,) = world.workflow.executions.values()
    execution.status = "ABORTED"  # after its 202
    world.workflow.start = unreachable  # type: ignore[method-assign]
    for _ in range(14 * 24):
        world.clock.advance(timedelta(hours=1).total_seconds())
        world.sweep()

    assert world.profile("user_a").status is ProfileStatus.FAILED


# Was: the id that PUT answered is unknown as soon as another execution takes the attempt up.
def test_the_execution_that_was_answered_finds_the_photo_whichever_execution_ended_it(
    world: World,
) -> None:
    receipt = world.put("user_a")
    assert receipt.profile.attempt is not None
    answered = receipt.profile.attempt.execution
    world.workflow.executions[answered].status = "ABORTED"
    world.clock.advance(71)

    found = world.part(ProfileRetrieval).retrieve("user_a", answered)

    assert found.status is ProfileStatus.PROCESSING


# Was: `http.answering_errors` logs what it answers, the address that was mistyped included.
def test_logs_do_not_tell_an_address_that_is_none(caplog: pytest.LogCaptureFixture) -> None:
    @answering_errors
    def view() -> Response:
        email_of(request(x_email="anna.meier@example"))
        raise AssertionError

    with caplog.at_level(logging.INFO):
        assert view().status_code == 400

    assert caplog.records
    assert not [each for each in caplog.records if "anna.meier" in str(each.__dict__)]
