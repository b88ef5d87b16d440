"""What several parts of the pipeline have in common, each built on first use."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property

from chalicelib.erasure import Erasure
from chalicelib.failover import Failover, StagedFailover
from chalicelib.leasing import Leasing
from chalicelib.links import Links
from chalicelib.messages import StoryMessage
from chalicelib.notification import Notification
from chalicelib.ports import Queue
from chalicelib.story import Stage
from chalicelib.tools import Tools


class SharedParts:
    def __init__(
        self, tools: Tools, links: Links, staging_bucket: str, clock: Callable[[], datetime]
    ) -> None:
        self._tools = tools
        self._links = links
        self._staging_bucket = staging_bucket
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
    def staged_failover(self) -> StagedFailover:
        return StagedFailover(
            upload_requests=self._tools.upload_requests,
            staging=self._tools.staging,
            queue=self._tools.intake_queue,
            bucket=self._staging_bucket,
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
        stage: Stage,
        lease_for: timedelta,
        queue: Queue[StoryMessage],
        *,
        gives_up: bool = False,
    ) -> Leasing:
        return Leasing(
            stage=stage,
            lease_for=lease_for,
            stories=self._tools.stories,
            queue=queue,
            notification=self.notification,
            erasure=self.erasure,
            meter=self._tools.meter,
            clock=self._clock,
            gives_up=gives_up,
        )
