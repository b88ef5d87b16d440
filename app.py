"""Storytime: photograph a page; hear it read.

Every trigger of the app, in pipeline order. Handlers translate and delegate; what is
decided is decided in `chalicelib`.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from functools import partial
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

from chalicelib.delivery import events
from chalicelib.delivery.messages import IntakeMessage, StoryMessage
from chalicelib.delivery.timeouts import SWEEP_EVERY
from chalicelib.http import answers, profiles, requests, tokens
from chalicelib.profiles import keys as profile_keys
from chalicelib.settings import DEAD_LETTERS, Settings, queue_name
from chalicelib.stories import keys
from chalicelib.stories.story import Step
from chalicelib.telemetry import logs
from chalicelib.wiring import pipeline_on_aws

settings = Settings.from_environment(os.environ)
logs.configure(settings.log_level)
pipeline = pipeline_on_aws(settings)
digests = tokens.digests_of(settings.api_tokens)

app = Chalice(app_name="storytime", configure_logs=False)
# Listed, never "*/*": with that, Chalice refuses every request without an Accept header.
app.api.binary_types += ["image/heic", "image/heif", "image/webp"]
app.api.cors = CORSConfig(
    allow_origin=settings.allowed_origin,
    allow_headers=[
        "Content-Disposition",
        "ETag",
        "X-Duplication-Check-Required",
        "X-Email",
        "X-Language",
        "X-Notification-Required",
        "X-Voice",
    ],
    expose_headers=["ETag", "Retry-After", "Timestamp"],
)


def current_request() -> Request:
    """The request that is being answered; views always have one."""
    return cast("Request", app.current_request)


@app.middleware("all")
def name_the_request_in_logs(event: Any, get_response: Callable[[object], Any]) -> Any:
    with logs.bound(function_request_id=events.request_id_of(event)):
        return get_response(event)


@app.middleware("http")
def reshape_errors(event: object, get_response: Callable[[object], Response]) -> Response:
    return requests.in_our_shape(get_response(event))


@app.authorizer(ttl_seconds=tokens.REMEMBERED_SECONDS)
def authorize(request: AuthRequest) -> AuthResponse:
    return requests.permission_of(tokens.holder_of(request.token, digests))


# An open step has no authorizer: API Gateway refuses who brings no token without asking it.
route = partial(app.route, authorizer=authorize if digests else None)


@route("/upload", methods=["POST"], content_types=["*/*"])  # intake says what it takes
@requests.answering_errors
def upload() -> Response:
    receipt = pipeline.intake.take_in(requests.upload_of(current_request()))
    return answers.receipt_response(receipt, pipeline.links)


@route("/uploads", methods=["POST"])
@requests.answering_errors
def request_upload() -> Response:
    return answers.permit_response(
        pipeline.direct_upload.permit(requests.wanted_of(current_request()))
    )


@app.on_s3_event(bucket=settings.intake_bucket, events=["s3:ObjectCreated:*"], prefix=keys.ARRIVALS)
def announce_staged(event: S3Event) -> None:
    events.announce(event, pipeline.intake_queue)


@app.on_s3_event(
    bucket=settings.intake_bucket, events=["s3:ObjectCreated:*"], prefix=profile_keys.ARRIVALS
)
def announce_staged_profile_photo(event: S3Event) -> None:
    events.announce(event, pipeline.intake_queue)


@app.on_sqs_message(
    queue=queue_name(settings.intake_queue_url),
    batch_size=1,
    maximum_concurrency=settings.maximum_concurrency,
)
def take_in_staged(event: SQSEvent) -> None:
    events.handle_each(event, IntakeMessage, pipeline.take_in_staged)


@app.on_sqs_message(
    queue=queue_name(settings.reading_queue_url),
    batch_size=1,
    maximum_concurrency=settings.maximum_concurrency,
)
def read_page(event: SQSEvent) -> None:
    events.handle_each(event, StoryMessage, pipeline.reading.handle)


@app.on_sqs_message(
    queue=queue_name(settings.narration_queue_url),
    batch_size=1,
    maximum_concurrency=settings.maximum_concurrency,
)
def narrate(event: SQSEvent) -> None:
    events.handle_each(event, StoryMessage, pipeline.narration.handle)


@app.on_sqs_message(
    queue=queue_name(settings.renditions_queue_url),
    batch_size=1,
    maximum_concurrency=settings.maximum_concurrency,
)
def make_renditions(event: SQSEvent) -> None:
    events.handle_each(event, StoryMessage, pipeline.renditions.handle)


@route("/retrieve/{story_id}", methods=["GET"])
@requests.answering_errors
def retrieve_by_path(story_id: str) -> Response:
    return answers.found_response(pipeline.retrieval.retrieve(story_id), pipeline.links)


@route("/retrieve", methods=["GET"])
@route("/getResult", methods=["GET"])
@requests.answering_errors
def retrieve_by_entity_tag() -> Response:
    entity_tag = requests.entity_tag_of(current_request())
    return answers.found_response(pipeline.retrieval.retrieve(entity_tag), pipeline.links)


@route("/bulk", methods=["POST"])
@requests.answering_errors
def retrieve_many() -> Response:
    wanted, notify = requests.bulk_of(current_request())
    return answers.bulk_response(
        wanted, pipeline.bulk.look_up(wanted, notify=notify), pipeline.links
    )


@route("/stories", methods=["GET"])
@requests.answering_errors
def list_stories() -> Response:
    return answers.list_response(
        pipeline.listing.page(*requests.place_in_list_of(current_request())), pipeline.links
    )


@route("/stories/{story_id}", methods=["DELETE"])
@requests.answering_errors
def delete_story(story_id: str) -> Response:
    return answers.deletion_response(pipeline.deletion.delete(story_id))


@app.on_sqs_message(
    queue=queue_name(settings.deletion_queue_url), batch_size=1, maximum_concurrency=2
)
def erase(event: SQSEvent) -> None:
    events.handle_each(event, StoryMessage, pipeline.eraser.handle)


@route("/profiles/{user_id}/photo", methods=["PUT"], content_types=["*/*"])
@requests.answering_errors
def put_profile_photo(user_id: str) -> Response:
    photo = profiles.photo_of(current_request(), user_id)
    return profiles.receipt_response(pipeline.profiles.intake.take_in(photo), pipeline.links)


@route("/profiles/{user_id}/uploads", methods=["POST"])
@requests.answering_errors
def request_profile_upload(user_id: str) -> Response:
    wanted = profiles.wanted_photo_of(current_request(), user_id)
    return profiles.permit_response(pipeline.profiles.upload.permit(*wanted))


@app.lambda_function()
def detect_face(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return events.profile_task(pipeline.profiles.detection.run, event)


@app.lambda_function()
def check_face_duplicate(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return events.profile_task(pipeline.profiles.registration.check, event)


@app.lambda_function()
def add_face_to_index(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return events.profile_task(pipeline.profiles.registration.add, event)


@app.lambda_function()
def make_thumbnail(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return events.profile_task(pipeline.profiles.thumbnail.run, event)


@app.lambda_function()
def persist_metadata(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return events.profile_task(pipeline.profiles.registration.persist, event)


@app.lambda_function()
def refuse_photo(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return events.profile_task(pipeline.profiles.ending.end, event)


@app.lambda_function()
def fail_photo(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return events.profile_task(pipeline.profiles.ending.end, event)


@route("/profiles/{user_id}", methods=["GET"])
@requests.answering_errors
def get_profile(user_id: str) -> Response:
    execution = profiles.execution_of(current_request())
    return profiles.profile_response(
        pipeline.profiles.retrieval.retrieve(user_id, execution), pipeline.links
    )


@route("/profiles/{user_id}", methods=["DELETE"])
@requests.answering_errors
def delete_profile(user_id: str) -> Response:
    return profiles.deletion_response(pipeline.profiles.retrieval.delete(user_id))


@app.schedule(Rate(SWEEP_EVERY // timedelta(minutes=1), unit=Rate.MINUTES))
def sweep(event: CloudWatchEvent) -> None:
    pipeline.sweeper.sweep(lambda: events.time_left(event))


@app.on_sqs_message(
    queue=queue_name(settings.intake_queue_url) + DEAD_LETTERS, batch_size=1, maximum_concurrency=2
)
def give_up_intake(event: SQSEvent) -> None:
    events.handle_each(event, IntakeMessage, pipeline.intake_dead_letters.handle)


@app.on_sqs_message(
    queue=queue_name(settings.reading_queue_url) + DEAD_LETTERS, batch_size=1, maximum_concurrency=2
)
def give_up_reading(event: SQSEvent) -> None:
    events.handle_each(event, StoryMessage, pipeline.dead_letters[Step.READING].handle)


@app.on_sqs_message(
    queue=queue_name(settings.narration_queue_url) + DEAD_LETTERS,
    batch_size=1,
    maximum_concurrency=2,
)
def give_up_narration(event: SQSEvent) -> None:
    events.handle_each(event, StoryMessage, pipeline.dead_letters[Step.NARRATION].handle)


@app.on_sqs_message(
    queue=queue_name(settings.renditions_queue_url) + DEAD_LETTERS,
    batch_size=1,
    maximum_concurrency=2,
)
def give_up_renditions(event: SQSEvent) -> None:
    events.handle_each(event, StoryMessage, pipeline.dead_letters[Step.RENDITIONS].handle)


@app.on_sqs_message(
    queue=queue_name(settings.deletion_queue_url) + DEAD_LETTERS,
    batch_size=1,
    maximum_concurrency=2,
)
def give_up_deletion(event: SQSEvent) -> None:
    events.handle_each(event, StoryMessage, pipeline.dead_letters[Step.DELETION].handle)


@app.route("/health", methods=["GET"])
def health() -> Response:
    return Response(body={"status": "ok"})
