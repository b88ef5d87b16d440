"""Several processes at once, switched at AWS requests, in every order that matters.

Each process is a greenlet: exactly one runs, and only a request switches to another one. An order
is the list of the processes that went on, one for each request. All orders with at most so many
preemptions are played; the switch after a process has ended is not counted. Races between few
processes show with very few preemptions.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from greenlet import getcurrent, greenlet

from tests.proof.tape import Tape


@dataclass(frozen=True)
class Choice:
    """The process that went on, those that could, and the one that was running before."""

    chosen: int
    enabled: tuple[int, ...]
    running: int | None

    @property
    def is_preemption(self) -> bool:
        return self.running in self.enabled and self.chosen != self.running


@dataclass
class Order:
    """Follows a list of choices, then lets the running process go on; remembers all choices."""

    prefix: tuple[int, ...] = ()
    choices: list[Choice] = field(default_factory=list)

    def choose(self, enabled: tuple[int, ...], running: int | None) -> int:
        number = len(self.choices)
        if number < len(self.prefix):
            chosen = self.prefix[number]
        else:
            chosen = running if running in enabled and running is not None else enabled[0]
        self.choices.append(Choice(chosen, enabled, running))
        return chosen

    def alternatives(self, preemptions: int) -> Iterable[tuple[int, ...]]:
        """The orders that differ from this one after its prefix, within the bound."""
        for number in range(len(self.prefix), len(self.choices)):
            choice = self.choices[number]
            before = self.choices[:number]
            for other in choice.enabled:
                branch = Choice(other, choice.enabled, choice.running)
                used = sum(each.is_preemption for each in [*before, branch])
                if other != choice.chosen and used <= preemptions:
                    yield (*(each.chosen for each in before), other)


def run_together(tape: Tape, order: Order, processes: Iterable[Callable[[], object]]) -> None:
    """Run processes to their end, switching as the order says."""
    scheduler = getcurrent()

    def hand_over() -> None:
        if getcurrent() is not scheduler:
            scheduler.switch()

    tape.switch = hand_over
    greenlets = [greenlet(process) for process in processes]
    running: int | None = None
    while enabled := tuple(n for n, each in enumerate(greenlets) if not each.dead):
        running = order.choose(enabled, running)
        greenlets[running].switch()


def every_order(play: Callable[[Order], object], preemptions: int) -> int:
    """Play every order with at most so many preemptions; how many were there?"""
    pending: list[tuple[int, ...]] = [()]
    played = 0
    while pending:
        order = Order(pending.pop())
        play(order)
        played += 1
        pending.extend(order.alternatives(preemptions))
    return played
