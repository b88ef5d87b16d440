"""Plays scenarios with faults at every request."""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import product
from typing import Protocol

from tests.proof import calls
from tests.proof.backend import Backend
from tests.proof.memory_backend import MemoryBackend
from tests.proof.simulation import BrokenPromiseError
from tests.proof.tape import Fault, Tape

MakeBackend = Callable[[], Backend]


class Scenario(Protocol):
    """Something that people and AWS do."""

    @property
    def name(self) -> str: ...
    def play_on(self, backend: Backend, tape: Tape, *, twice: bool) -> None:
        """Do it, come to rest, and check what must hold."""


def play(
    scenario: Scenario,
    faults: Mapping[int, Fault],
    make_backend: MakeBackend = MemoryBackend,
    *,
    twice: bool = False,
) -> int:
    """Play a scenario under these faults, check what must hold; how many requests was it?"""
    backend = make_backend()
    tape = backend.tape(faults)
    try:
        scenario.play_on(backend, tape, twice=twice)
        calls.record(tape)
    except BrokenPromiseError as broken:
        where = ", ".join(f"request {number}: {fault}" for number, fault in faults.items())
        raise BrokenPromiseError(f"{scenario.name} ({where or 'no faults'})\n{broken}") from None
    return len(tape.requests)


def single_faults(
    requests: int, kinds: Collection[Fault] = tuple(Fault)
) -> Iterator[Mapping[int, Fault]]:
    for number, fault in product(range(1, requests + 1), kinds):
        yield {number: fault}


def every_single_fault(
    scenario: Scenario,
    make_backend: MakeBackend = MemoryBackend,
    *,
    twice: bool = False,
    kinds: Collection[Fault] = tuple(Fault),
) -> int:
    """How many runs held: one without a fault, and one for each fault at each request."""
    requests = play(scenario, {}, make_backend, twice=twice)
    runs = 1
    for faults in single_faults(requests, kinds):
        play(scenario, faults, make_backend, twice=twice)
        runs += 1
    return runs


def every_pair_of_faults(scenario: Scenario, kinds: Collection[Fault]) -> int:
    """The second fault may hit any request that there is after the first."""
    runs = 0
    for first in single_faults(play(scenario, {})):
        ((number, kind),) = first.items()
        if kind not in kinds:
            continue
        requests = play(scenario, first)
        for second in range(number + 1, requests + 1):
            for fault in kinds:
                play(scenario, {**first, second: fault})
                runs += 1
    return runs
