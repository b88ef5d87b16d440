"""The calls that the proof records are those that the app's own adapters make."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import pytest
from botocore import handlers

from chalicelib.assembly import AwsTools
from chalicelib.settings import Settings
from chalicelib.stories.queues import DEAD_LETTERS, PARKED, Step
from local.control.calls import Calls
from local.resources.environment import app_environment
from local.runner.lambda_function import LambdaFunction
from tests.proof.calls import calls_in, real_bucket
from tests.proof.memory_backend import MemoryBackend
from tests.proof.rare_ways import RARE_WAYS
from tests.proof.recording import OPERATIONS, TARGETS
from tests.proof.simulation import Simulation
from tests.proof.tape import Request
from tests.proof.test_schedules import SCENARIOS

NO_PORT = 1


class CutOffError(Exception):
    """No request gets further than this."""


def cut_off(**_event: Any) -> None:
    raise CutOffError


@pytest.fixture
def calls() -> Iterator[Calls]:
    """The calls of all sessions that are created meanwhile; their requests are cut off."""
    calls = Calls()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handlers, "BUILTIN_HANDLERS", [*handlers.BUILTIN_HANDLERS])
        calls.listen()
        handlers.BUILTIN_HANDLERS.append(("before-send", cut_off))
        for name, value in app_environment(NO_PORT).items():
            patch.setenv(name, value)
        yield calls


def test_every_request_of_a_scenario_is_the_call_that_the_proof_records(calls: Calls) -> None:
    adapters = AwsTools(Settings.from_environment(app_environment(NO_PORT)))
    requests = different_requests()

    for request in requests:
        calls.clear()
        function = LambdaFunction("somebody", lambda _event, _context: None, 1, 128)
        with function.running(), pytest.raises(CutOffError):
            same_request(adapters, request)()
        assert calls.to_json() == {"somebody": sorted(set(calls_in(request)))}, request.detail[0]

    methods = {(each.target, each.detail[0]) for each in requests}
    names = {method for _, method in methods} | {f"{port}.{method}" for port, method in methods}
    assert names >= OPERATIONS.keys()


def different_requests() -> Collection[Request]:
    """One request of each method for each list of calls that some scenario makes."""
    found: dict[tuple[str, ...], Request] = {}
    for scenario in (*SCENARIOS, *RARE_WAYS):
        backend = MemoryBackend()
        run = Simulation(backend, backend.tape({}))
        scenario.play(run)
        for request in run.settle().tape.requests:
            found.setdefault((*calls_in(request), request.detail[0], request.target), request)
    return found.values()


def same_request(adapters: AwsTools, request: Request) -> Callable[[], object]:
    """The method of the app's own adapter that makes this request."""
    method, *arguments = request.detail
    if request.target == "sent":
        arguments[0] = real_bucket(arguments[0])
    named = {each[0]: each[1] for each in arguments if type(each) is tuple}
    plain = [each for each in arguments if type(each) is not tuple]
    return partial(getattr(port_of(adapters, request), method), *plain, **named)


def port_of(adapters: AwsTools, request: Request) -> Any:
    step, dash, suffix = request.target.partition("-")
    queues = {"": "queues", DEAD_LETTERS: "dead_letter_queues", PARKED: "parked_queues"}
    if step in set(Step):
        return getattr(adapters, queues[dash + suffix])[step]
    ports = [name for name, target in TARGETS.items() if target == request.target]
    found = [getattr(adapters, name) for name in ports]
    return next(port for port in found if hasattr(port, request.detail[0]))
