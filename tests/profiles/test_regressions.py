"""Errors that were found and corrected; the comment above each test names the cause."""

import io
import logging
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from chalice.app import Response

from chalicelib import telemetry
from chalicelib.aws.requests import RequestFailedError
from chalicelib.aws.ses import SesMailer
from chalicelib.aws.tools import AwsTools
from chalicelib.errors import TransientError, UnknownProfileError
from chalicelib.http.profiles import email_of
from chalicelib.http.responses import answering_errors
from chalicelib.profiles.faces import Owner, owner_of
from chalicelib.profiles.intake import NewPhoto, ProfileIntake
from chalicelib.profiles.profile import ProfileStatus
from chalicelib.profiles.retrieval import ProfileRetrieval
from chalicelib.settings import Settings
from tests.fakes.engines import portrait
from tests.fakes.trouble import before, fail, failing
from tests.fakes.workflow import Interpreter
from tests.fakes.world import ANNA, BEN, World
from tests.unit.test_http import request
from tests.unit.test_settings import ENVIRONMENT


# FaceDetection did not catch FaceAlreadyExistsError from `records.current_attempt`.
def test_a_second_execution_rejects_a_photo_that_lost_against_another_profile(
    world: World,
) -> None:
    world.register("user_a")
    world.put("user_b", email="b@example.com")
    with failing(world.functions, "refuse_photo", "fail_photo"):
        world.run()
    world.clock.advance(600)
    world.sweep()

    (again,) = world.run()

    assert again.path == ["FaceDetection", "PhotoDoesNotMeetRequirement"]
    assert world.profile("user_b").status is ProfileStatus.REJECTED
    assert world.refusal_of("user_b") == "face_already_exists"


# By hand, `Attempt.created_at` was when the first task ran, not when the execution started.
@pytest.mark.parametrize(("apart", "cold_start"), [(0.5, 2), (5, 5)])
def test_of_two_executions_by_hand_the_one_started_later_is_kept(
    world: World, apart: float, cold_start: float
) -> None:
    world.by_hand("user_a", portrait(ANNA), "first")
    world.clock.advance(apart)
    world.by_hand("user_a", portrait(BEN), "second")
    world.clock.advance(cold_start)

    world.run()

    assert world.photo_of("user_a").execution == "second"


# After `moves.returned`, a retried FaceDetection did not know that it was superseded.
def test_a_photo_sent_again_after_an_execution_by_hand_stays(world: World) -> None:
    kept = world.photo_of(world.register("user_a", ANNA))
    world.clock.advance(10)
    world.by_hand("user_a", portrait(BEN))
    world.clock.advance(1)

    def send_again() -> None:
        world.put("user_a", ANNA)
        raise TransientError("throttled")

    before(world.faces, "detect", send_again)
    world.run()

    assert world.photo_of("user_a").generation == kept.generation


# `fail_photo` found no attempt, and the execution SUCCEEDED.
def test_an_execution_by_hand_that_fails_before_it_writes_anything_fails(world: World) -> None:
    execution = world.by_hand("user_a", portrait(ANNA))
    fail(world.functions, "detect_face")

    world.run()

    assert execution.status == "FAILED"


# The deletion was forgotten with the record, 70 s later.
def test_an_execution_by_hand_from_before_the_deletion_does_not_restore_the_profile(
    world: World,
) -> None:
    world.register("user_a")
    world.by_hand("user_a", portrait(BEN))
    world.clock.advance(1)
    world.leave("user_a")
    world.clock.advance(71)  # Lambda is throttled, or its first try timed out
    world.sweep()

    world.workflow.run(Interpreter(world.functions))

    assert world.faces_of("user_a") == []


# `CleanUp.finish` sent mail first; an error of the mailer kept the rest from being removed.
def test_faces_and_files_of_a_refused_photo_go_although_mail_cannot_be_sent(world: World) -> None:
    fail(world.functions, "make_thumbnail")
    fail(world.mailer, "send")
    world.put("user_a", email="a@example.com")
    world.try_for_hours(5)

    assert world.faces_of("user_a") == []
    assert world.files_of("user_a") == []


