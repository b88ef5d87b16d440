"""The pipeline put together: each part with only the tools it needs, built on first use."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Protocol

from chalicelib.dead_letters import DeadLetters
from chalicelib.failover import Failover
from chalicelib.intake import Intake
from chalicelib.leasing import Leasing
from chalicelib.links import Links
from chalicelib.narration import Narration
from chalicelib.notification import Notification
from chalicelib.ports import Announcer, Media, Queue, Speaker, Stories, TextDetector
from chalicelib.reading import Reading
from chalicelib.retrieval import Retrieval
from chalicelib.stage import StageRunner
from chalicelib.story import Lease, Stage, Story
from chalicelib.sweeper import Sweeper

LEASES: Final = {Stage.READING: timedelta(seconds=60), Stage.NARRATION: timedelta(seconds=120)}
"""No longer than the time limits of the functions in .chalice/config.json (a test compares)."""

DEAD_LETTER_LEASE: Final = timedelta(seconds=29)


class Tools(Protocol):
    """The world that the pipeline works on; `wiring` gives it AWS, tests their own."""

    @property
    def stories(self) -> Stories: ...
    @property
    def media(self) -> Media: ...
    @property
    def queues(self) -> Mapping[Stage, Queue]: ...
    @property
    def dead_letter_queues(self) -> Mapping[Stage, Queue]: ...
    @property
    def parked_queues(self) -> Mapping[Stage, Queue]: ...
    @property
    def text_detector(self) -> TextDetector: ...
    @property
    def speaker(self) -> Speaker: ...
    @property
    def announcer(self) -> Announcer: ...


class Pipeline:
    """Everything that `app.py` delegates to.

    Args:
        tools: Asked for each tool only when a part first needs it.
        namespace: The secret under which story ids are derived.
    """

    def __init__(
        self,
        tools: Tools,
        *,
        links: Links,
        namespace: uuid.UUID,
        clock: Callable[[], datetime],
        new_uuid: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        self.links = links
        self._tools = tools
        self._namespace = namespace
        self._clock = clock
        self._new_uuid = new_uuid

    @cached_property
    def intake(self) -> Intake:
        return Intake(
            stories=self._tools.stories,
            media=self._tools.media,
            queues=self._tools.queues,
            notification=self._notification,
            namespace=self._namespace,
            new_uuid=self._new_uuid,
            clock=self._clock,
        )

    @cached_property
    def reading(self) -> StageRunner:
        work = Reading(
            stories=self._tools.stories,
            media=self._tools.media,
            text_detector=self._tools.text_detector,
            narration_queue=self._tools.queues[Stage.NARRATION],
        )
        return self._runner(Stage.READING, work.work)

    @cached_property
    def narration(self) -> StageRunner:
        work = Narration(
            stories=self._tools.stories, media=self._tools.media, speaker=self._tools.speaker
        )
        return self._runner(Stage.NARRATION, work.work)

    @cached_property
    def retrieval(self) -> Retrieval:
        return Retrieval(stories=self._tools.stories, failover=self.failover)

    @cached_property
    def sweeper(self) -> Sweeper:
        return Sweeper(stories=self._tools.stories, failover=self.failover, clock=self._clock)

    @cached_property
    def reading_dead_letters(self) -> DeadLetters:
        return self._dead_letters(Stage.READING)

    @cached_property
    def narration_dead_letters(self) -> DeadLetters:
        return self._dead_letters(Stage.NARRATION)

    @cached_property
    def failover(self) -> Failover:
        return Failover(
            stories=self._tools.stories,
            media=self._tools.media,
            queues=self._tools.queues,
            dead_letter_queues=self._tools.dead_letter_queues,
            clock=self._clock,
        )

    @cached_property
    def _notification(self) -> Notification:
        return Notification(
            stories=self._tools.stories,
            announcer=self._tools.announcer,
            links=self.links,
            clock=self._clock,
        )

    def _runner(self, stage: Stage, work: Callable[[Story, Lease], Story]) -> StageRunner:
        return StageRunner(
            work=work,
            leasing=self._leasing(stage, LEASES[stage], self._tools.queues[stage]),
            stories=self._tools.stories,
            clock=self._clock,
        )

    def _dead_letters(self, stage: Stage) -> DeadLetters:
        queue = self._tools.dead_letter_queues[stage]
        return DeadLetters(
            leasing=self._leasing(stage, DEAD_LETTER_LEASE, queue, gives_up=True),
            stories=self._tools.stories,
            parked=self._tools.parked_queues[stage],
        )

    def _leasing(
        self, stage: Stage, lease_for: timedelta, queue: Queue, *, gives_up: bool = False
    ) -> Leasing:
        return Leasing(
            stage=stage,
            lease_for=lease_for,
            stories=self._tools.stories,
            queue=queue,
            notification=self._notification,
            clock=self._clock,
            gives_up=gives_up,
        )
