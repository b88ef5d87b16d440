"""Serves the app over the fakes, behind the local API gateway: requests cost no OCR and no speech.

    python -m tests.api.served

It prints one line of JSON, with its address and what there is to ask for, and ends when its input
does.
"""

import importlib
import json
import os
import sys
from typing import Any

from chalicelib.steps.deletion import Deletion
from chalicelib.steps.direct_upload import DirectUpload, WantedUpload
from chalicelib.stories import moves
from chalicelib.stories.upload_request import failure
from local.resources.environment import app_environment
from local.runner.api_gateway import ApiGateway
from local.runner.stack import chalice_config
from local.server.http_server import HttpServer
from tests.fakes.builders import jpeg, narrated_move, read_move
from tests.fakes.world import BEN, World


def filled(world: World) -> list[str]:
    """Put a story in each state, and an upload; return all ids."""
    stories = [world.upload(jpeg(shade=shade)) for shade in (10, 20, 30, 40, 50)]
    _, read, ready, failed, deleted = stories
    for story in (read, ready):
        last = world.stories.apply(story, read_move(story))
    world.stories.apply(last, narrated_move(last))
    world.stories.apply(failed, moves.given_up(failed, "it was lost"))
    world.part(Deletion).delete(deleted.id)
    wanted = WantedUpload("page.jpg", "image/jpeg", "auto", "Joanna")
    uploads = [world.part(DirectUpload).permit(wanted).request for _ in range(3)]
    world.upload_requests.update(uploads[1], failure("This is not a photo."))
    world.part(Deletion).delete(uploads[2].id)
    return [story.id for story in stories] + [upload.id for upload in uploads]


def main() -> None:
    os.environ.update(app_environment(1), API_TOKENS=os.environ["API_TOKENS"])
    app: Any = importlib.import_module("app")
    world = World()
    app.part = world.part
    ids = filled(world)
    world.put("anna")
    world.register("ben", BEN)
    server = HttpServer(0)
    server.start(ApiGateway(app.app, chalice_config()))
    there = {"ids": ids, "ready": ids[2:3], "users": ["anna", "ben"]}
    print(json.dumps({"url": server.url, **there}), flush=True)  # noqa: T201
    sys.stdin.read()


if __name__ == "__main__":
    main()
