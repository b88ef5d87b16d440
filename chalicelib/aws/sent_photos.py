"""S3 as where the workflow is told that photos are, in whatever bucket it may read."""

from contextlib import closing
from typing import TYPE_CHECKING

from chalicelib.aws.objects import content_of, if_there
from chalicelib.errors import TooLargeError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class SentPhotosInS3:
    def __init__(self, client: "S3Client") -> None:
        self._client = client

    def get(self, bucket: str, key: str, most: int) -> bytes | None:
        response = if_there(self._client.get_object, Bucket=bucket, Key=key)
        if response is None:
            return None
        size = response["ContentLength"]
        with closing(response["Body"]) as body:
            if size > most:
                raise TooLargeError(
                    f"This photo has {size:,} bytes; at most {most:,} can be taken in."
                )
            return content_of(body)
