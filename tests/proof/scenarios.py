"""What people and AWS do, told once; the harness lets every request of it go wrong."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.messages import about
from chalicelib.patience import GIVE_UP_AFTER
from chalicelib.story import Stage, Status, Story
from chalicelib.uploads import UploadRequest
from tests.fake_queue import MAX_RECEIVES
from tests.proof.pages import BLANK, LONG
from tests.proof.simulation import Broken, Simulation

SHADE, OTHER_SHADE = 200, 160
_MOST_MESSAGES = 6
"""One of the upload, perhaps one more because it died; the first few resumes, until one
message is given up before the next one is sent."""


@dataclass(frozen=True)
class Scenario:
    """A story of stories.

    Attributes:
        play: Does it, and comes to rest.
        parks: Messages may stay parked in the end.
        fails: Readable photos may stay failed in the end.
    """

    name: str
    play: Callable[[Simulation], None]
    parks: bool = False
    fails: bool = False


def upload_to_notice(run: Simulation) -> None:
    run.upload(SHADE)
    run.settle()


def upside_down_and_long(run: Simulation) -> None:
    """Two detections and two narrations, each of which is stored when it is paid."""
    run.upload(LONG, upside_down=True)
    run.settle()


def blank_page(run: Simulation) -> None:
    run.upload(BLANK)
    run.settle()


def without_notice(run: Simulation) -> None:
    run.upload(SHADE, notify=False)
    run.settle()


def always_a_new_story(run: Simulation) -> None:
    run.upload(SHADE)
    run.upload(SHADE, deduplicate=False)
    run.settle()


def finished_duplicate(run: Simulation) -> None:
    run.upload(SHADE)
    run.settle()
    run.upload(SHADE)
    run.settle()


def unfinished_duplicate(run: Simulation) -> None:
    run.upload(SHADE, notify=False)
    run.upload(SHADE)
    run.lose_messages()
    run.clock.advance(61)
    run.upload(SHADE)
    run.settle()


def polls_resume(run: Simulation) -> None:
    receipt = run.upload(SHADE)
    run.lose_messages()
    run.clock.advance(61)
    assert receipt is not None
    run.poll(receipt.story.id)
    run.poll(receipt.story.id)
    run.settle()


def audio_is_missing(run: Simulation) -> None:
    """JSON and text are there, the audio is not: the documents' own case."""
    receipt = run.upload(SHADE)
    run.deliver_next()
    run.lose_messages()
    run.clock.advance(61)
    assert receipt is not None
    run.poll(receipt.story.id)
    run.settle()


def sweeper_resumes(run: Simulation) -> None:
    run.upload(SHADE)
    run.upload(OTHER_SHADE)
    run.lose_messages()
    run.settle()


def sweeper_resumes_one(run: Simulation) -> None:
    run.upload(SHADE)
    run.lose_messages()
    run.settle()


def reading_redriven(run: Simulation) -> None:
    run.backend.text_detector.out_of_order = True
    run.upload(SHADE)
    run.settle()
    run.backend.text_detector.out_of_order = False
    run.redrive(Stage.READING)
    run.settle()


def narration_redriven(run: Simulation) -> None:
    run.backend.speaker.out_of_order = True
    run.upload(SHADE)
    run.settle()
    run.backend.speaker.out_of_order = False
    run.redrive(Stage.NARRATION)
    run.settle()


def broken_for_good(run: Simulation) -> None:
    """And somebody polls as told: it must come to an end, and not work more and more."""
    run.backend.text_detector.out_of_order = True
    receipt = run.upload(SHADE)
    assert receipt is not None
    story: Story | UploadRequest = receipt.story
    for _ in range(40):
        run.clock.advance(61)
        run.deliver_all()
        story = run.poll(receipt.story.id) or story
    if story.status is not Status.FAILED:
        raise Broken("a story that cannot be read does not fail")
    attempts = [r for r in run.tape.requests if r.operation == "rekognition.DetectText"]
    if len(attempts) > MAX_RECEIVES * _MOST_MESSAGES:
        raise Broken(f"{len(attempts)} attempts at a page that cannot be read")
    run.settle()


def failed_sent_again(run: Simulation) -> None:
    run.backend.text_detector.out_of_order = True
    run.upload(SHADE)
    run.settle()
    run.backend.text_detector.out_of_order = False
    run.upload(SHADE)
    run.settle()


