"""How processes that meet over a profile are held, and what brings such meetings about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.assembly import Assembly
from tests.fakes.workflow import Execution
from tests.proof.backend import Backend
from tests.proof.invariants_of_profiles import check_profiles
from tests.proof.meeting import Processes, Rest
from tests.proof.profile_simulation import ANNA, ProfileSimulation
from tests.proof.tape import Tape

UP_TO_PARALLEL: Final = ("detect_face", "check_face_duplicate")


@dataclass(frozen=True)
class ProfileMeeting:
    """A situation, and the processes that meet in it; as `meeting.Meeting`."""

    name: str
    arrange: Callable[[ProfileSimulation], Processes]
    preemptions: int = 2
    fails: bool = False
    assembly: type[Assembly] = Assembly

    def begin(self, backend: Backend, tape: Tape) -> tuple[Processes, Rest]:
        simulation = ProfileSimulation(backend, tape, assembly=self.assembly)

        def rest() -> None:
            simulation.settle()
            check_profiles(simulation, may_fail=self.fails)

        return self.arrange(simulation), rest


def sent(run: ProfileSimulation, user_id: str, person: int, *done: str) -> Execution:
    """A photo on its way, of which these functions have done their part."""
    run.put(user_id, person, email=f"{user_id[-1]}@example.com")
    execution = run.running()[-1]
    for function in done:
        run.invoke(function, execution)()
    return execution


def registered(run: ProfileSimulation, user_id: str = "user_a") -> None:
    """Anna's face counts for this user."""
    run.put(user_id, ANNA)
    run.settle()


def to_its_end(
    run: ProfileSimulation, execution: Execution, since: str = "FaceDetection"
) -> Callable[[], None]:
    """The rest of an execution, from this state on."""
    return lambda: run.run(execution, since)
