"""What several parts of the pipeline have in common, each built on first use."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property

from chalicelib.delivery.erasure import Erasure
from chalicelib.delivery.failover import Failover, IntakeFailover
from chalicelib.delivery.leases import Leasing
from chalicelib.delivery.messages import StoryMessage
from chalicelib.delivery.notification import Notification
from chalicelib.stories.links import Links
from chalicelib.stories.ports import Queue
from chalicelib.stories.story import Step
from chalicelib.tools import Tools


class SharedParts:
    def __init__(
        self, tools: Tools, links: Links, intake_bucket: str, clock: Callable[[], datetime]
    ) -> None:
        self._tools = tools
        self._links = links
        self._intake_bucket = intake_bucket
        self._clock = clock

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
    def intake_failover(self) -> IntakeFailover:
        return IntakeFailover(
            upload_requests=self._tools.upload_requests,
            intake_bucket=self._tools.intake_bucket,
            queue=self._tools.intake_queue,
            bucket=self._intake_bucket,
            clock=self._clock,
        )

    @cached_property
    def erasure(self) -> Erasure:
        return Erasure(stories=self._tools.stories, media=self._tools.media)

    @cached_property
    def notification(self) -> Notification:
        return Notification(
            stories=self._tools.stories,
            announcer=self._tools.announcer,
            links=self._links,
            clock=self._clock,
        )

    def leasing(
        self,
        step: Step,
        lease_for: timedelta,
        queue: Queue[StoryMessage],
        *,
        gives_up: bool = False,
    ) -> Leasing:
        return Leasing(
            step=step,
            lease_for=lease_for,
            stories=self._tools.stories,
            queue=queue,
            notification=self.notification,
            erasure=self.erasure,
            meter=self._tools.meter,
            clock=self._clock,
            gives_up=gives_up,
        )
