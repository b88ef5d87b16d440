"""Several processes that meet over one story, and how their meetings are held."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from tests.proof import calls
from tests.proof.backend import Backend
from tests.proof.crashes import MakeBackend, single_faults
from tests.proof.interleaving import Order, every_order, run_together
from tests.proof.invariants import check
from tests.proof.memory_backend import MemoryBackend
from tests.proof.simulation import BrokenPromiseError, Simulation
from tests.proof.tape import Fault, Tape

Processes = Iterable[Callable[[], object]]
Rest = Callable[[], None]
"""Comes to rest, and checks what must hold."""


class AnyMeeting(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def preemptions(self) -> int: ...
    def begin(self, backend: Backend, tape: Tape) -> tuple[Processes, Rest]:
        """Bring the situation about: who meets in it, and what to do afterwards."""


@dataclass(frozen=True)
class Meeting:
    """A situation, and the processes that meet in it.

    Attributes:
        arrange: Brings the situation about, and returns who meets in it.
        preemptions: How often a process may be interrupted, in all.
        parks: Messages may stay parked in the end.
        fails: Readable photos may stay failed in the end.
    """

    name: str
    arrange: Callable[[Simulation], Processes]
    preemptions: int = 3
    parks: bool = False
    fails: bool = False

    def begin(self, backend: Backend, tape: Tape) -> tuple[Processes, Rest]:
        simulation = Simulation(backend, tape, parking=self.parks)

        def rest() -> None:
            simulation.settle()
            check(simulation, may_fail=self.fails)

        return self.arrange(simulation), rest


def hold(
    meeting: AnyMeeting,
    order: Order,
    make_backend: MakeBackend = MemoryBackend,
    faults: Mapping[int, Fault] | None = None,
) -> int:
    """Hold a meeting in this order, and check what must hold; how many requests was it?

    Faults are counted from the first request of those who meet.
    """
    backend = make_backend()
    tape = backend.tape({})
    try:
        processes, rest = meeting.begin(backend, tape)
        before = len(tape.requests)
        tape.faults = {before + number: fault for number, fault in (faults or {}).items()}
        run_together(tape, order, processes)
        together = len(tape.requests) - before
        rest()
        calls.record(tape)
    except BrokenPromiseError as broken:
        raise BrokenPromiseError(f"{meeting.name} (faults: {faults or 'none'})\n{broken}") from None
    return together


def every_order_of(meeting: AnyMeeting, make_backend: MakeBackend = MemoryBackend) -> int:
    """In how many orders it held."""

    def play(order: Order) -> None:
        hold(meeting, order, make_backend)

    return every_order(play, meeting.preemptions)


def every_fault_in_every_order_of(
    meeting: AnyMeeting, kinds: Collection[Fault] = tuple(Fault)
) -> int:
    """One process is interrupted once, and one request of any process meets a fault."""
    runs = 0
    for faults in single_faults(hold(meeting, Order()), kinds):

        def play(order: Order, faults: Mapping[int, Fault] = faults) -> None:
            hold(meeting, order, faults=faults)

        runs += every_order(play, preemptions=1)
    return runs
