"""What people and AWS do, told once; the harness lets every request of it go wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.delivery.messages import IntakeMessage, about
from chalicelib.delivery.timeouts import GIVE_UP_AFTER
from chalicelib.errors import ExpiredError
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status, Story
from chalicelib.stories.upload_request import FORM_USABLE_FOR, UploadRequest
from tests.fakes.queues import MAX_RECEIVES
from tests.proof.backend import Backend
from tests.proof.invariants import check
from tests.proof.pages import BLANK, LONG
from tests.proof.simulation import BrokenPromiseError, Simulation
from tests.proof.tape import Tape

SHADE, OTHER_SHADE, THIRD_SHADE = 200, 160, 180
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

    def play_on(self, backend: Backend, tape: Tape, *, twice: bool) -> None:
        simulation = Simulation(backend, tape, twice=twice, parking=self.parks)
        self.play(simulation)
        check(simulation, may_fail=self.fails)


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
    run.redrive(Step.READING)
    run.settle()


def narration_redriven(run: Simulation) -> None:
    run.backend.speaker.out_of_order = True
    run.upload(SHADE)
    run.settle()
    run.backend.speaker.out_of_order = False
    run.redrive(Step.NARRATION)
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
        raise BrokenPromiseError("a story that cannot be read does not fail")
    attempts = [r for r in run.tape.requests if r.operation == "rekognition.DetectText"]
    if len(attempts) > MAX_RECEIVES * _MOST_MESSAGES:
        raise BrokenPromiseError(f"{len(attempts)} attempts at a page that cannot be read")
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
    run.backend.dead_letter_queues[Step.READING].send(about(receipt.story))
    run.settle()
    run.redrive(Step.READING)
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
    run.backend.queues[Step.NARRATION].send(about(receipt.story))
    run.receive(Step.NARRATION)()
    run.settle()
    for queue in run.story_queues():
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
    for queue in run.story_queues():
        queue.send(old)
    run.settle()


def _posted(run: Simulation, shade: int | None = SHADE, **fields: Any) -> str:
    """A photo that was posted with a form; the id of its upload request."""
    permit = run.request_upload(**fields)
    run.post(permit, shade)
    return permit.request.id


def _uploaded(run: Simulation, shade: int = SHADE) -> str:
    receipt = run.upload(shade)
    assert receipt is not None
    return receipt.story.id


def direct_upload(run: Simulation) -> None:
    upload_id = _posted(run)
    run.settle()
    run.poll(upload_id)


def direct_upload_of_a_finished_photo(run: Simulation) -> None:
    run.upload(SHADE)
    run.settle()
    _posted(run)
    run.settle()


def direct_upload_of_an_unfinished_photo(run: Simulation) -> None:
    run.upload(SHADE, notify=False)
    _posted(run)
    run.settle()


def direct_upload_polled(run: Simulation) -> None:
    """S3's event is lost; whoever asks brings the photo in."""
    upload_id = _posted(run)
    run.lose_events()
    run.clock.advance(61)
    run.poll(upload_id)
    run.poll(upload_id)
    run.settle()
    run.poll(upload_id)


def direct_upload_swept(run: Simulation) -> None:
    _posted(run)
    _posted(run, OTHER_SHADE)
    run.lose_events()
    run.settle()


def direct_upload_of_no_photo(run: Simulation) -> None:
    upload_id = _posted(run, None)
    run.settle()
    run.poll(upload_id)


def direct_upload_mended(run: Simulation) -> None:
    """First no photo, then one, with the same form."""
    permit = run.request_upload()
    run.post(permit, None)
    run.settle()
    run.post(permit, SHADE)
    run.settle()


def direct_upload_forgotten(run: Simulation) -> None:
    """Nobody hears of the photo for a day, not even the sweeper."""
    upload_id = _posted(run)
    run.lose_events()
    run.clock.advance(GIVE_UP_AFTER.total_seconds() + 61)
    run.expire_staged()
    run.poll(upload_id)
    run.settle()


def repeated_events(run: Simulation) -> None:
    """S3 tells twice, and the second photo's event comes before the first one's."""
    permit, other = run.request_upload(), run.request_upload()
    run.post(other, OTHER_SHADE)
    run.lose_events()
    run.post(permit, SHADE)
    for each in (other, permit, permit, other):
        run.events.send(IntakeMessage("intake-bucket", each.request.key))
    run.settle()
    run.events.send(IntakeMessage("intake-bucket", permit.request.key))
    run.settle()


