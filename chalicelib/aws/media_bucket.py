"""S3 as the bucket of photos, pages and audio."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.aws.objects import content_of, if_there
from chalicelib.aws.requests import RequestFailedError, request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


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
        response = if_there(self._client.get_object, Bucket=self._bucket, Key=key)
        return content_of(response["Body"]) if response else None

    def exists(self, key: str) -> bool:
        return if_there(self._client.head_object, Bucket=self._bucket, Key=key) is not None

    def keys_under(self, prefix: str) -> list[str]:
        answer = request(self._client.list_objects_v2, Bucket=self._bucket, Prefix=prefix)
        return [entry["Key"] for entry in answer.get("Contents", [])]

    def delete(self, keys: Sequence[str]) -> None:
        answer = request(
            self._client.delete_objects,
            Bucket=self._bucket,
            Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
        )
        for problem in answer.get("Errors", []):  # which S3 reports with 200
            raise RequestFailedError("DeleteObjects", problem.get("Code", "Unknown"), {})
