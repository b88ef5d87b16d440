"""What is left to do when an attempt is over: remove what it left, tell whoever asked.

Every step can be taken again, and is written down when it is done; the sweeper takes those
that nobody else came to.
"""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec

from chalicelib import logs
from chalicelib.errors import ProfileChanged, Rejected, StorytimeError
from chalicelib.ports import Cdn, Media
from chalicelib.profiles import keys, moves
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.notice import notice_of
from chalicelib.profiles.ports import FaceCollection, Mailer
from chalicelib.profiles.profile import Leftover, Profile, ProfileStatus
from chalicelib.profiles.records import Records
from chalicelib.upload_ports import Staging

log = logging.getLogger(__name__)


class Finishing(msgspec.Struct, frozen=True):
    records: Records
    media: Media
    staging: Staging
    faces: FaceCollection
    cdn: Cdn
    mailer: Mailer
    clock: Callable[[], datetime]

    def finish(self, profile: Profile) -> None:
        """Do what can be done now; what must wait stays written down.

        Raises:
            Transient: AWS kept failing; doing it again is safe.
        """
        with logs.bound(profile_id=profile.id):
            self._tell(profile)
            for generation, left in profile.leftovers.items():
                self._discard(profile, generation, left)
            if profile.status is ProfileStatus.DELETED:
                self._remove(profile)

    def try_to_finish(self, profile: Profile) -> None:
        """The same, for whoever has done their own part already."""
        try:
            self.finish(profile)
        except StorytimeError as error:
            log.warning("left to the sweeper", extra={"reason": error.message})

    def _tell(self, profile: Profile) -> None:
        attempt = profile.attempt
        if attempt is None or not (attempt.notice_owed and attempt.email and attempt.refusal):
            return
        notice = notice_of(
            profile.user_id,
            profile.status,
            attempt.refusal,
            keeps_photo=profile.photo is not None,
        )
        try:
            self.mailer.send(attempt.email, notice.subject, notice.body)
        except Rejected as rejection:  # no later try would be taken either
            log.warning("nobody told", extra={"reason": rejection.message})
        generation = attempt.generation

        def decide(before: Profile | None) -> Profile:
            now = before.attempt if before else None
            if before is None or now is None or now.generation != generation:
                raise ProfileChanged("another photo was sent meanwhile")
            return moves.told(before, self.clock()) if now.notice_owed else before

        self._change(profile, decide)

    def _discard(self, profile: Profile, generation: str, left: Leftover) -> None:
        """Remove a photo's face and files; the last time when nobody stores any more."""
        owner = Owner(profile.id, generation)
        is_last = left.until <= self.clock()
        self._remove_faces(owner, left, is_last=is_last)
        # Who died while adding the face may have left one that only this picture finds.
        kept = {keys.portrait(owner)} if left.indexing and not is_last else set()
        for prefix in keys.prefixes(owner):
            while found := [key for key in self.media.keys_under(prefix) if key not in kept]:
                self.media.delete(found)
        if not is_last:
            return
        if left.published and not self.cdn.invalidate(
            keys.public(owner), reference=f"{profile.id}-{generation}"
        ):
            log.info("the CDN has not forgotten it yet")
            return
        log.info("discarded", extra={"generation": generation})

        def decide(before: Profile | None) -> Profile:
            if before is None or generation not in before.leftovers:
                raise ProfileChanged("somebody else discarded it")
            return moves.discarded(before, generation, self.clock())

        self._change(profile, decide)

    def _remove_faces(self, owner: Owner, left: Leftover, *, is_last: bool) -> None:
        face_ids = {left.face_id} if left.face_id else set()
        if left.indexing and is_last:
            portrait = self.media.get(keys.portrait(owner))
            matches = self.faces.search(portrait) if portrait else []
            face_ids |= {match.face_id for match in matches if match.owner == owner}
        if face_ids:
            self.faces.remove(sorted(face_ids))

    def _remove(self, profile: Profile) -> None:
        """Remove the record of a deleted profile, when nobody can be working for it any more."""
        assert profile.deleted_at is not None  # noqa: S101  # `moves.deleted` saw to it
        self._remove_staged(profile, profile.deleted_at)
        latest = self.records.profiles.find(profile.id)
        is_over = self.clock() - profile.deleted_at > moves.LONGEST_WRITER
        if latest and latest.status is ProfileStatus.DELETED and not latest.leftovers and is_over:
            self.records.profiles.remove(latest)
            log.info("removed")

    def _remove_staged(self, profile: Profile, deleted_at: datetime) -> None:
        """Photos that were sent straight to S3, and not taken in yet."""
        page = None
        while True:
            found = self.staging.waiting(keys.staged_by(profile.user_id), page)
            for key, staged_at in found.staged.items():
                there = self.staging.look(key) if staged_at <= deleted_at else None
                if there is not None and there.staged_at <= deleted_at:
                    self.staging.remove(key, there.version)
            if found.next is None:
                break
            page = found.next

    def _change(self, profile: Profile, decide: Callable[[Profile | None], Profile]) -> None:
        try:
            self.records.change(profile.id, decide)
        except ProfileChanged as change:
            log.info("not needed any more", extra={"reason": change.message})
