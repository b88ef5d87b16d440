"""What the workflow of profile photos adds to the engine's own time, and its states."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import requests

from bench.client import GIVE_UP
from bench.report import Figure
from bench.stack import RunningStack, running_stack
from local.demo import pictures_of_faces as pictures
from local.demo.profile import execution_arn, path_of
from local.demo.terminal import last

FACTOR = 1.15
FIXED = 0.3  # seconds


@dataclass(frozen=True)
class Run:
    """One photo, from upload to end.

    Attributes:
        seconds: From the execution's start to its end.
        engine: Of these, inside the face engine.
        path: The states that its execution entered.
    """

    seconds: float
    engine: float
    path: list[str]


def measure(*, quick: bool) -> list[Figure]:
    """One photo at a time, for each way that one can take; the first loads the engine."""
    rounds = 2 if quick else 6
    with running_stack() as stack:
        _run(stack, "warm", _portrait(0), "ready")
        outcomes: dict[str, Callable[[int], Run]] = {
            "ready": lambda number: _run(stack, "warm", _portrait(number), "ready"),
            "refused": lambda number: _run(stack, f"page-{number}", _page(number), "rejected"),
            "known": lambda number: _run(stack, f"twin-{number}", _portrait(0), "rejected"),
        }
        runs = {
            name: [run(number) for number in range(1, rounds + 1)] for name, run in outcomes.items()
        }
    return [_overhead(name, of_one) for name, of_one in runs.items()] + [
        _states(name, of_one[-1], most)
        for (name, of_one), most in zip(runs.items(), (6, 2, 3), strict=True)
    ]


def _states(name: str, run: Run, most: int) -> Figure:
    path = {"path": " > ".join(run.path)}
    return Figure(f"states of a photo that is {name}", len(run.path), most, "at most", "", path)


def _overhead(name: str, runs: list[Run]) -> Figure:
    return Figure(
        f"{name} photo / (1.15 x engine + 0.3 s)",
        median(run.seconds / (FACTOR * run.engine + FIXED) for run in runs),
        1.0,
        "at most",
        "x",
        {
            "photos": len(runs),
            "took (s)": round(median(run.seconds for run in runs), 3),
            "engine (s)": round(median(run.engine for run in runs), 3),
            "beyond the engine (s)": round(median(run.seconds - run.engine for run in runs), 3),
        },
    )


def _run(stack: RunningStack, user_id: str, photo: bytes, status: str) -> Run:
    timings = f"{stack.aws_url}/_local/timings"
    requests.delete(timings, timeout=10).raise_for_status()
    url = f"{stack.api_url}/profiles/{user_id}"
    headers = {"Content-Type": "image/jpeg"}
    answer = requests.put(f"{url}/photo", data=photo, headers=headers, timeout=60)
    answer.raise_for_status()
    execution = answer.json()["execution_id"]
    ended = last(lambda: _described(stack, execution), _has_ended, GIVE_UP)
    found = requests.get(url, timeout=10).json()["status"]
    if found != status:
        raise RuntimeError(f"a photo that was to be {status} is {found}")
    engine = requests.get(timings, timeout=10).json().values()
    return Run(
        (ended["stopDate"] - ended["startDate"]).total_seconds(),
        sum(float(timing["seconds"]) for timing in engine),
        path_of(stack, execution),
    )


def _described(stack: RunningStack, execution: str) -> Any:
    return stack.clients.stepfunctions.describe_execution(
        executionArn=execution_arn(stack, execution)
    )


def _has_ended(described: Any) -> bool:
    return bool(described["status"] != "RUNNING")


def _portrait(number: int) -> bytes:
    """The same face each time, in another file."""
    return pictures.as_jpeg(pictures.portrait(), quality=95 - number)


def _page(number: int) -> bytes:
    return pictures.as_jpeg(pictures.page(), quality=95 - number)
