"""An answer and a notice say the operation and the error's code at most, nothing else of AWS."""

from typing import Any, NoReturn

import msgspec
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.aws.requests import request
from chalicelib.errors import TransientError
from chalicelib.http import answers, profiles
from chalicelib.steps.direct_upload import DirectUpload, WantedUpload
from chalicelib.stories.queues import DEAD_LETTERS, Step
from chalicelib.stories.story import Status
from chalicelib.stories.upload_request import UploadStatus
from tests.fakes.builders import jpeg
from tests.fakes.engines import ScriptedTextDetector
from tests.fakes.queues import MAX_RECEIVES
from tests.fakes.trouble import fail
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


def assert_hides_details(*values: Any, says: str = "") -> None:
    """No text of these values repeats what AWS or Python said of an error."""
    seen = "".join(msgspec.json.encode(value, enc_hook=vars).decode() for value in values)
    assert says in seen
    assert "210987654321" not in seen


def give_up(world: World, step: Step) -> None:
    """Deliver a step's messages until they are given up."""
    for _ in range(MAX_RECEIVES + 1):
        world.deliver(step)
        world.clock.advance(100)
    world.deliver(step, DEAD_LETTERS)


def test_a_story_that_keeps_failing_hides_details(error: Exception) -> None:
    world = World(detector=ScriptedTextDetector(*[error] * MAX_RECEIVES))
    world.upload()
    give_up(world, Step.READING)

    story = world.story()
    answer = answers.found_response(world.retrieve(), world.part.links)

    assert (story.status, answer.status_code) == (Status.FAILED, 422)
    assert len(world.outbox.notices) == 1
    assert_hides_details(
        answer.body, answer.headers, story, world.outbox.notices, says="it was tried several times"
    )


def test_an_upload_that_keeps_failing_hides_details(world: World, error: Exception) -> None:
    wanted = WantedUpload("page.jpg", "image/jpeg", "en-US", "Joanna", notify=True)
    permit = world.part(DirectUpload).permit(wanted)
    key = permit.form.fields["key"]
    world.intake_bucket.post(key, jpeg(), permit.request.id)
    fail(world.intake_bucket, "get", error=error)
    world.announce(key)
    give_up(world, Step.INTAKE)

    request = world.upload_requests.find(permit.request.id)
    assert request is not None
    answer = answers.found_response(request, world.part.links)
    parked = [kept.message for kept in world.intake_parked_queue.kept]

    assert (request.status, answer.status_code) == (UploadStatus.FAILED, 422)
    assert len(parked) == 1
    assert_hides_details(
        answer.body, answer.headers, request, parked, says="it was tried several times"
    )


def test_a_profile_photo_that_keeps_failing_hides_details(world: World, error: Exception) -> None:
    fail(world.functions, "detect_face", error=error)
    world.put("anna", email="anna@example.com")
    (execution,) = world.run()

    profile = world.profile("anna")
    answer = profiles.profile_response(profile, world.part.links)

    assert execution.status == "FAILED"
    assert answer.body["status"] == "failed"
    assert len(world.mailer.sent) == 1
    assert_hides_details(answer.body, answer.headers, profile, world.mailer.sent)
