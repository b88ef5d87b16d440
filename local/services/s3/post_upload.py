"""Uploads by an HTML form straight to S3, with S3's checks: moto takes any form."""

import hmac
from collections.abc import Mapping
from html import escape
from typing import Final
from urllib.parse import quote

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from local.services.protocol import Call, failure, put_object
from local.services.received import Received
from local.services.s3.buckets import CREATED_BY_FORM, Buckets
from local.services.s3.post_policy import PostPolicy
from local.services.s3.signatures import ALGORITHM, Scope, Signatures
from local.services.service_error import ServiceError

_MAX_BYTES_OF_FIELDS: Final = 20_000
"""Of the fields before the file (Amazon S3 API Reference, "POST Object")."""

_STORED_HEADERS: Final = frozenset(
    {"cache-control", "content-type", "content-disposition", "content-encoding", "expires"}
)


def is_post_upload(received: Received) -> bool:
    return received.method == "POST" and received.content_type.startswith("multipart/form-data")


class PostUploads:
    """Checks a form against its own signed policy, then stores its file."""

    def __init__(self, buckets: Buckets, signatures: Signatures) -> None:
        self._buckets = buckets
        self._signatures = signatures

    def answer(self, received: Received) -> Response:
        """Answer 204, or 201 with a description if the form asks for it."""
        bucket = received.path.strip("/")
        try:
            fields, content = _form(received)
            fields["bucket"] = bucket
            self._check(fields, len(content))
            stored = self._buckets.answer(*_as_put(received, bucket, fields, content))
        except ServiceError as error:
            return failure(put_object(bucket, "", received), error)
        if stored.status_code != 200:  # noqa: PLR2004  # HTTP's OK
            return stored
        return _acknowledged(fields, stored.headers["ETag"], received)

    def _check(self, fields: Mapping[str, str], size: int) -> None:
        if "policy" not in fields:
            raise ServiceError("AccessDenied", "Access Denied", 403)
        for name in ("key", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"):
            if name not in fields:
                message = f"Bucket POST must contain a field named '{name}'."
                raise ServiceError("InvalidArgument", message, 400)
        if fields["x-amz-algorithm"] != ALGORITHM:
            raise ServiceError("InvalidRequest", f"Please use {ALGORITHM}.", 400)
        expected = self._signatures.sign(
            fields["policy"], Scope.parse(fields["x-amz-credential"]), fields["x-amz-date"]
        )
        if not hmac.compare_digest(expected, fields["x-amz-signature"]):
            raise ServiceError(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                "Check your key and signing method.",
                403,
            )
        PostPolicy.parse(fields["policy"]).check(fields, size, self._signatures.now())


def _form(received: Received) -> tuple[dict[str, str], bytes]:
    """Return the form's fields, by lower-case name, and its file's bytes."""
    with Request(received.environ()) as request:
        try:
            files = request.files
        except RequestEntityTooLarge as error:  # fields of half a megabyte
            raise _fields_too_large() from error
        if sum(len(name) + len(value) for name, value in request.form.items()) > (
            _MAX_BYTES_OF_FIELDS
        ):
            raise _fields_too_large()
        if [name for name, _ in files.items(multi=True)] != ["file"]:
            raise ServiceError(
                "IncorrectNumberOfFilesInPostRequest",
                "POST requires exactly one file upload per request.",
                400,
            )
        fields = {name.lower(): value for name, value in request.form.items()}
        if "key" in fields:
            fields["key"] = fields["key"].replace("${filename}", files["file"].filename or "")
        return fields, files["file"].read()


def _fields_too_large() -> ServiceError:
    return ServiceError(
        "MaxPostPreDataLengthExceeded",
        "Your POST request fields preceding the upload file were too large.",
        400,
    )


def _as_put(
    received: Received, bucket: str, fields: Mapping[str, str], content: bytes
) -> tuple[Call, Received, str]:
    """Return the PutObject that stores the file under the form's key, with the form's headers."""
    path = f"/{bucket}/{fields['key']}"
    headers = {
        name.upper().replace("-", "_"): value
        for name, value in fields.items()
        if name in _STORED_HEADERS or name.startswith("x-amz-meta-")
    }
    content_type = headers.pop("CONTENT_TYPE", "binary/octet-stream")
    put = received.replaced(
        content,
        REQUEST_METHOD="PUT",
        PATH_INFO=path.encode().decode("latin-1"),
        REQUEST_URI=quote(path),
        QUERY_STRING="",
        CONTENT_TYPE=content_type,
        HTTP_AUTHORIZATION="checked above",
        **{f"HTTP_{name}": value for name, value in headers.items()},
    )
    signer = Scope.parse(fields["x-amz-credential"]).access_key_id
    return put_object(bucket, fields["key"], put, signer), put, CREATED_BY_FORM


def _acknowledged(fields: Mapping[str, str], etag: str, received: Received) -> Response:
    key, bucket = fields["key"], fields["bucket"]
    location = f"http://{received.header('Host')}/{bucket}/{quote(key)}"
    headers = {"Location": location, "ETag": etag}
    if fields.get("success_action_status") == "201":
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>'
            f"<Location>{escape(location)}</Location><Bucket>{bucket}</Bucket>"
            f"<Key>{escape(key)}</Key><ETag>{escape(etag)}</ETag></PostResponse>"
        )
        return Response(xml, 201, headers, mimetype="application/xml")
    return Response(status=204, headers=headers)
