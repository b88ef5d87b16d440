"""S3 as the bucket of photos, pages and audio."""

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError

from chalicelib.aws.requests import RequestFailed, request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ABSENT: Final = frozenset({"NoSuchKey", "404"})  # a HEAD has no body to carry a code


class MediaBucket:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, content: bytes, content_type: str) -> None:
        request(
            self._client.put_object,
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ContentType=content_type,
        )

    def get(self, key: str) -> bytes | None:
        try:
            response = request(self._client.get_object, Bucket=self._bucket, Key=key)
        except RequestFailed as failure:
            if failure.aws_code in _ABSENT:
                return None
            raise
        try:
            return response["Body"].read()
        except BotoCoreError as error:  # the connection broke while the object came
            raise RequestFailed("GetObject", type(error).__name__, {}) from error

    def exists(self, key: str) -> bool:
        try:
            request(self._client.head_object, Bucket=self._bucket, Key=key)
        except RequestFailed as failure:
            if failure.aws_code in _ABSENT:
                return False
            raise
        return True
