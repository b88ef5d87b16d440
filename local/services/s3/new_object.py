"""A new object of a bucket, and the record in which S3 describes it to a function."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote_plus

from local.resources.names import HOST, REGION

_BUCKET_OWNER: Final = "A3NL1KOZZKLOCAL"


@dataclass(frozen=True)
class NewObject:
    """One object that was created.

    Attributes:
        event: S3's name for it without ``s3:``, such as ``ObjectCreated:Post``.
        size: Bytes.
        etag: Without its quotes.
        sequencer: Of two objects of one key, the later has the greater one.
        access_key_id: Of the request.
    """

    event: str
    bucket: str
    key: str
    size: int
    etag: str
    sequencer: int
    created_at: datetime
    access_key_id: str
    request_id: str

    def record(self, configuration_id: str) -> dict[str, Any]:
        """The record of an event (Amazon S3 User Guide, "Event message structure").

        Args:
            configuration_id: Of the bucket's notification configuration that asks for it.
        """
        milliseconds = self.created_at.microsecond // 1000
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": REGION,
            "eventTime": f"{self.created_at:%Y-%m-%dT%H:%M:%S}.{milliseconds:03}Z",
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
                "object": {
                    "key": quote_plus(self.key, safe="/"),
                    "size": self.size,
                    "eTag": self.etag,
                    "sequencer": f"{self.sequencer:018X}",
                },
            },
        }
