"""Storytime: photograph a page; hear it read.

Every trigger of the app, in pipeline order. Handlers translate and delegate; what is
decided is decided in `chalicelib`.
"""

import os
from collections.abc import Callable
from typing import cast

from chalice.app import Chalice, CORSConfig, Request, Response, SQSEvent

from chalicelib import http, logs, triggers
from chalicelib.settings import Settings
from chalicelib.wiring import Wiring

settings = Settings.from_environment(os.environ)
logs.configure(settings.log_level)
tools = Wiring(settings)

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
    receipt = tools.intake.take_in(http.upload_of(current_request()))
    return http.receipt_response(receipt, tools.links)


@app.on_sqs_message(
    queue=settings.reading_queue,
    batch_size=1,
    maximum_concurrency=settings.maximum_concurrency,
)
def read_page(event: SQSEvent) -> None:
    triggers.handle_each(event, tools.reading)


@app.on_sqs_message(
    queue=settings.narration_queue,
    batch_size=1,
    maximum_concurrency=settings.maximum_concurrency,
)
def narrate(event: SQSEvent) -> None:
    triggers.handle_each(event, tools.narration)


@app.route("/retrieve/{story_id}", methods=["GET"])
@http.answering_errors
def retrieve_by_path(story_id: str) -> Response:
    return http.story_response(tools.retrieval.retrieve(story_id), tools.links)


@app.route("/retrieve", methods=["GET"])
@app.route("/getResult", methods=["GET"])
@http.answering_errors
def retrieve_by_entity_tag() -> Response:
    entity_tag = http.entity_tag_of(current_request())
    return http.story_response(tools.retrieval.retrieve(entity_tag), tools.links)


@app.route("/health", methods=["GET"])
def health() -> Response:
    return Response(body={"status": "ok"})
