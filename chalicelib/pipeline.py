"""The pipeline put together: each part with only the tools it needs, built on first use."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from chalicelib.aside import Aside
from chalicelib.bulk import Bulk
from chalicelib.dead_letters import DeadLetters, Parking, StagedDeadLetters
from chalicelib.deletion import Deletion, Eraser
from chalicelib.direct_upload import DirectUpload
from chalicelib.intake import Intake
from chalicelib.links import Links
from chalicelib.listing import Listing
from chalicelib.messages import Delivery, StagedObject
from chalicelib.narration import Narration
from chalicelib.ports import Queue, Stories
from chalicelib.profiles import keys as profile_keys
from chalicelib.profiles.parts import ProfileParts
from chalicelib.reading import Reading
from chalicelib.renditions import Renditions
from chalicelib.retrieval import Retrieval
from chalicelib.shared_parts import SharedParts
from chalicelib.stage import StageRunner
from chalicelib.staging import StagedIntake
from chalicelib.story import Lease, Stage, Story
from chalicelib.sweeper import Sweeper
from chalicelib.tools import Tools

TIME_LIMITS: Final = {
    Stage.READING: timedelta(seconds=60),
    Stage.NARRATION: timedelta(seconds=120),
    Stage.RENDITIONS: timedelta(seconds=60),
    Stage.DELETION: timedelta(seconds=60),
}
"""Of the stages' functions in .chalice/config.json (a test compares); no lease lasts longer."""

DEAD_LETTER_LEASE: Final = timedelta(seconds=29)


