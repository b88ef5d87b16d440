"""Plays scenarios and meetings under schedules: faults at requests, and orders of requests.

A schedule that breaks a promise is printed: what is broken, the faults, and every request in its
order with the faults marked. docs/decisions/0010-the-proof.md says how to read and repeat it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tests.proof import calls
from tests.proof.interleaving import Order, every_order, run_together
from tests.proof.invariants import check
from tests.proof.simulated_aws import USUAL, BrokenPromiseError, Conditions
from tests.proof.simulation import Processes, Simulation
from tests.proof.tape import ALL_KINDS, Fault, Tape

Scenarios = Mapping[str, Callable[[Simulation], Any]]
Meetings = Mapping[str, Callable[[Simulation], Processes]]
Faults = Mapping[int, Fault]
"""By the number of the request, from 1."""
NO_FAULTS: Final[Faults] = {}


class Part(StrEnum):
    """How many schedules of a family are played: the same ones every time.

    The slice has one fault for each request (or each n-th one), the kinds in turn, and orders
    with one preemption.
    """

    SLICE = "slice"
    EVERY = "every"


@dataclass(frozen=True)
class Scenario:
    """What people and AWS do; afterwards the run comes to rest.

    Attributes:
        parks: Messages may stay parked in the end.
        fails: Suitable photos may stay failed in the end.
    """

    name: str
    play: Callable[[Simulation], Any]
    parks: bool
    fails: bool


@dataclass(frozen=True)
class Meeting(Scenario):
    """A situation that `play` brings about, and the processes that meet in it: its result.

    Attributes:
        preemptions: How often a process may be interrupted, in all.
    """

    preemptions: int


def scenarios(plays: Scenarios, *, parks: bool = False, fails: bool = False) -> Iterator[Scenario]:
    for name, each in plays.items():
        yield Scenario(name, each, parks, fails)


def meetings(
    plays: Meetings, *, preemptions: int, parks: bool = False, fails: bool = False
) -> Iterator[Meeting]:
    for name, each in plays.items():
        yield Meeting(name, each, parks, fails, preemptions)


def play(scenario: Scenario, faults: Faults = NO_FAULTS, conditions: Conditions = USUAL) -> int:
    """Play a scenario under these faults; how many requests were made?"""
    simulation = _begun(scenario, conditions, faults)
    with explained(scenario.name, simulation.tape):
        scenario.play(simulation)
        _rest(scenario, simulation)
    return len(simulation.tape.requests)


def hold(
    meeting: Meeting, order: Order, faults: Faults = NO_FAULTS, conditions: Conditions = USUAL
) -> int:
    """Hold a meeting in this order; how many requests did the processes make?

    Faults are counted from the first request of the processes.
    """
    simulation = _begun(meeting, conditions)
    tape = simulation.tape
    with explained(meeting.name, tape, order):
        processes = meeting.play(simulation)
        before = len(tape.requests)
        tape.faults = {before + number: fault for number, fault in faults.items()}
        run_together(tape, order, processes)
        together = len(tape.requests) - before
        _rest(meeting, simulation)
    return together


def _begun(scenario: Scenario, conditions: Conditions, faults: Faults = NO_FAULTS) -> Simulation:
    backend = conditions.make_backend()
    tape = Tape(backend.clock, faults)
    return Simulation(backend, tape, conditions, parks=scenario.parks)


def _rest(scenario: Scenario, simulation: Simulation) -> None:
    simulation.settle()
    check(simulation, may_fail=scenario.fails)
    calls.record(simulation.tape)


@contextmanager
def explained(name: str, tape: Tape, order: Order | None = None) -> Iterator[None]:
    """Have a broken promise tell its whole schedule."""
    try:
        yield
    except BrokenPromiseError as broken:
        lines = [str(broken), "", f'This schedule of "{name}" broke it:']
        lines += [f"  request {number}: {fault}" for number, fault in tape.faults.items()]
        if order is not None:
            lines.append(f"  order of the processes: {[each.chosen for each in order.choices]}")
        raise BrokenPromiseError("\n".join([*lines, "", str(tape)])) from None


def single_faults(
    requests: int, kinds: Sequence[Fault], part: Part = Part.EVERY, *, after: int = 0, step: int = 1
) -> Iterator[Faults]:
    """One fault at any of the requests that follow `after`; in the slice, at each `step`-th."""
    for number in range(after + 1, requests + 1, step if part is Part.SLICE else 1):
        turn = number // step % len(kinds)
        for fault in kinds if part is Part.EVERY else kinds[turn : turn + 1]:
            yield {number: fault}


def every_single_fault(
    scenario: Scenario,
    kinds: Sequence[Fault] = ALL_KINDS,
    part: Part = Part.EVERY,
    conditions: Conditions = USUAL,
    *,
    step: int = 1,
) -> int:
    """How many schedules held: one without a fault, and those with one."""
    requests = play(scenario, NO_FAULTS, conditions)
    runs = 1
    for faults in single_faults(requests, kinds, part, step=step):
        play(scenario, faults, conditions)
        runs += 1
    return runs


def every_pair_of_faults(
    scenario: Scenario, kinds: Sequence[Fault] = ALL_KINDS, part: Part = Part.EVERY, *, step: int
) -> int:
    """How many schedules held. The second fault hits any request that is made after the first."""
    runs = 0
    for first in single_faults(play(scenario), kinds, part):
        requests = play(scenario, first)
        for second in single_faults(requests, kinds, part, after=max(first), step=step):
            play(scenario, {**first, **second})
            runs += 1
    return runs


def every_order_of(
    meeting: Meeting, part: Part = Part.EVERY, conditions: Conditions = USUAL
) -> int:
    preemptions = meeting.preemptions if part is Part.EVERY else 1
    return every_order(lambda order: hold(meeting, order, NO_FAULTS, conditions), preemptions)


def every_fault_in_every_order_of(
    meeting: Meeting, kinds: Sequence[Fault], part: Part = Part.EVERY, *, step: int
) -> int:
    """One process is interrupted once, and one request of any process meets a fault."""
    runs = 0
    for faults in single_faults(hold(meeting, Order()), kinds, part, step=step):
        runs += every_order(lambda order, faults=faults: hold(meeting, order, faults), 1)  # type: ignore[misc]
    return runs
