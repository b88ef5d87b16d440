"""The whole app over the fakes."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final, cast

from chalicelib.assembly import Assembly
from chalicelib.delivery.messages import IntakeMessage
from chalicelib.pages.readings import Reader
from chalicelib.profiles import keys as profile_keys
from chalicelib.profiles.attempt_end import AttemptEnd
from chalicelib.profiles.detection import FaceDetection
from chalicelib.profiles.execution import run_task
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.intake import NewPhoto, ProfileIntake, ProfileReceipt
from chalicelib.profiles.profile import Photo, Profile, profile_id_of
from chalicelib.profiles.registration import Registration
from chalicelib.profiles.retrieval import ProfileRetrieval
from chalicelib.profiles.thumbnail import Thumbnail
from chalicelib.speech.voices import Engine
from chalicelib.steps.deletion import Deletion
from chalicelib.steps.intake import Intake
from chalicelib.steps.retrieval import Retrieval
from chalicelib.steps.sweeper import Sweeper
from chalicelib.stories import moves
from chalicelib.stories.keys import Links
from chalicelib.stories.ports import Speaker, TextDetector
from chalicelib.stories.queues import DEAD_LETTER_TIME_LIMIT, OF_STORIES, TIME_LIMITS, Step
from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import UploadRequest
from tests.fakes.builders import narrated_move, read_move, upload
from tests.fakes.clock import Clock, Uuids
from tests.fakes.engines import InMemoryFaces, ScriptedSpeaker, ScriptedTextDetector, portrait
from tests.fakes.media import InMemoryMedia, SlowCdn
from tests.fakes.outputs import InMemoryMailer, Measurements, Outbox
from tests.fakes.profiles import InMemoryProfiles, InMemorySentPhotos
from tests.fakes.queues import MAX_RECEIVES, InMemoryQueue
from tests.fakes.stories import InMemoryStories
from tests.fakes.uploads import InMemoryIntakeBucket, InMemoryUploadRequests
from tests.fakes.workflow import Execution, Function, InMemoryWorkflow, Interpreter

INTAKE_BUCKET: Final = "intake-bucket"


class MemoryTools:
    """Every fake once, the queues chained to their dead letters as they are deployed."""

    def __init__(
        self,
        picture_text: TextDetector,
        document_text: TextDetector,
        speaker: Speaker,
        media: InMemoryMedia | None = None,
    ) -> None:
        self.clock = Clock()
        self.picture_text = picture_text
        self.document_text = document_text
        self.speaker = speaker
        self.stories = InMemoryStories()
        self.media = media or InMemoryMedia()
        self.announcer = Outbox()
        self.upload_requests = InMemoryUploadRequests(self.stories)
        self.intake_bucket = InMemoryIntakeBucket(self.clock)
        self.cdn = SlowCdn()
        self.profiles = InMemoryProfiles()
        self.faces = InMemoryFaces(self.clock)
        self.sent_photos = InMemorySentPhotos({"media": self.media})
        self.mailer = InMemoryMailer()
        self.workflow = InMemoryWorkflow(self.clock)
        self.meter = Measurements()
        self.parked_queues: dict[Step, InMemoryQueue[Any]] = {
            step: InMemoryQueue(self.clock, f"{step}-parked") for step in Step
        }
        self.dead_letter_queues: dict[Step, InMemoryQueue[Any]] = {
            step: InMemoryQueue(
                self.clock,
                f"{step}-dead",
                visibility=6 * DEAD_LETTER_TIME_LIMIT,
                dead_letters=self.parked_queues[step],
            )
            for step in Step
        }
        self.queues: dict[Step, InMemoryQueue[Any]] = {
            step: InMemoryQueue(
                self.clock,
                step.value,
                visibility=6 * TIME_LIMITS[step],
                dead_letters=self.dead_letter_queues[step],
                max_receives=10 if step is Step.DELETION else MAX_RECEIVES,
            )
            for step in Step
        }
        self.intake_parked_queue = self.parked_queues[Step.INTAKE]
        self.intake_dead_letter_queue = self.dead_letter_queues[Step.INTAKE]
        self.intake_queue = self.queues[Step.INTAKE]

    def by_hand(self, user_id: str, content: bytes, name: str = "by-hand") -> Execution:
        """Start an execution at the console, for a photo that was put by hand."""
        key = "by-hand/me.jpg"
        bucket = self.sent_photos.buckets.setdefault(INTAKE_BUCKET, InMemoryMedia())
        bucket.put(key, content, "image/jpeg")
        sent = {"userId": user_id, "s3Bucket": INTAKE_BUCKET, "s3Key": key}
        return self.workflow.begin(name, sent)


NAMESPACE: Final = uuid.UUID("0b8d6a44-13a5-4d0e-9f5e-2f5f6d2a7c11")
ANNA, BEN = 3, 7
"""Persons, as `portrait` draws them."""


def assembled(
    tools: Any,
    clock: Clock,
    kind: type[Assembly] = Assembly,
    reader: Reader = "auto",
    pause: Callable[[float], None] | None = None,
    *,
    speech_engine: Engine = "neural",
    read_along: bool = True,
) -> Assembly:
    return kind(
        tools,
        links=Links("https://cdn.example"),
        namespace=NAMESPACE,
        intake_bucket_name=INTAKE_BUCKET,
        clock=clock,
        reader=reader,
        speech_engine=speech_engine,
        read_along=read_along,
        new_uuid=Uuids(),
        pause=pause or clock.advance,
    )


def functions_of(part: Assembly) -> dict[str, Function]:
    """The functions that the state machine invokes, by the names that the app gives them."""
    tasks = {
        "detect_face": part(FaceDetection).run,
        "check_face_duplicate": part(Registration).check,
        "add_face_to_index": part(Registration).add,
        "make_thumbnail": part(Thumbnail).run,
        "persist_metadata": part(Registration).persist,
        "refuse_photo": part(AttemptEnd).run,
        "fail_photo": part(AttemptEnd).run,
    }
    return {name: partial(run_task, run) for name, run in tasks.items()}


class World(MemoryTools):
    """The fakes, and the app's own parts built over them."""

    def __init__(
        self,
        *,
        detector: ScriptedTextDetector | None = None,
        document: ScriptedTextDetector | None = None,
        reader: Reader = "auto",
        speaker: ScriptedSpeaker | None = None,
        media: InMemoryMedia | None = None,
        pause: Callable[[float], None] | None = None,
        speech_engine: Engine = "neural",
        read_along: bool = True,
    ) -> None:
        self.detector = detector or ScriptedTextDetector()
        self.document = document or ScriptedTextDetector()
        self.speaker: ScriptedSpeaker = speaker or ScriptedSpeaker()
        super().__init__(self.detector, self.document, self.speaker, media)
        self.outbox = self.announcer
        self.reading_queue = self.queues[Step.READING]
        self.narration_queue = self.queues[Step.NARRATION]
        self.part = assembled(
            self,
            self.clock,
            reader=reader,
            pause=pause,
            speech_engine=speech_engine,
            read_along=read_along,
        )
        self.intake = self.part(Intake)
        self.failover = self.part(Retrieval).failover
        self.retrieval = self.part(Retrieval)
        self.reading = self.part.handler(Step.READING)
        self.narration = self.part.handler(Step.NARRATION)
        self.sweeper = self.part(Sweeper)
        self.functions = functions_of(self.part)

    def story(self) -> Story:
        """The only story there is, as the table has it."""
        (story,) = self.stories.kept.values()
        return story

    def upload(self, photo: bytes | None = None, **fields: Any) -> Story:
        """Send a page; the story that it is then."""
        return self.intake.take_in(upload(photo, **fields)).story

    def make_read(self, text: str = "Once.") -> Story:
        """Write down of the only story what its reading does."""
        story = self.story()
        return self.stories.apply(story, read_move(story, text))

    def make_ready(self) -> Story:
        """Write down of the only story what reading and narration do; its notice is due."""
        story = self.make_read()
        return self.stories.apply(story, narrated_move(story))

    def make_failed(self, reason: str = "it was lost") -> Story:
        """Give the only story up."""
        return self.stories.apply(self.story(), moves.given_up(self.story(), reason))

    def delete(self) -> Story:
        """Delete the only story, as a client does."""
        return cast("Story", self.part(Deletion).delete(self.story().id))

    def retrieve(self) -> Story | UploadRequest:
        """Ask for the only story, as a client does."""
        return self.retrieval.retrieve(self.story().id)

    def deliver(self, step: Step, suffix: str = "") -> int:
        """Deliver everything that a queue has, as Lambda does, and count it."""
        queue, handle = self.part.queue(step, suffix), self.part.handler(step, suffix)
        count = 0
        while (delivery := queue.receive()) is not None:
            count += 1
            try:
                handle(delivery)
            except Exception:  # noqa: S112  # Lambda leaves it to its visibility timeout
                continue
            queue.delete(delivery.receipt)
        return count

    def make_story(self) -> None:
        """Deliver what is due of every step after intake, but of deletion."""
        for step in OF_STORIES:
            if step is not Step.DELETION:
                self.deliver(step)

    def lose_messages(self) -> None:
        """Empty every step's queue."""
        for queue in self.queues.values():
            queue.kept.clear()

    def sweep(self) -> None:
        self.sweeper.sweep(lambda: timedelta(minutes=5))

    def put(
        self, user_id: str, person: int = ANNA, *, shot: int = 0, email: str | None = None
    ) -> ProfileReceipt:
        """Send a photo of a person; each shot is another photo."""
        content = portrait(person, shot=shot)
        return self.part(ProfileIntake).take_in(NewPhoto(user_id, content, "image/png", email))

    def run(self) -> list[Execution]:
        """Run every execution that is under way to its end."""
        return self.workflow.run(Interpreter(self.functions, self.clock.advance))

    def register(self, user_id: str, person: int = ANNA, **how: Any) -> Profile:
        """Send a photo, and see it through."""
        self.put(user_id, person, **how)
        self.run()
        return self.profile(user_id)

    def profile(self, user_id: str) -> Profile:
        found = self.profiles.find(profile_id_of(NAMESPACE, user_id))
        assert found is not None
        return found

    def drop(self, key: str, content: bytes) -> None:
        """Put an object into the intake bucket by hand; S3 announces it."""
        self.intake_bucket.post(key, content)
        self.announce(key)

    def deliver_intake(self) -> int:
        return self.deliver(Step.INTAKE)

    def announce(self, key: str) -> None:
        """Send S3's event, as the app forwards it."""
        self.intake_queue.send(IntakeMessage(INTAKE_BUCKET, key))

    def photo_of(self, user: str | Profile) -> Photo:
        """The photo of a profile that is ready."""
        profile = self.profile(user) if isinstance(user, str) else user
        assert profile.photo is not None
        return profile.photo

    def refusal_of(self, user_id: str) -> str | None:
        """The code of the reason for which a user's last photo was refused."""
        attempt = self.profile(user_id).attempt
        return attempt.refusal.code if attempt and attempt.refusal else None

    def leave(self, user_id: str) -> Profile:
        """Delete a profile, as a client does."""
        return self.part(ProfileRetrieval).delete(user_id)

    def sweep_for(self, seconds: float) -> None:
        """Let time pass, with a sweep every five minutes."""
        for _ in range(int(seconds / 300)):
            self.clock.advance(300)
            self.sweep()

    def try_for_hours(self, hours: int) -> None:
        """Run what is started, and sweep, once an hour."""
        for _ in range(hours):
            self.run()
            self.clock.advance(3600)
            self.sweep()

    def faces_of(self, user_id: str) -> list[str]:
        profile_id = profile_id_of(NAMESPACE, user_id)
        return [
            face_id
            for face_id, (_, owner) in self.faces.kept.items()
            if owner is not None and owner.profile_id == profile_id
        ]

    def files_of(self, user_id: str) -> list[str]:
        """The names of everything that the media bucket has of a user, by generation."""
        profile_id = profile_id_of(NAMESPACE, user_id)
        return sorted(key for key in self.media.objects if f"/{profile_id}/" in key)

    def thumbnail(self, profile: Profile) -> bytes:
        owner = Owner(profile.id, self.photo_of(profile).generation)
        content = self.media.get(profile_keys.thumbnail(owner))
        assert content is not None
        return content
