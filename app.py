"""Storytime: photograph a page; hear it read.

Every route and trigger of the app, in pipeline order. A handler translates its event and calls a
part of `chalicelib`.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from chalice.app import (
    AuthRequest,
    AuthResponse,
    Chalice,
    CloudWatchEvent,
    CORSConfig,
    Rate,
    Request,
    Response,
    S3Event,
    SQSEvent,
)

from chalicelib import cold_start, telemetry
from chalicelib.assembly import assembly_on_aws
from chalicelib.delivery import deadlines, events
from chalicelib.delivery.messages import IntakeMessage, StoryMessage
from chalicelib.delivery.timeouts import SWEEP_EVERY
from chalicelib.http import (
    answers,
    bodies,
    bulk_bodies,
    openapi,
    parameters,
    profile_bodies,
    profiles,
    request_bodies,
    requests,
    responses,
    tokens,
)
from chalicelib.http import voices as known_voices
from chalicelib.http.forms import FORM
from chalicelib.http.routes import PHOTO, PHOTO_OR_FORM, ListOf, RequestBody, Routes
from chalicelib.profiles.attempt_end import AttemptEnd
from chalicelib.profiles.detection import FaceDetection
from chalicelib.profiles.direct_upload import ProfileUpload
from chalicelib.profiles.execution import run_task
from chalicelib.profiles.intake import ProfileIntake
from chalicelib.profiles.registration import Registration
from chalicelib.profiles.retrieval import ProfileRetrieval
from chalicelib.profiles.thumbnail import Thumbnail
from chalicelib.settings import Settings
from chalicelib.steps.bulk import Bulk
from chalicelib.steps.correction import Corrections
from chalicelib.steps.deletion import Deletion
from chalicelib.steps.direct_upload import DirectUpload
from chalicelib.steps.intake import Intake
from chalicelib.steps.listing import Listing
from chalicelib.steps.retrieval import Retrieval
from chalicelib.steps.sweeper import Sweeper
from chalicelib.stories import upload_request
from chalicelib.stories.queues import DEAD_LETTERS, Step

settings = Settings.of_app(os.environ)
telemetry.configure(settings.log_level)
part = assembly_on_aws(settings)
# Lambda gives a function a whole CPU only while it initialises. The authorizer needs no client.
if cold_start.running_function() not in {"", "authorize"}:
    part.make_clients()
digests = tokens.digests_of(settings.api_tokens)

app = Chalice(app_name="storytime", configure_logs=False)
# Never "*/*": with it, Chalice refuses every request without an Accept header.
app.api.binary_types += sorted({*upload_request.PHOTO_TYPES, FORM} - {*app.api.binary_types})
app.api.cors = CORSConfig(
    allow_origin=settings.allowed_origin,
    allow_headers=[*(each.name for each in parameters.HEADERS), "Timestamp"],
    expose_headers=["ETag", "Retry-After", "Timestamp"],
    max_age=7200,  # else browsers ask again every 5 seconds; 2 hours are Chromium's maximum
)


def current_request() -> Request:
    """The request that Chalice is answering; never None in a view."""
    return cast("Request", app.current_request)


@app.middleware("all")
def name_the_request_in_logs(event: Any, get_response: Callable[[object], Any]) -> Any:
    with telemetry.bound(function_request_id=events.request_id_of(event)):
        return get_response(event)


@app.middleware("http")
def answer_in_time(event: object, get_response: Callable[[object], Response]) -> Response:
    with deadlines.answering():
        return get_response(event)


@app.middleware("http")
def finish(event: object, get_response: Callable[[object], Response]) -> Response:
    return responses.finished(get_response(event))


@app.authorizer(ttl_seconds=tokens.CACHED_SECONDS)
def authorize(request: AuthRequest) -> AuthResponse:
    return responses.permission_of(tokens.holder_of(request.token, digests))


# An open stage has no authorizer: with one, API Gateway refuses every request without a token.
route = Routes(app, guard=authorize if digests else None)


def of_queue(step: Step, suffix: str = "") -> dict[str, Any]:
    """Parameters of `on_sqs_message` for a step's queue, or for its dead letters."""
    queue = {"queue": settings.queue_name(step, suffix), "batch_size": 1}
    if suffix:  # with a maximum, Lambda polls an empty queue with five pollers instead of two
        return queue
    return {**queue, "maximum_concurrency": settings.concurrency_of(step)}


def handle(event: SQSEvent, step: Step, suffix: str = "") -> None:
    message = IntakeMessage if step is Step.INTAKE else StoryMessage
    events.handle_each(event, message, part.handler(step, suffix))


@route(
    "POST",
    "/upload",
    summary="Send a photo of a page: it becomes a story",
    parameters=(
        parameters.FILE_NAME,
        parameters.LANGUAGE,
        parameters.VOICE,
        parameters.NOTIFY,
        parameters.READ_ALONG,
        parameters.DEDUPLICATE,
    ),
    body=PHOTO_OR_FORM,
    answers={200: bodies.StoryReceipt},
    refuses=(400, 413, 415),
)
def upload() -> Response:
    receipt = part(Intake).take_in(requests.upload_of(current_request()))
    return answers.receipt_response(receipt, part.links)


