"""Storytime: photograph a page; hear it read.

Every trigger of the app, in pipeline order. Handlers translate and delegate; what is
decided is decided in `chalicelib`.
"""

import os
from collections.abc import Callable
from typing import cast

from chalice.app import Chalice, CloudWatchEvent, CORSConfig, Rate, Request, Response, SQSEvent

from chalicelib import http, logs, triggers
from chalicelib.settings import DEAD_LETTERS, Settings
from chalicelib.wiring import pipeline_on_aws

settings = Settings.from_environment(os.environ)
logs.configure(settings.log_level)
pipeline = pipeline_on_aws(settings)

app = Chalice(app_name="storytime", configure_logs=False)
# Listed, never "*/*": with that, Chalice refuses every request without an Accept header.
app.api.binary_types += ["image/heic", "image/heif", "image/webp"]
app.api.cors = CORSConfig(
    allow_headers=[
        "Content-Disposition",
        "ETag",
        "X-Duplication-Check-Required",
        "X-Language",
        "X-Notification-Required",
        "X-Voice",
    ],
    expose_headers=["ETag", "Retry-After", "Timestamp"],
)


def current_request() -> Request:
    """The request that is being answered; views always have one."""
    return cast("Request", app.current_request)


@app.middleware("http")
def reshape_errors(event: object, get_response: Callable[[object], Response]) -> Response:
    return http.in_our_shape(get_response(event))


@app.route("/upload", methods=["POST"], content_types=["*/*"])  # intake says what it takes
@http.answering_errors
def upload() -> Response:
    receipt = pipeline.intake.take_in(http.upload_of(current_request()))
    return http.receipt_response(receipt, pipeline.links)


@app.on_sqs_message(
    queue=settings.reading_queue,
    batch_size=1,
    maximum_concurrency=settings.maximum_concurrency,
)
def read_page(event: SQSEvent) -> None:
    triggers.handle_each(event, pipeline.reading.handle)


@app.on_sqs_message(
    queue=settings.narration_queue,
    batch_size=1,
    maximum_concurrency=settings.maximum_concurrency,
)
def narrate(event: SQSEvent) -> None:
    triggers.handle_each(event, pipeline.narration.handle)


@app.route("/retrieve/{story_id}", methods=["GET"])
@http.answering_errors
def retrieve_by_path(story_id: str) -> Response:
    return http.story_response(pipeline.retrieval.retrieve(story_id), pipeline.links)


@app.route("/retrieve", methods=["GET"])
@app.route("/getResult", methods=["GET"])
@http.answering_errors
def retrieve_by_entity_tag() -> Response:
    entity_tag = http.entity_tag_of(current_request())
    return http.story_response(pipeline.retrieval.retrieve(entity_tag), pipeline.links)


@app.schedule(Rate(5, unit=Rate.MINUTES))
def sweep(event: CloudWatchEvent) -> None:
    pipeline.sweeper.sweep(lambda: triggers.time_left(event))


@app.on_sqs_message(
    queue=settings.reading_queue + DEAD_LETTERS, batch_size=1, maximum_concurrency=2
)
def give_up_reading(event: SQSEvent) -> None:
    triggers.handle_each(event, pipeline.reading_dead_letters.handle)


@app.on_sqs_message(
    queue=settings.narration_queue + DEAD_LETTERS, batch_size=1, maximum_concurrency=2
)
def give_up_narration(event: SQSEvent) -> None:
    triggers.handle_each(event, pipeline.narration_dead_letters.handle)


@app.route("/health", methods=["GET"])
def health() -> Response:
    return Response(body={"status": "ok"})
