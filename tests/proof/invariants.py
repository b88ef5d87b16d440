"""What must hold after every run, whatever happened in it.

An invariant is a function that yields a line for each thing that is broken. A new step, record or
message gets its own in the module of its subject, and is named in `INVARIANTS`.
"""

from collections.abc import Callable, Iterator

from chalicelib.delivery.messages import StoryMessage
from tests.proof import (
    invariants_of_deletion,
    invariants_of_profiles,
    invariants_of_stories,
    invariants_of_uploads,
)
from tests.proof.outcome import Outcome, files_of, life_of
from tests.proof.simulated_aws import BrokenPromiseError
from tests.proof.simulation import Simulation


def check(simulation: Simulation, *, may_fail: bool = False) -> None:
    """Raise `BrokenPromiseError` with all requests unless everything holds.

    Args:
        simulation: A run that has come to rest.
        may_fail: Suitable photos may end as failed: something was broken for long.
    """
    run = Outcome(simulation, may_fail=may_fail)
    if problems := [problem for invariant in INVARIANTS for problem in invariant(run)]:
        raise BrokenPromiseError("\n".join(problems))


def bugs(run: Outcome) -> Iterator[str]:
    yield from run.simulation.bugs


def orphans(run: Outcome) -> Iterator[str]:
    """Every file that was ever stored belongs to a living story or a photo that counts, or is
    gone. The photos that count have all their files."""
    stored = {r.detail[1] for r in run.requests if r.operation == "s3.PutObject"}
    wanted = {key for owner in run.present_owners for key in files_of(owner)}
    for key in sorted(stored - wanted):
        if run.exists(key) and not _has_living_story(run, key):
            yield f"an orphan: {key.rpartition('/')[2]}"
    for key in sorted(wanted):
        if not run.exists(key):
            yield f"a photo that counts has no {key.rpartition('/')[2]}"


def _has_living_story(run: Outcome, key: str) -> bool:
    life: StoryMessage | None = life_of(key)
    return life is not None and (run.alive(life) is not None or life in run.parked_deletions)


def left_behind(run: Outcome) -> Iterator[str]:
    """No message, file or execution is left."""
    backend = run.backend
    for queue in (*backend.queues.values(), *backend.dead_letter_queues.values()):
        if queue.next_visible_at() is not None:
            yield "a message was left behind"
    for queue in backend.parked_queues.values():
        if queue.next_visible_at() is not None and not run.simulation.parks:
            yield "a message was parked though nothing was broken for long"
    if run.simulation.arrived():
        yield "a file was left behind in the intake bucket"
    if run.simulation.running():
        yield "an execution is still running"


INVARIANTS: tuple[Callable[[Outcome], Iterator[str]], ...] = (
    bugs,
    *invariants_of_stories.ALL,
    orphans,
    left_behind,
    *invariants_of_uploads.ALL,
    *invariants_of_deletion.ALL,
    *invariants_of_profiles.ALL,
)
