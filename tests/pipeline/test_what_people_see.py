"""What AWS says of an error stays inside: people get the operation and the error's code at most."""

from collections.abc import Iterator
from typing import Any, NoReturn

import msgspec
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.aws.requests import request
from chalicelib.delivery.messages import IntakeMessage
from chalicelib.errors import TransientError
from chalicelib.http import answers, profiles
from chalicelib.steps.direct_upload import DirectUpload, WantedUpload
from chalicelib.stories.queues import DEAD_LETTERS, Step
from chalicelib.stories.story import Status
from chalicelib.stories.upload_request import UploadStatus
from tests.fakes.builders import jpeg, upload
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.queues import MAX_RECEIVES
from tests.fakes.world import World

SECRET = "arn:aws:sts::210987654321:assumed-role/storytime-prod"  # noqa: S105  # nobody's
AWS_SAYS = {
    "Error": {
        "Code": "AccessDeniedException",
        "Message": f"User: {SECRET} is not authorized to perform: rekognition:DetectText",
    }
}


def failing(*_arguments: object, **_parameters: object) -> NoReturn:
    raise ClientError(AWS_SAYS, "DetectText")  # type: ignore[arg-type]


def unreachable() -> NoReturn:
    raise EndpointConnectionError(endpoint_url=f"https://{SECRET}.example")


def raised(call: Any) -> Exception:
    with pytest.raises(TransientError) as caught:
        request(call)
    return caught.value


ERRORS = {
    "refused by AWS": raised(failing),
    "not reached": raised(unreachable),
    "a bug": ValueError(f"no such thing as {SECRET}"),
}


@pytest.fixture(params=ERRORS)
def error(request: pytest.FixtureRequest) -> Exception:
    return ERRORS[request.param]


def strings(*values: Any) -> Iterator[str]:
    """Whatever can be seen of these, as text."""
    for value in values:
        yield msgspec.json.encode(value, enc_hook=vars).decode()


def test_a_story_that_goes_on_failing_does_not_tell(error: Exception) -> None:
    world = World(detector=ScriptedTextDetector(*[error] * MAX_RECEIVES), speaker=ScriptedSpeaker())
    world.intake.take_in(upload())
    for _ in range(MAX_RECEIVES + 1):
        world.deliver(world.reading_queue, world.reading)
        world.clock.advance(100)
    world.deliver(
        world.dead_letter_queues[Step.READING], world.part.handler(Step.READING, DEAD_LETTERS)
    )

    story = world.story()
    answer = answers.found_response(world.retrieval.retrieve(story.id), world.part.links)

    assert (story.status, answer.status_code) == (Status.FAILED, 422)
    assert len(world.outbox.notices) == 1
    seen = "".join(strings(answer.body, answer.headers, story, world.outbox.notices))
    assert "it was tried several times" in seen
    assert "210987654321" not in seen


def test_a_staged_photo_that_goes_on_failing_does_not_tell(error: Exception) -> None:
    world = World()

    def fails(*_arguments: object) -> NoReturn:
        raise error

    wanted = WantedUpload("page.jpg", "image/jpeg", "en-US", "Joanna", notify=True)
    permit = world.part(DirectUpload).permit(wanted)
    key = permit.form.fields["key"]
    world.intake_bucket.post(key, jpeg(), permit.request.id)
    world.intake_bucket.get = fails  # type: ignore[assignment,method-assign]
    world.intake_queue.send(IntakeMessage("intake-bucket", key))
    for _ in range(MAX_RECEIVES + 1):
        world.deliver(world.intake_queue, world.part.handler(Step.INTAKE))
        world.clock.advance(100)
    world.deliver(world.intake_dead_letter_queue, world.part.handler(Step.INTAKE, DEAD_LETTERS))

    request = world.upload_requests.find(permit.request.id)
    assert request is not None
    answer = answers.found_response(request, world.part.links)
    parked = [kept.message for kept in world.intake_parked_queue.kept]

    assert (request.status, answer.status_code) == (UploadStatus.FAILED, 422)
    assert len(parked) == 1
    seen = "".join(strings(answer.body, answer.headers, request, parked))
    assert "it was tried several times" in seen
    assert "210987654321" not in seen


def test_a_profile_photo_that_goes_on_failing_does_not_tell(error: Exception) -> None:
    world = World()

    def fails(*_arguments: object) -> NoReturn:
        raise error

    world.functions["detect_face"] = fails
    world.put("anna", email="anna@example.com")
    (execution,) = world.run()

    profile = world.profile("anna")
    answer = profiles.profile_response(profile, world.part.links)

    assert execution.status == "FAILED"
    assert answer.body["status"] == "failed"
    assert len(world.mailer.sent) == 1
    seen = "".join(strings(answer.body, answer.headers, profile, world.mailer.sent))
    assert "210987654321" not in seen
