"""S3 as the bucket where clients put photos themselves."""

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws.objects import content_of, if_there
from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.stories.upload_ports import IntakeListing, IntakeObject, IntakePhoto
from chalicelib.stories.upload_request import FORM_USABLE_FOR, MAX_BYTES, PostForm

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

UPLOAD_ID: Final = "upload-id"
"""The name of the metadata by which a photo says which upload request it is sent for."""
EMAIL: Final = "email"
"""The same for who wants to know if it does not do."""


class S3IntakeBucket:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

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
        # A form must have exactly these fields, and a file of these sizes.
        form = self._client.generate_presigned_post(
            Bucket=self._bucket,
            Key=key,
            Fields=dict(fields),
            Conditions=[
                *({name: value} for name, value in fields.items()),
                ["content-length-range", 1, MAX_BYTES],
            ],
            ExpiresIn=int(FORM_USABLE_FOR.total_seconds()),
        )
        return PostForm(form["url"], form["fields"])

    def get(self, key: str, most: int) -> IntakePhoto | None:
        response = if_there(self._client.get_object, Bucket=self._bucket, Key=key)
        if response is None:
            return None
        size = response["ContentLength"]
        with closing(response["Body"]) as body:
            content = content_of(body) if size <= most else None
        return IntakePhoto(
            content=content,
            size=size,
            version=response["ETag"],
            upload_id=response["Metadata"].get(UPLOAD_ID),
            arrived_at=response["LastModified"],
            email=response["Metadata"].get(EMAIL),
        )

    def look(self, key: str) -> IntakeObject | None:
        answer = if_there(self._client.head_object, Bucket=self._bucket, Key=key)
        return IntakeObject(answer["ETag"], answer["LastModified"]) if answer else None

    def waiting(self, prefix: str, page: str | None = None) -> IntakeListing:
        start: Any = {"ContinuationToken": page} if page else {}
        answer = request(self._client.list_objects_v2, Bucket=self._bucket, Prefix=prefix, **start)
        staged = {entry["Key"]: entry["LastModified"] for entry in answer.get("Contents", [])}
        return IntakeListing(staged, answer.get("NextContinuationToken"))

    def copy(self, key: str, to: str) -> None:
        request(
            self._client.copy_object,
            Bucket=self._bucket,
            Key=to,
            CopySource={"Bucket": self._bucket, "Key": key},
        )

    def remove(self, key: str, version: str) -> None:
        delete = self._client.delete_object
        try:
            if_there(delete, Bucket=self._bucket, Key=key, IfMatch=version)
        except RequestFailedError as failure:
            if failure.aws_code != "PreconditionFailed":
                raise