def dropped_by_hand(run: Simulation) -> None:
    run.drop("a page.jpg", SHADE)
    run.settle()


def dropped_no_photo(run: Simulation) -> None:
    run.drop("a page.jpg", None)
    run.settle()


def dropped_no_photo_and_redriven(run: Simulation) -> None:
    run.drop("a page.jpg", None)
    run.settle()
    run.redrive_intake()
    run.settle()


def event_about_nothing(run: Simulation) -> None:
    run.events.send(IntakeMessage("intake-bucket", "images/gone.jpg"))
    run.upload(SHADE)
    run.settle()


def intake_given_up(run: Simulation) -> None:
    """A photo that cannot be taken in for long is given up, then redriven."""
    upload_id = _posted(run)
    run.tape.outage = ("intake", "s3.PutObject")
    for _ in range(8):
        run.deliver_all()
        run.clock.advance(61)
    run.tape.outage = None
    run.poll(upload_id)
    run.redrive_intake()
    run.settle()


def delete_ready(run: Simulation) -> None:
    story_id = _uploaded(run)
    run.settle()
    run.delete(story_id)
    run.poll(story_id)
    run.settle()
    run.poll(story_id)
    run.bulk(story_id)
    run.list_all()


def delete_just_uploaded(run: Simulation) -> None:
    run.delete(_uploaded(run))
    run.settle()


def delete_failed(run: Simulation) -> None:
    story_id = _uploaded(run, BLANK)
    run.settle()
    run.delete(story_id)
    run.settle()


def delete_while_reading(run: Simulation) -> None:
    _deleted_during(run, Step.READING)


def delete_while_narrating(run: Simulation) -> None:
    _deleted_during(run, Step.NARRATION)


def delete_while_rendering(run: Simulation) -> None:
    _deleted_during(run, Step.RENDITIONS)


def _deleted_during(run: Simulation, step: Step) -> None:
    """The step's message was received before the deletion, and is handled after it."""
    story_id = _uploaded(run)
    if step is not Step.READING:
        run.deliver(Step.READING)
    work = run.receive_if_any(step)
    run.delete(story_id)
    work()
    run.settle()


def delete_twice(run: Simulation) -> None:
    story_id = _uploaded(run)
    run.settle()
    run.delete(story_id)
    run.delete(story_id)
    run.clock.advance(61)
    run.delete(story_id)
    run.settle()
    run.delete(story_id)
    run.settle()


def delete_and_upload_again(run: Simulation) -> None:
    """While its files are being removed, and the CDN takes its time."""
    run.backend.cdn.asks = 2
    story_id = _uploaded(run)
    run.settle()
    run.delete(story_id)
    run.deliver_next()
    run.upload(SHADE)
    run.settle()
    run.poll(story_id)


def delete_and_upload_much_later(run: Simulation) -> None:
    story_id = _uploaded(run)
    run.settle()
    run.delete(story_id)
    run.settle()
    run.upload(SHADE)
    run.settle()
    run.poll(story_id)


def delete_direct_upload(run: Simulation) -> None:
    """Two uploads led to the story: what is kept of them is kept as long as its tombstone."""
    upload_ids = [_posted(run), _posted(run)]
    run.settle()
    story = run.poll(upload_ids[0])
    if isinstance(story, Story):
        run.delete(story.id)
    run.settle()
    run.poll(upload_ids[1])


def delete_and_post_again(run: Simulation) -> None:
    story_id = _uploaded(run)
    run.settle()
    run.delete(story_id)
    _posted(run)
    run.settle()


def late_event_after_deletion(run: Simulation) -> None:
    """A photo dropped by hand whose story was deleted since stays deleted."""
    run.drop("a page.jpg", SHADE)
    run.lose_events()
    story_id = _uploaded(run)
    run.clock.advance(10)
    run.delete(story_id)
    run.settle()
    found = run.poll(story_id)
    if found is not None and found.status is not Status.DELETED:
        raise BrokenPromiseError("a late event brings back what was deleted")


def lost_deletion(run: Simulation) -> None:
    story_id = _uploaded(run)
    run.settle()
    run.delete(story_id)
    run.lose_messages()
    run.settle()


