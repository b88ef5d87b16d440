"""What the proof takes for a call is what the app's own adapter asks of AWS, method by method."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore import handlers

from chalicelib.assembly import AwsTools
from chalicelib.delivery.messages import IntakeMessage, about
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.profile import Profile, ProfileStatus
from chalicelib.settings import Settings
from chalicelib.stories.moves import Move
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Lease
from local.control.calls import Calls
from local.resources.environment import app_environment
from local.resources.names import MEDIA_BUCKET
from local.runner.lambda_function import LambdaFunction
from tests.fakes.builders import story, upload_request
from tests.fakes.clock import NOW, Clock
from tests.proof.calls import calls_in
from tests.proof.recording import OPERATIONS, RecordedTools
from tests.proof.tape import Process, Tape

NO_PORT = 1
STORY, UPLOAD = story(), upload_request()
ABOUT = about(STORY)
PROFILE = Profile(
    id=STORY.id, user_id="anna", version=1, status=ProfileStatus.PROCESSING, changed_at=NOW
)
OWNER = Owner(PROFILE.id, "a1b2c3d4")
KEY = f"private/{STORY.id}/a1b2c3d4/photo"
LEASE = Lease(Step.READING, "message", 1, NOW + timedelta(minutes=1))

METHODS: dict[str, Callable[[RecordedTools], Any]] = {
    "claim": lambda tools: tools.stories.claim(STORY),
    "find": lambda tools: tools.stories.find(STORY.id),
    "find_all": lambda tools: tools.stories.find_all([STORY.id]),
    "listed": lambda tools: tools.stories.listed("2026-11", 20),
    "lease": lambda tools: tools.stories.lease(STORY.id, "a1b2c3d4", LEASE, NOW),
    "apply": lambda tools: tools.stories.apply(STORY, Move({"text": "once"})),
    "unfinished": lambda tools: tools.stories.unfinished(),
    "upload.add": lambda tools: tools.upload_requests.add(UPLOAD),
    "upload.find": lambda tools: tools.upload_requests.find(UPLOAD.id),
    "upload.claim_story": lambda tools: tools.upload_requests.claim_story(UPLOAD, NOW, STORY),
    "upload.fulfil": lambda tools: tools.upload_requests.fulfil(UPLOAD, STORY, NOW),
    "upload.update": lambda tools: tools.upload_requests.update(UPLOAD, {"resumes": 1}),
    "upload.fulfilled_by": lambda tools: tools.upload_requests.fulfilled_by(STORY.id, "a1b2c3d4"),
    "profiles.find": lambda tools: tools.profiles.find(PROFILE.id),
    "profiles.save": lambda tools: tools.profiles.save(PROFILE, over=None),
    "profiles.remove": lambda tools: tools.profiles.remove(PROFILE),
    "profiles.unfinished": lambda tools: tools.profiles.unfinished(),
    "put": lambda tools: tools.media.put(KEY, b"photo", "image/jpeg"),
    "get": lambda tools: tools.media.get(KEY),
    "exists": lambda tools: tools.media.exists(f"public/profiles/{STORY.id}/a1b2c3d4/photo"),
    "keys_under": lambda tools: tools.media.keys_under(f"public/{STORY.id}/a1b2c3d4/"),
    "delete": lambda tools: tools.media.delete([KEY, f"private/profiles/{STORY.id}/a1b2c3d4/x"]),
    "intake_bucket.get": lambda tools: tools.intake_bucket.get("images/page.jpg", 1000),
    "intake_bucket.head": lambda tools: tools.intake_bucket.head("profiles/anna/me.jpg"),
    "intake_bucket.waiting": lambda tools: tools.intake_bucket.waiting("images/"),
    "intake_bucket.copy": lambda tools: tools.intake_bucket.copy(
        "images/a.jpg", "rejected/images/a.jpg"
    ),
    "intake_bucket.remove": lambda tools: tools.intake_bucket.remove(
        "rejected/images/a.jpg", '"etag"'
    ),
    "sent.get": lambda tools: tools.sent_photos.get(MEDIA_BUCKET, KEY, 1000),
    "send": lambda tools: tools.queues[Step.NARRATION].send(ABOUT),
    "retry_in": lambda tools: tools.dead_letter_queues[Step.READING].retry_in("receipt", 5),
    "parked.send": lambda tools: tools.parked_queues[Step.DELETION].send(ABOUT),
    "intake.send": lambda tools: tools.queues[Step.INTAKE].send(
        IntakeMessage("intake-bucket", "images/a.jpg")
    ),
    "intake-dead.retry_in": lambda tools: tools.dead_letter_queues[Step.INTAKE].retry_in(
        "receipt", 5
    ),
    "intake-parked.send": lambda tools: tools.parked_queues[Step.INTAKE].send(
        IntakeMessage("intake-bucket", "images/a.jpg")
    ),
    "detect": lambda tools: tools.text_detector.detect(b"jpeg"),
    "speak": lambda tools: tools.speaker.speak("<speak/>", language="en-US", voice="Joanna"),
    "publish": lambda tools: tools.announcer.publish("subject", "body"),
    "invalidate": lambda tools: tools.cdn.invalidate("public/", "reference"),
    "faces.detect": lambda tools: tools.faces.detect(b"jpeg"),
    "faces.search": lambda tools: tools.faces.search(b"jpeg"),
    "faces.add": lambda tools: tools.faces.add(b"jpeg", OWNER),
    "faces.remove": lambda tools: tools.faces.remove([STORY.id]),
    "workflow.start": lambda tools: tools.workflow.start("execution", "anna", KEY),
    "workflow.is_running": lambda tools: tools.workflow.is_running("execution"),
    "mailer.send": lambda tools: tools.mailer.send("anna@example.com", "subject", "body"),
}
"""By the port's method, or with the port's name where several have one."""


class CutOffError(Exception):
    """Nothing gets any further than to the wire."""


def cut_off(**_event: Any) -> None:
    raise CutOffError


@pytest.fixture(scope="module")
def calls() -> Iterator[Calls]:
    """What botocore tells of sessions that are created meanwhile, whose requests go nowhere."""
    calls = Calls()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handlers, "BUILTIN_HANDLERS", [*handlers.BUILTIN_HANDLERS])
        calls.listen()
        handlers.BUILTIN_HANDLERS.append(("before-send", cut_off))
        yield calls


@pytest.fixture(scope="module")
def adapters() -> AwsTools:
    return AwsTools(Settings.from_environment(app_environment(NO_PORT)))


@pytest.mark.parametrize("method", METHODS)
def test_a_method_of_a_port_asks_for_what_the_proof_says(
    method: str, calls: Calls, adapters: AwsTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in app_environment(NO_PORT).items():
        monkeypatch.setenv(name, value)
    calls.clear()
    tape = Tape(Clock())
    function = LambdaFunction("somebody", lambda _event, _context: None, 1, 128)

    with tape.process(Process("poll")), function.running(), pytest.raises(CutOffError):
        METHODS[method](RecordedTools(adapters, tape))

    assert calls.to_json() == {"somebody": sorted(set(calls_in(tape.requests[0])))}


def test_every_method_that_the_proof_knows_is_tried() -> None:
    assert {*METHODS} | {name.partition(".")[2] for name in METHODS} >= OPERATIONS.keys()
