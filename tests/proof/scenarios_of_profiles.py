"""What people and AWS do with profile photos; the harness lets every request of it fail."""

from typing import Final

from chalicelib.profiles.failover import MAX_EXECUTIONS
from chalicelib.profiles.profile import ProfileStatus
from tests.proof.schedules import Scenarios, scenarios
from tests.proof.simulation import ANNA, BEN, NOBODY, VEILED, Simulation


def a_face_added_by_hand(run: Simulation) -> None:
    run.put(BEN, "user_b")  # a user whom the collection does not know
    run.backend.faces.add(run.wishes[0].content or b"", None)
    run.put(BEN, shot=1, tell=True)


def a_face_that_is_free_again(run: Simulation) -> None:
    """The refused user sends the photo again when the other profile is gone."""
    run.put().settle().put(ANNA, "user_b", tell=True).settle()
    run.remove().put(ANNA, "user_b", tell=True)


def mail_is_down(run: Simulation) -> None:
    run.fail("refuse_photo", "sesv2.SendEmail").put(NOBODY, tell=True)
    run.deliver_all().wait(400).sweep()
    run.fail("sweep", "sesv2.SendEmail").deliver_all().wait(400).sweep().mend()


def address_refused(run: Simulation) -> None:
    run.backend.mailer.refused.add("a@example.com")
    run.put(NOBODY, tell=True)


def all_executions_lost(run: Simulation) -> None:
    run.put(tell=True)
    for _ in range(MAX_EXECUTIONS + 1):
        run.abort_executions().wait(3600).sweep()
    profile = run.settle().profile()
    run.require(
        holds=profile is not None and profile.status is ProfileStatus.FAILED,
        otherwise="a photo whose executions are all lost does not fail",
    )


SCENARIOS: Final[Scenarios] = {
    "profile photo": lambda run: run.put(tell=True).deliver_all().ask(),
    "no face": lambda run: run.put(NOBODY, tell=True),
    "a face that is too unclear": lambda run: run.put(VEILED, tell=True),
    "another user's face": lambda run: run.put().settle().put(ANNA, "user_b", tell=True),
    "a face added by hand": a_face_added_by_hand,
    "the same photo again": lambda run: run.put().put(tell=True).settle().put(tell=True),
    # A second person sends the photo while it is processed; a third one when it is refused.
    "a refused photo from three addresses": lambda run: (
        run.put(NOBODY, tell=True)
        .put(NOBODY, address="b@example.com")
        .settle()
        .put(NOBODY, address="c@example.com")
    ),
    "a refused photo again": lambda run: run.put(NOBODY).settle().put(NOBODY, tell=True),
    "replacement": lambda run: run.put().settle().put(shot=1, tell=True),
    # The first photo is still on its way.
    "replacement meanwhile": lambda run: run.put(tell=True).put(BEN, tell=True),
    "replacement refused": lambda run: run.put().settle().put(NOBODY, tell=True),
    # The photo that counts is sent again while another one is on its way.
    "return to the photo that counts": lambda run: run.put().settle().put(BEN).put(),
    "delete a profile": lambda run: (
        run.slow_cdn(2).put().settle().remove().ask().settle().remove().ask()
    ),
    "delete a profile meanwhile": lambda run: run.put(tell=True).remove(),
    "delete and send again": lambda run: run.put().settle().remove().put(),
    "a face that is free again": a_face_that_is_free_again,
    "execution by hand": lambda run: run.start_by_hand(ANNA).settle().put(),
    "execution by hand over another photo": lambda run: (
        run.put(BEN).settle().wait(10).start_by_hand(ANNA)
    ),
    # Another photo is sent before the execution comes to its first task.
    "execution by hand too late": lambda run: run.start_by_hand(BEN).wait(10).put(),
    # S3 announces twice.
    "posted photo": lambda run: run.post_portrait(tell=True).send_event().settle().send_event(),
    "posted photo without an event": lambda run: (
        run.post_portrait(NOBODY, tell=True).lose_events().wait(71)
    ),
    # The event of the older photo is lost; the sweeper takes it in after the newer one.
    "posted photo before another": lambda run: run.post_portrait(BEN).lose_events().wait(71).put(),
    # It is taken in when no record is left that could say that the profile was deleted.
    "posted photo deleted": lambda run: (
        run.put().settle().wait(71).post_portrait(BEN).lose_events().wait(10).remove()
    ),
    "mail is down": mail_is_down,
    "an address refused": address_refused,
    # It ends before its first task; a user that asks has another one started.
    "execution lost": lambda run: run.put(tell=True).abort_executions().wait(71).ask().ask(),
    # The photo is refused, but that cannot be written; the state that fails it must know.
    "refusal out of order": lambda run: run.fail("refuse_photo", "dynamodb.PutItem").put(
        NOBODY, tell=True
    ),
}
FAILED_IN_THE_END: Final[Scenarios] = {
    # One branch fails for good when the other one has added the face.
    "thumbnail out of order": lambda run: run.fail("make_thumbnail", "s3.PutObject").put(tell=True),
    "index out of order": lambda run: run.fail("add_face_to_index", "rekognition.IndexFaces").put(
        tell=True
    ),
    "registration out of order": lambda run: (
        run.put(BEN).settle().fail("persist_metadata", "dynamodb.PutItem").put(tell=True)
    ),
    "all executions lost": all_executions_lost,
}
PROFILE_SCENARIOS: Final = (*scenarios(SCENARIOS), *scenarios(FAILED_IN_THE_END, fails=True))
