"""The workflow's last tasks for a photo that does not count: say so, and clean up."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.errors import SupersededError
from chalicelib.profiles import moves
from chalicelib.profiles.execution import Task
from chalicelib.profiles.finishing import Finishing
from chalicelib.profiles.profile import GIVEN_UP, Profile, ProfileStatus, profile_id_of
from chalicelib.profiles.records import Records

log = logging.getLogger(__name__)


class Ending(msgspec.Struct, frozen=True):
    records: Records
    finishing: Finishing
    clock: Callable[[], datetime]

    def refuse(self, task: Task) -> dict[str, Any]:
        """End an attempt whose photo does not do, and tell the person why.

        Raises:
            SupersededError: Another photo is wanted by now.
        """
        return self._end(task)

    def fail(self, task: Task) -> dict[str, Any]:
        """End an attempt that something else than its photo kept from its end.

        Raises:
            SupersededError: Another photo is wanted by now, or nothing is known of this one.
        """
        return self._end(task)

    def _end(self, task: Task) -> dict[str, Any]:
        def decide(before: Profile | None) -> Profile:
            attempt = before.attempt if before else None
            if before is None or attempt is None or attempt.execution != task.execution:
                raise SupersededError(f"execution {task.execution} is not wanted any more")
            if before.status is not ProfileStatus.PROCESSING:
                return before  # by an earlier try of this task
            return moves.given_up(before, GIVEN_UP, self.clock())

        profile_id = profile_id_of(self.records.namespace, task.sent.user_id)
        profile = self.records.change(profile_id, decide)
        log.info("attempt ended", extra={"status": profile.status.value})
        self.finishing.finish(profile)
        return {"userId": profile.user_id, "status": profile.status.value}