@route(
    "POST",
    "/uploads",
    summary="Ask for a form that posts a photo of up to 25 MB straight to S3",
    body=RequestBody(request_bodies.WantedForm),
    answers={201: bodies.UploadForm},
    refuses=(400, 415),
)
def request_upload() -> Response:
    permit = part(DirectUpload).permit(requests.wanted_upload_of(current_request()))
    return answers.permit_response(permit)


# One handler for all folders. Chalice would add a second one to the bucket's notifications as it
# reads them, and S3 may show them as they were before the first one: that one would be lost.
@app.on_s3_event(bucket=settings.intake_bucket, events=["s3:ObjectCreated:*"])
def announce_staged(event: S3Event) -> None:
    events.announce(event, part.queue(Step.INTAKE))


@app.on_sqs_message(**of_queue(Step.INTAKE))
def take_in_staged(event: SQSEvent) -> None:
    handle(event, Step.INTAKE)


@app.on_sqs_message(**of_queue(Step.READING))
def read_page(event: SQSEvent) -> None:
    handle(event, Step.READING)


@app.on_sqs_message(**of_queue(Step.NARRATION))
def narrate(event: SQSEvent) -> None:
    handle(event, Step.NARRATION)


@app.on_sqs_message(**of_queue(Step.RENDITIONS))
def make_renditions(event: SQSEvent) -> None:
    handle(event, Step.RENDITIONS)


RETRIEVED = {
    200: bodies.StoryAnswer,
    410: (bodies.DeletedStory, bodies.Problem),
    422: (bodies.UnreadyStory, bodies.UnreadyUpload),
    503: (bodies.UnreadyStory, bodies.UnreadyUpload),
}


@route(
    "GET",
    "/retrieve/{story_id}",
    summary="Get a story when it is ready; 503 until then",
    parameters=(parameters.STORY_ID,),
    answers=RETRIEVED,
    refuses=(400, 404),
)
def retrieve_by_path(story_id: str) -> Response:
    return answers.found_response(part(Retrieval).retrieve(story_id), part.links)


@route(
    "GET",
    "/retrieve",
    "/getResult",
    summary="Get a story when it is ready, with its id in a header; 503 until then",
    parameters=(parameters.ENTITY_TAG,),
    answers=RETRIEVED,
    refuses=(400, 404),
)
def retrieve_by_entity_tag() -> Response:
    entity_tag = requests.entity_tag_of(current_request())
    return answers.found_response(part(Retrieval).retrieve(entity_tag), part.links)


@route(
    "POST",
    "/bulk",
    summary="Look up many stories",
    parameters=(parameters.NOTIFY,),
    body=RequestBody(bulk_bodies.WantedStories),
    answers={
        200: ListOf(
            "What GET /retrieve/{story_id} answers to each id.",
            (
                bulk_bodies.StoryEntry,
                bulk_bodies.UnreadyEntry,
                bulk_bodies.UploadEntry,
                bulk_bodies.DeletedEntry,
                bulk_bodies.ProblemEntry,
            ),
        )
    },
    refuses=(400, 415),
)
def retrieve_many() -> Response:
    wanted, notify = requests.bulk_of(current_request())
    found = part(Bulk).look_up(wanted, notify=notify)
    return answers.bulk_response(wanted, found, part.links)


@route(
    "GET",
    "/stories",
    summary="List the stories, newest first",
    parameters=(parameters.LIMIT, parameters.CURSOR),
    answers={200: bodies.StoryList},
    refuses=(400,),
)
def list_stories() -> Response:
    page = part(Listing).page(*requests.place_in_list_of(current_request()))
    return answers.list_response(page, part.links)


@route(
    "GET",
    "/stories/{story_id}",
    summary="Get a story in any state, and how far it is",
    parameters=(parameters.STORY_ID,),
    answers={200: (bodies.StoryState, bodies.DeletedState, bodies.UploadState)},
    refuses=(400, 404, 410),
)
def get_story(story_id: str) -> Response:
    return answers.state_response(part(Retrieval).retrieve(story_id), part.links)


@route(
    "PATCH",
    "/stories/{story_id}",
    summary="Change a story's text, language, voice or name; a change of what is heard is spoken",
    parameters=(parameters.STORY_ID, parameters.IF_MATCH),
    body=RequestBody(request_bodies.WantedCorrection),
    answers={200: bodies.StoryState},
    refuses=(400, 404, 409, 410, 412, 415, 428),
)
def correct_story(story_id: str) -> Response:
    correction = requests.correction_of(current_request())
    return answers.correction_response(part(Corrections).correct(story_id, correction), part.links)


@route(
    "DELETE",
    "/stories/{story_id}",
    summary="Delete a story, or cancel an upload",
    parameters=(parameters.STORY_ID,),
    answers={202: (bodies.Tombstone, bodies.UploadAnswer)},
    refuses=(400, 404),
)
def delete_story(story_id: str) -> Response:
    return answers.deletion_response(part(Deletion).delete(story_id))


