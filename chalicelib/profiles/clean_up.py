"""Cleans up after an attempt: removes its files and its face, and sends the notice.

Every step may be repeated, and the record says which steps are done. The sweeper does the steps
that no other function has done.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from chalicelib import telemetry
from chalicelib.delivery.timeouts import GIVE_UP_AFTER
from chalicelib.errors import ProfileChangedError, RejectedError, StorytimeError
from chalicelib.profiles import keys, moves
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.notice import notice_of
from chalicelib.profiles.ports import FaceCollection, Mailer
from chalicelib.profiles.profile import (
    Leftover,
    Profile,
    ProfileStatus,
    owed_to,
    was_sent_before_deletion,
)
from chalicelib.profiles.records import Records
from chalicelib.stories.intake_bucket import IntakeBucket
from chalicelib.stories.ports import Cdn, Media

MAX_EXECUTION_DURATION: Final = timedelta(minutes=15)
"""Step Functions ends an execution that takes longer (a test compares)."""

TOMBSTONE_KEPT_FOR: Final = MAX_EXECUTION_DURATION + moves.MAX_WRITER_DURATION
"""How long a deleted profile keeps its record. Executions that began before need to see it."""

_AT_ONCE: Final = timedelta(seconds=5)
"""API Gateway waits 29 seconds; each of many photos takes several requests."""

log = logging.getLogger(__name__)


class CleanUp(msgspec.Struct, frozen=True):
    records: Records
    media: Media
    intake_bucket: IntakeBucket
    faces: FaceCollection
    cdn: Cdn
    mailer: Mailer
    clock: Callable[[], datetime]

    def begin(self, profile: Profile) -> None:
        """Remove what can be removed at once. Errors of AWS are logged, not raised.

        A client waits for this, so it ends after a few seconds. The sweeper removes the rest, and
        everything once more later: a late writer may store more files.
        """
        ends_at = self.clock() + _AT_ONCE
        # The photo that clients got links to comes first.
        leftovers = sorted(profile.leftovers.items(), key=lambda each: not each[1].published)
        with telemetry.bound(profile_id=profile.id):
            try:
                for generation, left in leftovers:
                    self._remove(Owner(profile.id, generation), left, is_last=False)
                    if self.clock() >= ends_at:
                        log.info("the rest is left to the sweeper")
                        break
            except StorytimeError as error:
                log.warning("left to the sweeper", extra={"reason": error.message})

    def finish(self, profile: Profile) -> None:
        """Do each step that is possible now; the record keeps the others.

        Raises:
            TransientError: AWS kept failing; a second call is safe.
        """
        steps = [
            *(partial(self._remove_leftover, profile, *each) for each in profile.leftovers.items()),
            *(partial(self._notify, profile, address) for address in owed_to(profile)),
            partial(self._remove_record, profile),
        ]
        failures = []
        with telemetry.bound(profile_id=profile.id):
            for step in steps:  # each is tried, even if another one fails
                try:
                    step()
                except StorytimeError as error:
                    failures.append(error)
        if failures:
            raise failures[0]

    def _notify(self, profile: Profile, address: str) -> None:
        attempt = profile.attempt
        if attempt is None or attempt.refusal is None:
            return
        notice = notice_of(
            profile.user_id,
            profile.status,
            attempt.refusal,
            keeps_photo=profile.photo is not None,
        )
        try:
            self.mailer.send(address, notice.subject, notice.body)
        except RejectedError as rejection:  # SES would refuse it again
            log.warning("notice refused", extra={"reason": rejection.message})
        except StorytimeError as error:
            since = profile.unfinished_since or profile.changed_at
            if self.clock() - since <= GIVE_UP_AFTER:
                raise
            log.error("the notice could not be sent for a day", extra={"reason": error.message})  # noqa: TRY400
        generation = attempt.generation

        def decide(before: Profile | None) -> Profile:
            now = before.attempt if before else None
            if before is None or now is None or now.generation != generation:
                raise ProfileChangedError("another photo was sent meanwhile")
            return before if now.notices[address] else moves.notified(before, address, self.clock())

        self._change(profile, decide)

    def _remove_leftover(self, profile: Profile, generation: str, left: Leftover) -> None:
        """Remove a photo's face and files; the last time when no function can still store any."""
        is_last = left.until <= self.clock()
        is_gone = self._remove(Owner(profile.id, generation), left, is_last=is_last)
        if not is_last or not is_gone:
            return
        log.info("leftover removed", extra={"generation": generation})

        def decide(before: Profile | None) -> Profile:
            if before is None or generation not in before.leftovers:
                raise ProfileChangedError("another function removed this leftover")
            return moves.discarded(before, generation, self.clock())

        self._change(profile, decide)

    def _remove(self, owner: Owner, left: Leftover, *, is_last: bool) -> bool:
        """Remove files and face; returns whether the CDN has dropped its copies, too."""
        # A function that died while it added the face may have left a face without a known id.
        # Only a search with the portrait finds that face.
        kept = {keys.portrait(owner)} if left.indexing else set()
        for prefix in keys.prefixes(owner):
            while found := [key for key in self.media.keys_under(prefix) if key not in kept]:
                self.media.delete(found)
        self._remove_faces(owner, left, is_last=is_last)
        if is_last and kept:
            self.media.delete(sorted(kept))
        if not left.published:
            return True
        when = "last" if is_last else "first"
        reference = f"{owner.profile_id}-{owner.generation}-{when}"
        return self.cdn.invalidate(keys.public(owner), reference)

    def _remove_faces(self, owner: Owner, left: Leftover, *, is_last: bool) -> None:
        face_ids = {left.face_id} if left.face_id else set()
        if left.indexing and is_last:
            portrait = self.media.get(keys.portrait(owner))
            matches = self.faces.search(portrait) if portrait else []
            face_ids |= {match.face_id for match in matches if match.owner == owner}
        if face_ids:
            self.faces.remove(sorted(face_ids))

    def _remove_record(self, profile: Profile) -> None:
        """Remove a deleted profile's record, once no function can still work on the profile."""
        if profile.status is not ProfileStatus.DELETED or profile.deleted_at is None:
            return
        self._remove_arrived(profile, profile.deleted_at)
        latest = self.records.profiles.find(profile.id)
        is_over = self.clock() - profile.deleted_at > TOMBSTONE_KEPT_FOR
        if latest and latest.status is ProfileStatus.DELETED and not latest.leftovers and is_over:
            self.records.profiles.remove(latest)
            log.info("removed")

    def _remove_arrived(self, profile: Profile, deleted_at: datetime) -> None:
        """Remove photos that wait in the intake bucket since before the deletion."""
        page = None
        while True:
            found = self.intake_bucket.waiting(keys.arrival_prefix(profile.user_id), page)
            for key, arrived_at in found.arrivals.items():
                if was_sent_before_deletion(arrived_at, deleted_at):
                    self._remove_unless_sent_again(key, deleted_at)
            if found.next is None:
                break
            page = found.next

    def _remove_unless_sent_again(self, key: str, deleted_at: datetime) -> None:
        there = self.intake_bucket.head(key)
        if there is not None and was_sent_before_deletion(there.arrived_at, deleted_at):
            self.intake_bucket.remove(key, there.version)

    def _change(self, profile: Profile, decide: Callable[[Profile | None], Profile]) -> None:
        try:
            self.records.change(profile.id, decide)
        except ProfileChangedError as change:
            log.info("nothing to write: the profile changed", extra={"reason": change.message})
