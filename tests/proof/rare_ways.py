"""Ways that no other scenario goes, on which a function asks for what it asks nowhere else.

They are played so that it is seen what each function's role must allow.
"""

import uuid

from chalicelib.delivery.messages import about
from chalicelib.delivery.timeouts import GIVE_UP_AFTER
from chalicelib.profiles import keys as profile_keys
from chalicelib.profiles.moves import MAX_WRITER_DURATION
from chalicelib.stories import keys
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import MAX_BYTES
from tests.proof.pages import page
from tests.proof.profile_scenarios import ProfileScenario
from tests.proof.profile_simulation import ANNA, BEN, NOBODY, ProfileSimulation, Wish, picture
from tests.proof.scenarios import OTHER_SHADE, SHADE, Scenario
from tests.proof.simulation import Simulation

_WRITERS_ARE_GONE = MAX_WRITER_DURATION.total_seconds() + 1
_A = "a@example.com"


def dead_letters_of_a_deleted_story(run: Simulation) -> None:
    """Somebody who worked on it died, and left files of each kind."""
    for step, shade in ((Step.READING, SHADE), (Step.NARRATION, OTHER_SHADE)):
        receipt = run.upload(shade)
        assert receipt is not None
        run.deliver(Step.READING)
        run.delete(receipt.story.id)
        run.settle()
        for prefix in keys.prefixes(about(receipt.story).id, about(receipt.story).generation):
            run.backend.media.put(f"{prefix}late", b"late", "image/jpeg")
        run.backend.dead_letter_queues[step].send(about(receipt.story))
        run.settle()


def narration_lost_for_a_day(run: Simulation) -> None:
    run.upload(SHADE)
    run.deliver(Step.READING)
    run.lose_messages()
    run.clock.advance(GIVE_UP_AFTER.total_seconds() + 1)
    run.sweep()
    run.settle()


def narration_failed_and_dropped_by_hand(run: Simulation) -> None:
    run.backend.speaker.out_of_order = True
    run.upload(SHADE)
    run.settle()
    run.backend.speaker.out_of_order = False
    run.drop("again.jpg", SHADE)
    run.settle()


def deleted_while_dropped_by_hand(run: Simulation) -> None:
    """The story is there when the photo is claimed, and deleted when it is to go on."""
    receipt = run.upload(SHADE)
    assert receipt is not None
    run.deliver(Step.READING)
    run.lose_messages()
    run.clock.advance(61)
    run.drop("again.jpg", SHADE)
    run.announce_all()
    claimed = len(run.tape.requests) + 2  # the photo is got, and its id claimed

    def never_again() -> None:
        pass

    def delete_once_claimed() -> None:
        if len(run.tape.requests) == claimed:
            run.tape.switch = never_again
            run.delete(receipt.story.id)

    run.tape.switch = delete_once_claimed
    run.receive_intake()()
    run.settle()


def deleted_before_it_left_the_staging_bucket(run: Simulation) -> None:
    permit = run.request_upload()
    run.post(permit, SHADE)
    run.announce_all()
    run.tape.doomed = "s3.DeleteObject"
    run.receive_intake()()
    story = run.poll(permit.request.id)
    assert isinstance(story, Story)
    run.delete(story.id)
    run.settle()


def put_aside_mended_and_redriven(run: Simulation) -> None:
    """An operator puts a photo in the place of what was none."""
    run.drop("page.jpg", None)
    run.settle()
    run.posted.clear()  # what was put aside is gone, and nobody is to miss it
    run.backend.intake_bucket.post(keys.rejected(f"{keys.ARRIVALS}page.jpg"), page(SHADE))
    run.redrive_intake()
    run.settle()


def _with_a_replaced_photo(run: ProfileSimulation, user_id: str, person: int) -> None:
    """What the photo before left is still to be removed for the last time."""
    for shot in (0, 1):
        run.put(user_id, person, shot=shot)
        run.deliver_all()
    run.clock.advance(_WRITERS_ARE_GONE)


def refused_after_a_replacement(run: ProfileSimulation) -> None:
    _with_a_replaced_photo(run, "user_a", ANNA)
    run.put("user_a", NOBODY, email=_A)
    run.settle()


def failed_after_a_replacement(run: ProfileSimulation) -> None:
    _with_a_replaced_photo(run, "user_a", ANNA)
    run.tape.outage = ("add_face_to_index", "rekognition.SearchFacesByImage")
    run.put("user_a", BEN, email=_A)
    run.settle()


def posted_again_when_its_execution_is_lost(run: ProfileSimulation) -> None:
    """Whoever takes it in starts another execution, and a day later gives it up."""
    _with_a_replaced_photo(run, "user_a", ANNA)
    run.put("user_a", BEN)
    for waited in (_WRITERS_ARE_GONE, GIVE_UP_AFTER.total_seconds()):
        (execution,) = run.running()
        for function in ("detect_face", "check_face_duplicate", "make_thumbnail"):
            run.invoke(function, execution)()
        execution.status = "ABORTED"
        run.clock.advance(waited)
        run.post("user_a", BEN)
        run.announce_all()
        run.receive_intake()()
    run.settle()


def dropped_where_it_says_nobodys_name(run: ProfileSimulation) -> None:
    key = "profiles/me.jpg"
    run.backend.intake_bucket.post(key, b"a photo")
    run.announce(key)
    run.deliver_all()
    run.redrive_intake()
    run.deliver_all()


def too_large_mended_and_redriven(run: ProfileSimulation) -> None:
    key = profile_keys.arrival("user_a", uuid.UUID(int=0), "image/png")
    run.backend.intake_bucket.post(key, bytes(MAX_BYTES + 1))
    run.announce(key)
    run.deliver_all()
    content, now = picture(ANNA, 0), len(run.tape.requests)
    run.backend.intake_bucket.post(keys.rejected(key), content)
    run.wishes.append(Wish("user_a", ANNA, content, None, now, now, key=key))
    run.redrive_intake()
    run.settle()


RARE_WAYS = (
    Scenario("dead letters of a deleted story", dead_letters_of_a_deleted_story, parks=True),
    Scenario("narration lost for a day", narration_lost_for_a_day, parks=True, fails=True),
    Scenario("narration failed, dropped by hand", narration_failed_and_dropped_by_hand, parks=True),
    Scenario("deleted while dropped by hand", deleted_while_dropped_by_hand),
    Scenario("deleted while it is staged", deleted_before_it_left_the_staging_bucket),
    Scenario("put aside, mended and redriven", put_aside_mended_and_redriven, parks=True),
    ProfileScenario("refused after a replacement", refused_after_a_replacement),
    ProfileScenario("failed after a replacement", failed_after_a_replacement, fails=True),
    ProfileScenario("posted again", posted_again_when_its_execution_is_lost, fails=True),
    ProfileScenario("too large, mended and redriven", too_large_mended_and_redriven),
    ProfileScenario("dropped for nobody", dropped_where_it_says_nobodys_name, parks=True),
)
