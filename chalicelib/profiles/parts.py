"""The profile workflow put together: each part with only the tools it needs."""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import cached_property

from chalicelib.delivery.rejected_files import RejectedFiles
from chalicelib.profiles.clean_up import Finishing
from chalicelib.profiles.detection import FaceDetection
from chalicelib.profiles.direct_upload import ProfileBucketIntake, ProfileUpload
from chalicelib.profiles.duplicates import Duplicates
from chalicelib.profiles.ending import Ending
from chalicelib.profiles.failover import ProfileFailover
from chalicelib.profiles.intake import ProfileIntake
from chalicelib.profiles.records import Records
from chalicelib.profiles.registration import Registration
from chalicelib.profiles.retrieval import ProfileRetrieval
from chalicelib.profiles.thumbnail import Thumbnail
from chalicelib.tools import Tools


class ProfileParts:
    """Everything that `app.py` delegates to for profiles; as `pipeline.Pipeline`."""

    def __init__(
        self,
        tools: Tools,
        *,
        namespace: uuid.UUID,
        clock: Callable[[], datetime],
        new_uuid: Callable[[], uuid.UUID],
    ) -> None:
        self._tools = tools
        self._clock = clock
        self._new_uuid = new_uuid
        self._records = Records(profiles=tools.profiles, namespace=namespace, clock=clock)

    @cached_property
    def intake(self) -> ProfileIntake:
        return ProfileIntake(
            records=self._records,
            media=self._tools.media,
            workflow=self._tools.workflow,
            failover=self.failover,
            new_uuid=self._new_uuid,
            clock=self._clock,
        )

    @cached_property
    def upload(self) -> ProfileUpload:
        return ProfileUpload(
            intake_bucket=self._tools.intake_bucket, new_uuid=self._new_uuid, clock=self._clock
        )

    @cached_property
    def bucket_intake(self) -> ProfileBucketIntake:
        return ProfileBucketIntake(
            intake=self.intake,
            intake_bucket=self._tools.intake_bucket,
            queue=self._tools.intake_queue,
            aside=RejectedFiles(self._tools.intake_bucket, self._tools.intake_parked_queue),
        )

    @cached_property
    def detection(self) -> FaceDetection:
        return FaceDetection(
            records=self._records,
            media=self._tools.media,
            sent_photos=self._tools.sent_photos,
            faces=self._tools.faces,
            new_uuid=self._new_uuid,
            clock=self._clock,
        )

    @cached_property
    def registration(self) -> Registration:
        return Registration(
            records=self._records,
            media=self._tools.media,
            faces=self._tools.faces,
            duplicates=Duplicates(self._records),
            finishing=self.finishing,
            meter=self._tools.meter,
        )

    @cached_property
    def thumbnail(self) -> Thumbnail:
        return Thumbnail(records=self._records, media=self._tools.media)

    @cached_property
    def ending(self) -> Ending:
        return Ending(
            records=self._records,
            finishing=self.finishing,
            meter=self._tools.meter,
            clock=self._clock,
        )

    @cached_property
    def finishing(self) -> Finishing:
        return Finishing(
            records=self._records,
            media=self._tools.media,
            intake_bucket=self._tools.intake_bucket,
            faces=self._tools.faces,
            cdn=self._tools.cdn,
            mailer=self._tools.mailer,
            clock=self._clock,
        )

    @cached_property
    def failover(self) -> ProfileFailover:
        return ProfileFailover(
            records=self._records,
            media=self._tools.media,
            workflow=self._tools.workflow,
            finishing=self.finishing,
            meter=self._tools.meter,
            clock=self._clock,
        )

    @cached_property
    def retrieval(self) -> ProfileRetrieval:
        return ProfileRetrieval(
            records=self._records,
            failover=self.failover,
            finishing=self.finishing,
            clock=self._clock,
        )
