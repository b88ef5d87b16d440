"""Everything about profiles over the world in memory, the real state machine included."""

from functools import partial
from typing import Any

from chalicelib.assembly import Assembly
from chalicelib.delivery.messages import IntakeMessage
from chalicelib.profiles import keys
from chalicelib.profiles.attempt_end import AttemptEnd
from chalicelib.profiles.detection import FaceDetection
from chalicelib.profiles.execution import run_task
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.intake import NewPhoto, ProfileIntake, ProfileReceipt
from chalicelib.profiles.profile import Profile, profile_id_of
from chalicelib.profiles.registration import Registration
from chalicelib.profiles.thumbnail import Thumbnail
from chalicelib.stories.queues import Step
from tests.fake_profiles import portrait
from tests.pipeline.world import NAMESPACE, World
from tests.states_language import Execution, Function, Interpreter

ANNA, BEN = 3, 7
"""Persons, as `portrait` draws them."""


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


class ProfileWorld(World):
    def __init__(self) -> None:
        super().__init__()
        self.functions = functions_of(self.part)

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

    def by_hand(self, user_id: str, content: bytes, name: str = "by-hand") -> Execution:
        """Start an execution at the console, for a photo in a bucket of one's own."""
        bucket = self.sent_photos.buckets.setdefault("photos", type(self.media)())
        bucket.put("me.jpg", content, "image/jpeg")
        sent = {"userId": user_id, "s3Bucket": "photos", "s3Key": "me.jpg"}
        return self.workflow.begin(name, sent)

    def profile(self, user_id: str) -> Profile:
        found = self.profiles.find(profile_id_of(NAMESPACE, user_id))
        assert found is not None
        return found

    def deliver_intake(self) -> int:
        return self.deliver(self.intake_queue, self.part.handler(Step.INTAKE))

    def announce(self, key: str) -> None:
        self.intake_queue.send(IntakeMessage("intake-bucket", key))

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
        assert profile.photo is not None
        content = self.media.get(keys.thumbnail(Owner(profile.id, profile.photo.generation)))
        assert content is not None
        return content