def slow_cdn(run: Simulation) -> None:
    run.backend.cdn.asks = 3
    story_id = _uploaded(run)
    run.settle()
    run.delete(story_id)
    run.settle()


def renditions_redriven(run: Simulation) -> None:
    run.tape.outage = ("renditions", "s3.GetObject")
    story_id = _uploaded(run)
    run.settle()
    run.tape.outage = None
    story = run.poll(story_id)
    if story is not None and story.status is not Status.READY:
        raise BrokenPromiseError("a story waits for its renditions")
    run.redrive(Step.RENDITIONS)
    run.settle()


def deletion_redriven(run: Simulation) -> None:
    """The bucket cannot be emptied for long; the id has another life by then."""
    story_id = _uploaded(run)
    run.settle()
    run.tape.outage = ("deletion", "s3.ListObjectsV2")
    run.delete(story_id)
    run.upload(SHADE)
    run.settle()
    run.tape.outage = None
    run.redrive(Step.DELETION)
    run.settle()


def bulk_of_several(run: Simulation) -> None:
    """One ready, one due, one deleted, one upload that is staged, and one unknown."""
    ready = _uploaded(run)
    run.settle()
    due, gone = _uploaded(run, OTHER_SHADE), _uploaded(run, BLANK)
    run.delete(gone)
    upload_id = _posted(run, THIRD_SHADE)
    run.lose_messages()
    run.clock.advance(61)
    unknown = "00000000-0000-4000-8000-000000000000"
    run.bulk(ready, due, gone, upload_id, unknown)
    run.list_all()
    run.settle()


def never_used(run: Simulation) -> None:
    permit = run.request_upload()
    run.poll(permit.request.id)
    run.clock.advance(FORM_USABLE_FOR.total_seconds() + 1)
    run.poll(permit.request.id)
    run.poll(permit.request.id)  # the first one may have met a fault
    run.upload(SHADE)
    run.settle()
    if not any(isinstance(each.found, ExpiredError | None) for each in run.answered[-2:]):
        raise BrokenPromiseError("an upload request that was never used does not expire")


def lost_deletion_and_sent_again(run: Simulation) -> None:
    """Whoever replaces the record is the last one who knows of the old files."""
    story_id = _uploaded(run)
    run.settle()
    run.delete(story_id)
    run.lose_messages()
    run.upload(SHADE)
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
    Scenario("direct upload", direct_upload),
    Scenario("direct upload of a finished photo", direct_upload_of_a_finished_photo),
    Scenario("direct upload of an unfinished photo", direct_upload_of_an_unfinished_photo),
    Scenario("direct upload polled", direct_upload_polled),
    Scenario("direct upload swept", direct_upload_swept),
    Scenario("direct upload of no photo", direct_upload_of_no_photo),
    Scenario("direct upload mended", direct_upload_mended),
    Scenario("direct upload forgotten", direct_upload_forgotten),
    Scenario("repeated events", repeated_events),
    Scenario("dropped by hand", dropped_by_hand),
    Scenario("dropped, no photo", dropped_no_photo, parks=True),
    Scenario("dropped, no photo, and redriven", dropped_no_photo_and_redriven, parks=True),
    Scenario("an event about nothing", event_about_nothing),
    Scenario("intake given up and redriven", intake_given_up, parks=True),
    Scenario("delete a ready story", delete_ready),
    Scenario("delete a new story", delete_just_uploaded),
    Scenario("delete a failed story", delete_failed),
    Scenario("delete while reading", delete_while_reading),
    Scenario("delete while narrating", delete_while_narrating),
    Scenario("delete while rendering", delete_while_rendering),
    Scenario("delete twice", delete_twice),
    Scenario("delete and upload again", delete_and_upload_again),
    Scenario("delete and upload much later", delete_and_upload_much_later),
    Scenario("delete a direct upload", delete_direct_upload),
    Scenario("delete and post again", delete_and_post_again),
    Scenario("a late event after a deletion", late_event_after_deletion),
    Scenario("a deletion lost", lost_deletion),
    Scenario("a slow CDN", slow_cdn),
    Scenario("renditions given up and redriven", renditions_redriven),
    Scenario("deletion given up and redriven", deletion_redriven, parks=True),
    Scenario("bulk of several", bulk_of_several),
    Scenario("an upload request never used", never_used),
    Scenario("a lost deletion, and the photo again", lost_deletion_and_sent_again),
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
