"""S3: the media bucket, the intake bucket, and photos in any bucket."""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import msgspec
from botocore.exceptions import BotoCoreError

from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import TooLargeError
from chalicelib.stories.intake_bucket import IntakeListing, IntakeObject, IntakePhoto
from chalicelib.stories.upload_request import FORM_USABLE_FOR, MAX_BYTES, PostForm

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_Parameters = ParamSpec("_Parameters")
_Response = TypeVar("_Response")

_ABSENT: Final = frozenset({"NoSuchKey", "404"})  # HEAD answers without a body with a code

UPLOAD_ID: Final = "upload-id"
"""Metadata of an arrived photo: the upload request that it was sent for."""
EMAIL: Final = "email"
"""Metadata of an arrived profile photo: the address for the notice."""


class MediaBucket(msgspec.Struct, frozen=True):
    client: "S3Client"
    bucket: str

    def put(self, key: str, content: bytes, content_type: str) -> None:
        request(
            self.client.put_object,
            Bucket=self.bucket,
            Key=key,
            Body=content,
            ContentType=content_type,
        )

    def get(self, key: str) -> bytes | None:
        response = if_there(self.client.get_object, Bucket=self.bucket, Key=key)
        return content_of(response["Body"]) if response else None

    def exists(self, key: str) -> bool:
        return if_there(self.client.head_object, Bucket=self.bucket, Key=key) is not None

    def keys_under(self, prefix: str, after: str = "") -> list[str]:
        answer = request(
            self.client.list_objects_v2, Bucket=self.bucket, Prefix=prefix, StartAfter=after
        )
        return [entry["Key"] for entry in answer.get("Contents", [])]

    def delete(self, keys: Sequence[str]) -> None:
        answer = request(
            self.client.delete_objects,
            Bucket=self.bucket,
            Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
        )
        for problem in answer.get("Errors", []):  # S3 reports them with status 200
            raise RequestFailedError("DeleteObjects", problem.get("Code", "Unknown"), {})


class S3IntakeBucket(msgspec.Struct, frozen=True):
    client: "S3Client"
    bucket: str

    def form(
        self,
        key: str,
        content_type: str,
        *,
        upload_id: str | None = None,
        email: str | None = None,
    ) -> PostForm:
        fields = {"Content-Type": content_type, "success_action_status": "201"}
        for name, value in ((UPLOAD_ID, upload_id), (EMAIL, email)):
            if value is not None:
                fields[f"x-amz-meta-{name}"] = value
        # S3 takes exactly these fields, and a file of 1 to MAX_BYTES bytes.
        form = self.client.generate_presigned_post(
            Bucket=self.bucket,
            Key=key,
            Fields=dict(fields),
            Conditions=[
                *({name: value} for name, value in fields.items()),
                ["content-length-range", 1, MAX_BYTES],
            ],
            ExpiresIn=int(FORM_USABLE_FOR.total_seconds()),
        )
        return PostForm(form["url"], form["fields"])

    def get(self, key: str, max_bytes: int) -> IntakePhoto | None:
        response = if_there(self.client.get_object, Bucket=self.bucket, Key=key)
        if response is None:
            return None
        size = response["ContentLength"]
        with closing(response["Body"]) as body:
            content = content_of(body) if size <= max_bytes else None
        return IntakePhoto(
            content=content,
            size=size,
            version=response["ETag"],
            upload_id=response["Metadata"].get(UPLOAD_ID),
            arrived_at=response["LastModified"],
            email=response["Metadata"].get(EMAIL),
        )

    def head(self, key: str) -> IntakeObject | None:
        answer = if_there(self.client.head_object, Bucket=self.bucket, Key=key)
        return IntakeObject(answer["ETag"], answer["LastModified"]) if answer else None

    def waiting(self, prefix: str, page: str | None = None) -> IntakeListing:
        start: Any = {"ContinuationToken": page} if page else {}
        answer = request(self.client.list_objects_v2, Bucket=self.bucket, Prefix=prefix, **start)
        found = {entry["Key"]: entry["LastModified"] for entry in answer.get("Contents", [])}
        return IntakeListing(found, answer.get("NextContinuationToken"))

    def copy(self, key: str, to: str) -> None:
        request(
            self.client.copy_object,
            Bucket=self.bucket,
            Key=to,
            CopySource={"Bucket": self.bucket, "Key": key},
        )

    def remove(self, key: str, version: str) -> None:
        delete = self.client.delete_object
        try:
            if_there(delete, Bucket=self.bucket, Key=key, IfMatch=version)
        except RequestFailedError as failure:
            if failure.aws_code != "PreconditionFailed":
                raise


class SentPhotosInS3(msgspec.Struct, frozen=True):
    client: "S3Client"

    def get(self, bucket: str, key: str, max_bytes: int) -> bytes | None:
        response = if_there(self.client.get_object, Bucket=bucket, Key=key)
        if response is None:
            return None
        size = response["ContentLength"]
        with closing(response["Body"]) as body:
            if size > max_bytes:
                raise TooLargeError(
                    f"This photo has {size:,} bytes; at most {max_bytes:,} can be taken in."
                )
            return content_of(body)


def if_there(
    operation: Callable[_Parameters, _Response],
    /,
    *args: _Parameters.args,
    **parameters: _Parameters.kwargs,
) -> _Response | None:
    """Send a request about an object; None if the object does not exist."""
    try:
        return request(operation, *args, **parameters)
    except RequestFailedError as failure:
        if failure.aws_code in _ABSENT:
            return None
        raise


def content_of(body: Any) -> bytes:
    """Download the body of a response."""
    with closing(body):
        try:
            content: bytes = body.read()
        except BotoCoreError as error:  # the connection broke during the download
            raise RequestFailedError("GetObject", type(error).__name__, {}) from error
        return content
