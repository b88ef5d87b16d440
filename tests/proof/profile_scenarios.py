"""What people do with profile photos, told once; the harness lets every request of it go wrong."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.assembly import Assembly
from chalicelib.profiles.failover import MAX_EXECUTIONS
from chalicelib.profiles.profile import ProfileStatus
from tests.proof.backend import Backend
from tests.proof.invariants_of_profiles import check_profiles
from tests.proof.profile_simulation import ANNA, BEN, NOBODY, VEILED, ProfileSimulation
from tests.proof.simulation import BrokenPromiseError
from tests.proof.tape import Tape

_A, _B = "a@example.com", "b@example.com"


@dataclass(frozen=True)
class ProfileScenario:
    """A story of profiles.

    Attributes:
        play: Does it, and comes to rest.
        fails: Photos that do may stay failed in the end.
        parks: Messages may stay parked in the end.
        backwards: Parallel branches run from the last one on.
        aborting: A function that dies takes its execution with it.
        assembly: Builds the parts; a planted bug replaces one.
    """

    name: str
    play: Callable[[ProfileSimulation], None]
    fails: bool = False
    parks: bool = False
    backwards: bool = False
    aborting: bool = False
    assembly: type[Assembly] = Assembly

    def play_on(self, backend: Backend, tape: Tape, *, twice: bool) -> None:
        simulation = ProfileSimulation(
            backend,
            tape,
            twice=twice,
            parking=self.parks,
            backwards=self.backwards,
            aborting=self.aborting,
            assembly=self.assembly,
        )
        self.play(simulation)
        check_profiles(simulation, may_fail=self.fails, parks=self.parks)


def taken(run: ProfileSimulation) -> None:
    run.put("user_a", ANNA, email=_A)
    run.deliver_all()
    run.ask("user_a")
    run.settle()


def refused(run: ProfileSimulation) -> None:
    run.put("user_a", NOBODY, email=_A)
    run.settle()


def too_unclear_to_add(run: ProfileSimulation) -> None:
    run.put("user_a", VEILED, email=_A)
    run.settle()


def somebody_elses_face(run: ProfileSimulation) -> None:
    run.put("user_a", ANNA)
    run.settle()
    run.put("user_b", ANNA, email=_B)
    run.settle()


def a_face_added_by_hand(run: ProfileSimulation) -> None:
    run.put("user_b", BEN)  # somebody's whom the collection does not know
    run.backend.faces.add(run.wishes[0].content or b"", None)
    run.put("user_a", BEN, shot=1, email=_A)
    run.settle()


def sent_twice(run: ProfileSimulation) -> None:
    run.put("user_a", ANNA)
    run.put("user_a", ANNA, email=_A)
    run.settle()
    run.put("user_a", ANNA, email=_A)
    run.settle()


def refused_photo_sent_again(run: ProfileSimulation) -> None:
    run.put("user_a", NOBODY)
    run.settle()
    run.put("user_a", NOBODY, email=_A)
    run.settle()


def replaced(run: ProfileSimulation) -> None:
    run.put("user_a", ANNA)
    run.settle()
    run.put("user_a", ANNA, shot=1, email=_A)
    run.settle()


def replaced_meanwhile(run: ProfileSimulation) -> None:
    """The first photo is still on its way."""
    run.put("user_a", ANNA, email=_A)
    run.put("user_a", BEN, email=_A)
    run.settle()


def replacement_refused(run: ProfileSimulation) -> None:
    run.put("user_a", ANNA)
    run.settle()
    run.put("user_a", NOBODY, email=_A)
    run.settle()


def returned_to(run: ProfileSimulation) -> None:
    """The photo that counts is sent again while another one is on its way."""
    run.put("user_a", ANNA)
    run.settle()
    run.put("user_a", BEN)
    run.put("user_a", ANNA)
    run.settle()


def deleted(run: ProfileSimulation) -> None:
    run.backend.cdn.asks = 2
    run.put("user_a", ANNA)
    run.settle()
    run.remove("user_a")
    run.ask("user_a")
    run.settle()
    run.remove("user_a")
    run.ask("user_a")
    run.settle()


def deleted_while_processing(run: ProfileSimulation) -> None:
    run.put("user_a", ANNA, email=_A)
    run.remove("user_a")
    run.settle()


def deleted_and_sent_again(run: ProfileSimulation) -> None:
    run.put("user_a", ANNA)
    run.settle()
    run.remove("user_a")
    run.put("user_a", ANNA)
    run.settle()


def face_free_again(run: ProfileSimulation) -> None:
    """Whoever was refused sends the same photo again when the other profile is gone."""
    run.put("user_a", ANNA)
    run.settle()
    run.put("user_b", ANNA, email=_B)
    run.settle()
    run.remove("user_a")
    run.put("user_b", ANNA, email=_B)
    run.settle()


def started_by_hand(run: ProfileSimulation) -> None:
    run.by_hand("user_a", ANNA)
    run.settle()
    run.put("user_a", ANNA)
    run.settle()


def by_hand_over_another(run: ProfileSimulation) -> None:
    run.put("user_a", BEN)
    run.settle()
    run.clock.advance(10)
    run.by_hand("user_a", ANNA)
    run.settle()


def by_hand_too_late(run: ProfileSimulation) -> None:
    """Another photo is sent before the execution comes to its first task."""
    run.by_hand("user_a", BEN)
    run.clock.advance(10)
    run.put("user_a", ANNA)
    run.settle()


def posted(run: ProfileSimulation) -> None:
    """S3 tells twice."""
    key = run.post("user_a", ANNA, email=_A)
    run.announce(key)
    run.settle()
    run.announce(key)
    run.settle()


def posted_unheard(run: ProfileSimulation) -> None:
    run.post("user_a", NOBODY, email=_A)
    run.lose_events()
    run.clock.advance(71)
    run.settle()


def posted_before_another(run: ProfileSimulation) -> None:
    """The event of an older photo is lost, and the sweeper comes to it after a newer one."""
    run.post("user_a", BEN)
    run.lose_events()
    run.clock.advance(71)
    run.put("user_a", ANNA)
    run.settle()


def posted_and_deleted(run: ProfileSimulation) -> None:
    """Nobody hears of the photo before there is no record any more that could tell of the end."""
    run.put("user_a", ANNA)
    run.settle()
    run.clock.advance(71)
    run.post("user_a", BEN)
    run.lose_events()
    run.clock.advance(10)
    run.remove("user_a")
    run.settle()


def mail_is_down(run: ProfileSimulation) -> None:
    for kind in ("refuse_photo", "sweep"):
        run.tape.outage = (kind, "sesv2.SendEmail")
        if kind == "refuse_photo":
            run.put("user_a", NOBODY, email=_A)
        run.deliver_all()
        run.clock.advance(400)
        run.sweep()
    run.tape.outage = None
    run.settle()


def address_refused(run: ProfileSimulation) -> None:
    run.backend.mailer.refused.add(_A)
    run.put("user_a", NOBODY, email=_A)
    run.settle()


def execution_lost(run: ProfileSimulation) -> None:
    """It ends before its first task; whoever asks has another one started."""
    run.put("user_a", ANNA, email=_A)
    for execution in run.running():
        execution.status = "ABORTED"
    run.clock.advance(71)
    run.ask("user_a")
    run.ask("user_a")
    run.settle()


def thumbnail_broken(run: ProfileSimulation) -> None:
    """One branch fails for good when the other one has added the face."""
    _with_outage(run, "make_thumbnail", "s3.PutObject", ANNA)


def index_broken(run: ProfileSimulation) -> None:
    _with_outage(run, "add_face_to_index", "rekognition.IndexFaces", ANNA)


def registration_broken(run: ProfileSimulation) -> None:
    run.put("user_a", BEN)
    run.settle()
    _with_outage(run, "persist_metadata", "dynamodb.PutItem", ANNA)


def refusal_broken(run: ProfileSimulation) -> None:
    """The photo is refused, but that cannot be said; what says so instead must know."""
    _with_outage(run, "refuse_photo", "dynamodb.PutItem", NOBODY)


def _with_outage(run: ProfileSimulation, function: str, operation: str, person: int) -> None:
    run.tape.outage = (function, operation)
    run.put("user_a", person, email=_A)
    run.settle()


def all_executions_lost(run: ProfileSimulation) -> None:
    run.put("user_a", ANNA, email=_A)
    for _ in range(MAX_EXECUTIONS + 1):
        for execution in run.running():
            execution.status = "ABORTED"
        run.clock.advance(3600)
        run.sweep()
    run.settle()
    profile = run.profile("user_a")
    if profile is None or profile.status is not ProfileStatus.FAILED:
        raise BrokenPromiseError("a photo that no execution brings through does not fail")


PROFILE_SCENARIOS = (
    ProfileScenario("profile photo", taken),
    ProfileScenario("no face", refused),
    ProfileScenario("a face that is too unclear", too_unclear_to_add),
    ProfileScenario("somebody else's face", somebody_elses_face),
    ProfileScenario("the same photo again", sent_twice),
    ProfileScenario("a refused photo again", refused_photo_sent_again),
    ProfileScenario("replacement", replaced),
    ProfileScenario("replacement meanwhile", replaced_meanwhile),
    ProfileScenario("replacement refused", replacement_refused),
    ProfileScenario("return to the photo that counts", returned_to),
    ProfileScenario("delete a profile", deleted),
    ProfileScenario("delete a profile meanwhile", deleted_while_processing),
    ProfileScenario("delete and send again", deleted_and_sent_again),
    ProfileScenario("a face that is free again", face_free_again),
    ProfileScenario("execution by hand", started_by_hand),
    ProfileScenario("execution by hand over another photo", by_hand_over_another),
    ProfileScenario("execution by hand too late", by_hand_too_late),
    ProfileScenario("posted photo", posted),
    ProfileScenario("posted photo unheard of", posted_unheard),
    ProfileScenario("posted photo before another", posted_before_another),
    ProfileScenario("posted photo deleted", posted_and_deleted),
    ProfileScenario("mail is down", mail_is_down),
    ProfileScenario("an address refused", address_refused),
    ProfileScenario("execution lost", execution_lost),
    ProfileScenario("thumbnail out of order", thumbnail_broken, fails=True),
    ProfileScenario("index out of order", index_broken, fails=True),
    ProfileScenario("registration out of order", registration_broken, fails=True),
    ProfileScenario("refusal out of order", refusal_broken),
    ProfileScenario("all executions lost", all_executions_lost, fails=True),
)