def given_up_and_redriven(run: Simulation) -> None:
    """What the longer scenarios above come to, from the dead letter on."""
    receipt = run.upload(SHADE)
    run.lose_messages()
    assert receipt is not None
    run.backend.dead_letter_queues[Stage.READING].send(about(receipt.story))
    run.settle()
    run.redrive(Stage.READING)
    run.settle()


def fails_twice(run: Simulation) -> None:
    """And people are told each time."""
    run.backend.text_detector.out_of_order = True
    for _ in range(2):
        run.upload(SHADE)
        run.settle()


def untold_failure(run: Simulation) -> None:
    """The process dies before it can tell people, and its message is lost."""
    run.upload(BLANK)
    run.tape.doomed = "sns.Publish"
    run.deliver_all()
    run.lose_messages()
    run.settle()


def untold_loss(run: Simulation) -> None:
    """A claim without a photo has failed, but the process died before it could tell."""
    run.abandon(SHADE)
    run.clock.advance(GIVE_UP_AFTER.total_seconds() + 1)
    run.sweep()
    run.tape.doomed = "sns.Publish"
    run.deliver_all()
    run.lose_messages()
    run.settle()


def photo_never_arrived(run: Simulation) -> None:
    """A claim without a photo fails after a day, and the next upload heals it."""
    run.abandon(SHADE)
    run.settle()
    run.upload(SHADE)
    run.settle()


def photo_arrived_late(run: Simulation) -> None:
    """The next upload heals a claim without a photo before anybody gave it up."""
    run.abandon(SHADE)
    run.clock.advance(61)
    run.sweep()
    run.upload(SHADE)
    run.settle()


def messages_come_late(run: Simulation) -> None:
    """Every message again, when the story is finished; and narration's before reading's."""
    receipt = run.upload(SHADE)
    assert receipt is not None
    run.backend.queues[Stage.NARRATION].send(about(receipt.story))
    run.receive(Stage.NARRATION)()
    run.settle()
    for queue in (*run.backend.queues.values(), *run.backend.dead_letter_queues.values()):
        queue.send(about(receipt.story))
    run.settle()


def another_generation(run: Simulation) -> None:
    """Deleted while work was under way, and sent again: the old messages mean nothing."""
    receipt = run.upload(SHADE)
    assert receipt is not None
    old = about(receipt.story)
    run.deliver_next()
    run.delete(old.id)
    run.upload(SHADE)
    for queue in (*run.backend.queues.values(), *run.backend.dead_letter_queues.values()):
        queue.send(old)
    run.settle()


SCENARIOS = (
    Scenario("upload to notice", upload_to_notice),
    Scenario("upside-down page, long text", upside_down_and_long),
    Scenario("blank page", blank_page),
    Scenario("no notice wanted", without_notice),
    # Sent again, such a photo is another story: the claim of the first attempt stays alone.
    Scenario("always a new story", always_a_new_story, parks=True),
    Scenario("finished duplicate", finished_duplicate),
    Scenario("unfinished duplicate", unfinished_duplicate),
    Scenario("polls resume", polls_resume),
    Scenario("audio is missing", audio_is_missing),
    Scenario("sweeper resumes", sweeper_resumes),
    Scenario("reading given up and redriven", reading_redriven),
    Scenario("narration given up and redriven", narration_redriven),
    Scenario("broken for good, and polled", broken_for_good, parks=True, fails=True),
    Scenario("failed and sent again", failed_sent_again, parks=True),
    Scenario("failing twice", fails_twice, parks=True, fails=True),
    Scenario("a failure that nobody was told of", untold_failure, parks=True),
    Scenario("a loss that nobody was told of", untold_loss, parks=True),
    Scenario("photo never arrived", photo_never_arrived, parks=True),
    Scenario("photo arrived late", photo_arrived_late),
    Scenario("messages come late", messages_come_late, parks=True),
    Scenario("another generation", another_generation, parks=True),
)

ON_MOTO = (
    Scenario("upload to notice", upload_to_notice),
    Scenario("finished duplicate", finished_duplicate),
    Scenario("unfinished duplicate", unfinished_duplicate),
    Scenario("audio is missing", audio_is_missing),
    Scenario("sweeper resumes", sweeper_resumes_one),
    Scenario("given up and redriven", given_up_and_redriven),
)
"""The paths that are also played on moto, where a request takes a thousand times as long."""