class Pipeline:
    """Everything that `app.py` delegates to.

    Args:
        tools: Asked for each tool only when a part first needs it.
        namespace: The secret under which story ids are derived, and cursors signed.
        staging_bucket: The name under which S3's events know the staging bucket.
    """

    def __init__(
        self,
        tools: Tools,
        *,
        links: Links,
        namespace: uuid.UUID,
        staging_bucket: str,
        clock: Callable[[], datetime],
        new_uuid: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        self.links = links
        self._tools = tools
        self._namespace = namespace
        self._clock = clock
        self._new_uuid = new_uuid
        self._shared = SharedParts(tools, links, staging_bucket, clock)

    @property
    def _stories(self) -> Stories:
        return self._tools.stories

    @cached_property
    def intake(self) -> Intake:
        return Intake(
            stories=self._stories,
            media=self._tools.media,
            queues=self._tools.queues,
            notification=self._shared.notification,
            erasure=self._shared.erasure,
            meter=self._tools.meter,
            namespace=self._namespace,
            new_uuid=self._new_uuid,
            clock=self._clock,
        )

    @cached_property
    def reading(self) -> StageRunner:
        work = Reading(
            stories=self._stories,
            media=self._tools.media,
            text_detector=self._tools.text_detector,
            narration_queue=self._tools.queues[Stage.NARRATION],
            renditions_queue=self._tools.queues[Stage.RENDITIONS],
        )
        return self._runner(Stage.READING, work.work)

    @cached_property
    def narration(self) -> StageRunner:
        work = Narration(
            stories=self._stories,
            media=self._tools.media,
            speaker=self._tools.speaker,
            meter=self._tools.meter,
        )
        return self._runner(Stage.NARRATION, work.work)

    @cached_property
    def renditions(self) -> Renditions:
        queue = self._tools.queues[Stage.RENDITIONS]
        return Renditions(
            leasing=self._shared.leasing(Stage.RENDITIONS, TIME_LIMITS[Stage.RENDITIONS], queue),
            stories=self._stories,
            media=self._tools.media,
        )

    @cached_property
    def direct_upload(self) -> DirectUpload:
        return DirectUpload(
            upload_requests=self._tools.upload_requests,
            staging=self._tools.staging,
            new_uuid=self._new_uuid,
            clock=self._clock,
        )

    @property
    def intake_queue(self) -> Queue[StagedObject]:
        return self._tools.intake_queue

    @cached_property
    def staged_intake(self) -> StagedIntake:
        return StagedIntake(
            intake=self.intake,
            stories=self._stories,
            upload_requests=self._tools.upload_requests,
            staging=self._tools.staging,
            queue=self._tools.intake_queue,
            aside=Aside(self._tools.staging, self._tools.intake_parked_queue),
            meter=self._tools.meter,
        )

    def take_in_staged(self, delivery: Delivery[StagedObject]) -> None:
        """Whatever arrived in the staging bucket, by where it arrived."""
        is_profile_photo = profile_keys.is_profile_photo(delivery.message.key)
        intake = self.profiles.staged_intake if is_profile_photo else self.staged_intake
        intake.handle(delivery)

    @cached_property
    def retrieval(self) -> Retrieval:
        return Retrieval(
            stories=self._stories,
            upload_requests=self._tools.upload_requests,
            failover=self._shared.failover,
            staged_failover=self._shared.staged_failover,
            clock=self._clock,
        )

    @cached_property
    def bulk(self) -> Bulk:
        return Bulk(
            stories=self._stories,
            retrieval=self.retrieval,
            notification=self._shared.notification,
        )

    @cached_property
    def listing(self) -> Listing:
        return Listing(stories=self._stories, signing_key=self._namespace.hex, clock=self._clock)

    @cached_property
    def deletion(self) -> Deletion:
        return Deletion(
            stories=self._stories,
            upload_requests=self._tools.upload_requests,
            queue=self._tools.queues[Stage.DELETION],
            clock=self._clock,
        )

    @cached_property
    def eraser(self) -> Eraser:
        return Eraser(
            stories=self._stories,
            upload_requests=self._tools.upload_requests,
            staging=self._tools.staging,
            erasure=self._shared.erasure,
            cdn=self._tools.cdn,
            queue=self._tools.queues[Stage.DELETION],
            meter=self._tools.meter,
            clock=self._clock,
        )

    @cached_property
    def profiles(self) -> ProfileParts:
        return ProfileParts(
            self._tools, namespace=self._namespace, clock=self._clock, new_uuid=self._new_uuid
        )

    @cached_property
    def sweeper(self) -> Sweeper:
        return Sweeper(
            stories=self._stories,
            failover=self._shared.failover,
            staged_failover=self._shared.staged_failover,
            profile_failover=self.profiles.failover,
            clock=self._clock,
        )

    @cached_property
    def dead_letters(self) -> Mapping[Stage, DeadLetters | Parking]:
        return {
            Stage.READING: self._dead_letters(Stage.READING),
            Stage.NARRATION: self._dead_letters(Stage.NARRATION),
            Stage.RENDITIONS: self._parking(Stage.RENDITIONS),
            Stage.DELETION: self._parking(Stage.DELETION),
        }

    @cached_property
    def intake_dead_letters(self) -> StagedDeadLetters:
        return StagedDeadLetters(
            upload_requests=self._tools.upload_requests,
            queue=self._tools.intake_dead_letter_queue,
            parked=self._tools.intake_parked_queue,
        )

    def _runner(self, stage: Stage, work: Callable[[Story, Lease], Story]) -> StageRunner:
        return StageRunner(
            work=work,
            leasing=self._shared.leasing(stage, TIME_LIMITS[stage], self._tools.queues[stage]),
            stories=self._stories,
            meter=self._tools.meter,
            clock=self._clock,
        )

    def _dead_letters(self, stage: Stage) -> DeadLetters:
        queue = self._tools.dead_letter_queues[stage]
        return DeadLetters(
            leasing=self._shared.leasing(stage, DEAD_LETTER_LEASE, queue, gives_up=True),
            stories=self._stories,
            parked=self._tools.parked_queues[stage],
            meter=self._tools.meter,
        )

    def _parking(self, stage: Stage) -> Parking:
        return Parking(
            stage=stage,
            queue=self._tools.dead_letter_queues[stage],
            parked=self._tools.parked_queues[stage],
        )