# SES answers MessageRejected for a sender that is not verified, too.
def test_a_sender_that_is_not_verified_is_not_a_rejected_address() -> None:
    client = boto3.client("sesv2", "us-east-1")
    message = "Email address is not verified: stories@example.com"
    answers = Stubber(client)
    answers.add_client_error("send_email", "MessageRejected", message)

    with answers, pytest.raises(RequestFailedError):
        SesMailer(client, "stories@example.com").send("a@example.com", "subject", "body")


# ExternalImageId may have a colon ([a-zA-Z0-9_.\-:]+).
def test_a_face_with_another_name_than_ours_has_no_owner() -> None:
    assert owner_of("team:anna") is None


# `retrieve` ignored what `resume` returned.
def test_a_profile_that_is_deleted_while_it_is_resumed_is_unknown(world: World) -> None:
    with failing(world.workflow, "start"), pytest.raises(TransientError):
        world.put("user_a")
    world.clock.advance(71)
    before(world.workflow, "start", lambda: world.leave("user_a"))

    with pytest.raises(UnknownProfileError):
        world.part(ProfileRetrieval).retrieve("user_a")


# `Registration._added` removed a face of its generation that a later execution used.
def test_a_replaced_execution_does_not_remove_the_face_of_its_successor(world: World) -> None:
    add = world.faces.add
    world.put("user_a")
    (first,) = world.workflow.executions.values()

    def once(picture: bytes, owner: Owner | None) -> str | None:
        """Rekognition indexes the same image under the same ExternalImageId once."""
        own = [match.face_id for match in world.faces.search(picture) if match.owner == owner]
        return own[0] if own else add(picture, owner)

    def slow(picture: bytes, owner: Owner | None) -> str | None:
        world.faces.add = once  # type: ignore[method-assign]
        face_id = once(picture, owner)
        first.status = "ABORTED"
        # As long as the function may run, and by clocks that differ by less than CLOCKS_DIFFER_BY.
        world.clock.advance(71)
        world.sweep()
        second = next(each for each in world.workflow.executions.values() if each is not first)
        Interpreter(world.functions).run(second)
        return face_id

    world.faces.add = slow  # type: ignore[method-assign]
    Interpreter(world.functions).run(first)

    assert world.profile("user_a").status is ProfileStatus.READY
    assert world.faces_of("user_a") == [world.photo_of("user_a").face_id]


# Two polls at once both sent the mail; now only the sweeper sends it.
def test_a_poll_sends_no_mail_and_the_sweeper_sends_it_once(world: World) -> None:
    world.faces.seen[ANNA] = []
    with failing(world.mailer, "send"):
        world.register("user_a", email="a@example.com")
    world.clock.advance(600)

    world.part(ProfileRetrieval).retrieve("user_a")
    asked = len(world.mailer.sent)
    world.sweep()
    world.sweep()

    assert (asked, len(world.mailer.sent)) == (0, 1)
    assert world.profile("user_a").unfinished_since is None


# `telemetry.bound(key=...)` in direct_upload; a user's id may be an e-mail address.
def test_logs_do_not_name_the_user(world: World, caplog: pytest.LogCaptureFixture) -> None:
    lines = io.StringIO()
    handler, log = telemetry.handler(lines), logging.getLogger("chalicelib")
    log.addHandler(handler)
    with caplog.at_level(logging.INFO, "chalicelib"):
        world.drop("profiles/anna@example.com/me.jpg", portrait(ANNA))
        world.deliver_intake()
    log.removeHandler(handler)

    assert lines.getvalue()
    assert "anna@example.com" not in lines.getvalue()


