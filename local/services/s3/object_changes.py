"""What happened to an object of a bucket, and how S3 tells a function of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote_plus

from local.server.http_server import HOST
from local.services.moto_backend import REGION

_BUCKET_OWNER: Final = "A3NL1KOZZKLOCAL"


@dataclass(frozen=True)
class ObjectChange:
    """One object that was created or removed.

    Attributes:
        event: S3's name for it without ``s3:``, such as ``ObjectCreated:Post``.
        size: Bytes, or None when it was removed.
        etag: Without its quotes, or None when it was removed.
        sequencer: Of two changes of one key, the later has the greater one.
        access_key_id: Whose request it was.
    """

    event: str
    bucket: str
    key: str
    size: int | None
    etag: str | None
    sequencer: int
    happened_at: datetime
    access_key_id: str
    request_id: str

    def record(self, configuration_id: str) -> dict[str, Any]:
        """The record of an event (Amazon S3 User Guide, "Event message structure").

        Args:
            configuration_id: Of the bucket's notification configuration that asked for it.
        """
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": REGION,
            "eventTime": f"{self.happened_at:%Y-%m-%dT%H:%M:%S}"
            f".{self.happened_at.microsecond // 1000:03}Z",
            "eventName": self.event,
            "userIdentity": {"principalId": f"AWS:{self.access_key_id}"},
            "requestParameters": {"sourceIPAddress": HOST},
            "responseElements": {
                "x-amz-request-id": self.request_id,
                "x-amz-id-2": self.request_id,
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration_id,
                "bucket": {
                    "name": self.bucket,
                    "ownerIdentity": {"principalId": _BUCKET_OWNER},
                    "arn": f"arn:aws:s3:::{self.bucket}",
                },
                "object": self._object(),
            },
        }

    def _object(self) -> dict[str, Any]:
        told = {
            "key": quote_plus(self.key, safe="/"),
            "size": self.size,
            "eTag": self.etag,
            "sequencer": f"{self.sequencer:018X}",
        }
        return {name: value for name, value in told.items() if value is not None}