@app.on_sqs_message(**of_queue(Step.DELETION))
def erase(event: SQSEvent) -> None:
    handle(event, Step.DELETION)


@route(
    "PUT",
    "/profiles/{user_id}/photo",
    summary="Send a profile photo",
    parameters=(parameters.USER, parameters.EMAIL),
    body=PHOTO,
    answers={202: profile_bodies.SentProfilePhoto},
    refuses=(400, 413, 415),
)
def put_profile_photo(user_id: str) -> Response:
    photo = profiles.photo_of(current_request(), user_id)
    return profiles.receipt_response(part(ProfileIntake).take_in(photo), part.links)


@route(
    "POST",
    "/profiles/{user_id}/uploads",
    summary="Ask for a form that posts a profile photo of up to 25 MB straight to S3",
    parameters=(parameters.USER, parameters.EMAIL),
    body=RequestBody(profile_bodies.WantedProfileForm),
    answers={201: profile_bodies.ProfileForm},
    refuses=(400, 415),
)
def request_profile_upload(user_id: str) -> Response:
    wanted = profiles.wanted_photo_of(current_request(), user_id)
    return profiles.permit_response(part(ProfileUpload).permit(*wanted))


@app.lambda_function()
def detect_face(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return run_task(part(FaceDetection).run, event)


@app.lambda_function()
def check_face_duplicate(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return run_task(part(Registration).check, event)


@app.lambda_function()
def add_face_to_index(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return run_task(part(Registration).add, event)


@app.lambda_function()
def make_thumbnail(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return run_task(part(Thumbnail).run, event)


@app.lambda_function()
def persist_metadata(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return run_task(part(Registration).persist, event)


@app.lambda_function()
def refuse_photo(event: dict[str, Any], _context: object) -> str:
    return run_task(part(AttemptEnd).run, event)


@app.lambda_function()
def fail_photo(event: dict[str, Any], _context: object) -> str:
    return run_task(part(AttemptEnd).run, event)


@route(
    "GET",
    "/profiles/{user_id}",
    summary="Get a profile, and what became of its last photo",
    parameters=(parameters.USER, parameters.EXECUTION),
    answers={200: profile_bodies.ProfileAnswer},
    refuses=(400, 404),
)
def get_profile(user_id: str) -> Response:
    execution = profiles.execution_of(current_request())
    profile = part(ProfileRetrieval).retrieve(user_id, execution)
    return profiles.profile_response(profile, part.links)


@route(
    "DELETE",
    "/profiles/{user_id}",
    summary="Delete a profile",
    parameters=(parameters.USER,),
    answers={202: profile_bodies.DeletedProfile},
    refuses=(400, 404),
)
def delete_profile(user_id: str) -> Response:
    return profiles.deletion_response(part(ProfileRetrieval).delete(user_id))


@app.schedule(Rate(SWEEP_EVERY // timedelta(minutes=1), unit=Rate.MINUTES))
def sweep(event: CloudWatchEvent) -> None:
    part(Sweeper).sweep(lambda: events.time_left(event))


@app.on_sqs_message(**of_queue(Step.INTAKE, DEAD_LETTERS))
def give_up_intake(event: SQSEvent) -> None:
    handle(event, Step.INTAKE, DEAD_LETTERS)


@app.on_sqs_message(**of_queue(Step.READING, DEAD_LETTERS))
def give_up_reading(event: SQSEvent) -> None:
    handle(event, Step.READING, DEAD_LETTERS)


@app.on_sqs_message(**of_queue(Step.NARRATION, DEAD_LETTERS))
def give_up_narration(event: SQSEvent) -> None:
    handle(event, Step.NARRATION, DEAD_LETTERS)


@app.on_sqs_message(**of_queue(Step.RENDITIONS, DEAD_LETTERS))
def give_up_renditions(event: SQSEvent) -> None:
    handle(event, Step.RENDITIONS, DEAD_LETTERS)


@app.on_sqs_message(**of_queue(Step.DELETION, DEAD_LETTERS))
def give_up_deletion(event: SQSEvent) -> None:
    handle(event, Step.DELETION, DEAD_LETTERS)


@route(
    "GET",
    "/voices",
    summary="List the languages and voices",
    answers={200: known_voices.LanguageList},
)
def list_voices() -> Response:
    return known_voices.voices_response()


@route(
    "GET", "/health", summary="Say that the API answers", is_open=True, answers={200: bodies.Health}
)
def health() -> Response:
    return responses.response(bodies.Health())


@route(
    "GET",
    "/openapi.json",
    summary="Describe the API: this document",
    is_open=True,
    answers={200: openapi.OpenApi},
)
def describe() -> Response:
    server = requests.base_path_of(current_request(), "/openapi.json")
    document = openapi.document(route.operations, server)
    return responses.response(document, headers=responses.CACHEABLE)