# `http.answering_errors` logged what it answered, with an address that was mistyped.
def test_logs_do_not_repeat_a_mistyped_address(caplog: pytest.LogCaptureFixture) -> None:
    @answering_errors
    def view() -> Response:
        email_of(request(x_email="anna.meier@example"))
        raise AssertionError

    with caplog.at_level(logging.INFO):
        assert view().status_code == 400

    assert caplog.records
    assert not [each for each in caplog.records if "anna.meier" in str(each.__dict__)]


# DELETE and GET clean up at once, with a client that could take 2 x (2 + 25) s and more.
def test_no_client_of_the_http_api_waits_longer_than_api_gateway(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    tools = AwsTools(Settings.from_environment(ENVIRONMENT))
    config: Any = tools.faces.quick.meta.config

    longest = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)

    assert longest < 29


# Nothing was removed while a photo was in work; DynamoDB takes 400 KB an item.
def test_leftovers_are_removed_while_another_photo_is_in_work(world: World) -> None:
    world.register("user_a", ANNA)
    with failing(world.faces, "remove"):
        world.leave("user_a")
    world.put("user_a", BEN)  # its execution runs on

    world.sweep_for(900)

    assert world.faces_of("user_a") == []


def test_leftovers_of_replaced_photos_are_removed_although_no_photo_ends(world: World) -> None:
    """106 bytes of the record each, by DynamoDB's count: after some 3,800 it takes no more."""
    for number in range(200):
        world.part(ProfileIntake).take_in(NewPhoto("user_a", b"photo %d" % number, "image/png"))
        world.clock.advance(2)
        if number % 30 == 0:
            world.sweep()

    assert len(world.profile("user_a").leftovers) < 150


# photo_not_there says "send it again", and was final: sent again, it was not taken in.
def test_a_photo_that_was_lost_can_be_sent_again(world: World) -> None:
    world.put("user_a")
    world.media.objects.clear()
    world.run()
    assert world.refusal_of("user_a") == "photo_not_there"

    assert world.register("user_a").status is ProfileStatus.READY


# `moves.joined` kept the first address, even one that SES refused.
def test_a_photo_sent_again_with_the_right_address_sends_mail(world: World) -> None:
    world.faces.seen[ANNA] = []
    world.mailer.refused.add("anna@example.con")
    world.register("user_a", email="anna@example.con")

    world.put("user_a", email="anna@example.com")
    world.sweep_for(600)

    assert [to for to, _, _ in world.mailer.sent] == ["anna@example.com"]


# An e-mail that could never be sent was tried at each sweep and each poll, for ever.
def test_mail_that_cannot_be_sent_is_given_up_after_days(world: World) -> None:
    world.faces.seen[ANNA] = []
    fail(world.mailer, "send")
    world.register("user_a", email="a@example.com")
    world.try_for_hours(14 * 24)

    assert world.profile("user_a").unfinished_since is None


def abort(world: World) -> str:
    """Stop the only execution at the console; its name."""
    (execution,) = world.workflow.executions.values()
    execution.status = "ABORTED"
    return execution.name


# A repeated upload was no third caller of the failover (design: "One mechanism").
def test_a_photo_sent_again_resumes_an_attempt_whose_execution_ended(world: World) -> None:
    world.put("user_a")
    abort(world)
    world.clock.advance(120)

    world.put("user_a")

    assert len(world.workflow.executions) == 2


# `failover._resume` counted executions, and an attempt that cannot be started has none.
def test_an_attempt_that_cannot_be_started_fails_after_days(world: World) -> None:
    world.put("user_a")
    abort(world)  # after its 202
    fail(world.workflow, "start")
    world.try_for_hours(14 * 24)

    assert world.profile("user_a").status is ProfileStatus.FAILED


# The id that PUT answered was unknown as soon as another execution took the attempt up.
def test_the_first_execution_of_an_attempt_finds_the_photo_of_a_later_one(world: World) -> None:
    world.put("user_a")
    answered = abort(world)
    world.clock.advance(71)

    found = world.part(ProfileRetrieval).retrieve("user_a", answered)

    assert found.status is ProfileStatus.PROCESSING
