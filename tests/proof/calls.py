"""A run's requests as calls of functions: the app's own adapters make each of them once more.

The end-to-end tests see the real requests, but few of the paths after failures; the proof plays
them all.
"""

import re
from functools import cache
from typing import Any, Final

import pytest
from botocore import handlers
from botocore.exceptions import BotoCoreError

from chalicelib.aws.tools import AwsTools
from chalicelib.errors import TransientError
from chalicelib.settings import Settings
from chalicelib.stories.queues import DEAD_LETTERS, PARKED, QUEUES, Step
from local.control.calls import Calls
from local.resources.environment import app_environment
from local.resources.names import INTAKE_BUCKET, MEDIA_BUCKET
from local.runner.lambda_function import LambdaFunction
from tests.fakes import world
from tests.infrastructure import calls
from tests.proof.recording import TARGETS
from tests.proof.tape import Request, Tape

_API: Final = ("bulk", "correct", "delete", "get", "list", "poll", "put", "request", "upload")
_FUNCTIONS: Final = {
    **dict.fromkeys(_API, "api_handler"),
    "announce": "announce_staged",
    **{str(queue.step): queue.handler for queue in QUEUES},
    **{f"{queue.step} dead letter": queue.dead_letter_handler for queue in QUEUES},
}
"""By the kind of a process; the others have the names of their functions."""

_BUCKETS: Final = {"media": MEDIA_BUCKET, world.INTAKE_BUCKET: INTAKE_BUCKET}
"""The stage's buckets, by their names in the fakes."""

_NO_PORT: Final = 1
_KNOWN: set[tuple[str, ...]] = set()
"""Requests that are recorded already: of millions, a few thousand differ."""


class CutOffError(BotoCoreError):
    """No request of these adapters is sent."""


def record(tape: Tape) -> None:
    for request in tape.requests:
        where = request.detail[1] if request.operation.startswith("s3.") else ""
        known = (request.process.kind, request.detail[0], request.target, str(where))
        if known not in _KNOWN:
            _KNOWN.add(known)
            calls.add(_calls_in(request))


def _calls_in(request: Request) -> dict[str, list[str]]:
    """Have the app's own adapter make a request; it must say that no answer came."""
    adapters, seen = _adapters()
    function = LambdaFunction(_function_of(request), lambda _event, _context: None, 1, 128)
    method, *arguments = request.detail
    if request.target == "sent":
        arguments[0] = _BUCKETS[arguments[0]]
    named = {each[0]: each[1] for each in arguments if type(each) is tuple}
    plain = [each for each in arguments if type(each) is not tuple]
    with function.running(), pytest.raises(TransientError):
        getattr(_port_of(adapters, request), method)(*plain, **named)
    made = seen.to_json()
    seen.clear()
    operations = {re.split("[ :]", call)[0] for call in made[function.name]}
    assert operations == {request.operation}, request.detail[0]
    return made


def _function_of(request: Request) -> str:
    kind = re.sub(r" \d+$", "", request.process.kind)
    return _FUNCTIONS.get(kind, kind.partition(" ")[0])


def _port_of(adapters: AwsTools, request: Request) -> Any:
    step, dash, suffix = request.target.partition("-")
    queues = {"": "queues", DEAD_LETTERS: "dead_letter_queues", PARKED: "parked_queues"}
    if step in set(Step):
        return getattr(adapters, queues[dash + suffix])[step]
    ports = [getattr(adapters, name) for name, target in TARGETS.items() if target == step]
    return next(port for port in ports if hasattr(port, request.detail[0]))


@cache
def _adapters() -> tuple[AwsTools, Calls]:
    """The adapters, with all their clients, and what they call."""

    def cut_off(**_event: Any) -> None:
        raise CutOffError

    environment, seen = app_environment(_NO_PORT), Calls()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(handlers, "BUILTIN_HANDLERS", [*handlers.BUILTIN_HANDLERS])
        seen.listen()
        handlers.BUILTIN_HANDLERS.append(("before-send", cut_off))
        adapters = AwsTools(Settings.from_environment(environment))
        for name in (*TARGETS, "queues", "dead_letter_queues", "parked_queues"):
            getattr(adapters, name)
    return adapters, seen
