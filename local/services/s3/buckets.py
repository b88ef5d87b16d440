"""S3 around moto: refuses what S3 refuses and moto takes, and tells listeners of new objects.

Sources: the Amazon S3 API Reference (DeleteObjects) and User Guide ("Creating object key names",
"Working with object metadata", "Event message structure").
"""

import time
from collections.abc import Callable, Iterable
from typing import Final

from werkzeug.wrappers import Response

from local.services.moto_backend import MotoBackend
from local.services.protocol import Call, parse
from local.services.received import Received
from local.services.s3.new_object import NewObject
from local.services.s3.signatures import Clock
from local.services.service_error import ServiceError, not_implemented

CREATED_BY_FORM: Final = "ObjectCreated:Post"

_CREATED_BY: Final = {"PutObject": "ObjectCreated:Put", "CopyObject": "ObjectCreated:Copy"}
_MAX_KEY_BYTES: Final = 1024  # of UTF-8
_MAX_METADATA_BYTES: Final = 2048  # of UTF-8, names and values
_MAX_DELETED_KEYS: Final = 1000  # a request
_METADATA: Final = "x-amz-meta-"
_REDIRECTION: Final = 300

Listener = Callable[[NewObject], None]


class Buckets:
    """Answers S3's requests by moto.

    Args:
        now: The time, with its zone.
        listeners: Called for every new object, in the thread of the request, before it is
            answered: they must not wait.
    """

    def __init__(self, moto: MotoBackend, now: Clock, listeners: Iterable[Listener]) -> None:
        self._moto = moto
        self._now = now
        self._listeners = listeners
        self._last_sequencer = 0

    def answer(self, call: Call, received: Received, event: str | None = None) -> Response:
        """Answer one request; `event` names the creation, unless the operation does.

        Raises:
            ServiceError: KeyTooLongError, MetadataTooLarge, MalformedXML.
        """
        _check(call)
        created = event or _CREATED_BY.get(call.operation.name)
        with self._moto.exclusively():
            response = self._moto.answer(received)
            response.headers["x-amz-request-id"] = response.headers["x-amzn-RequestId"]
            is_created = created is not None and response.status_code < _REDIRECTION
            new = self._new_object(call, created or "", response) if is_created else None
        if new is not None:
            for listener in self._listeners:
                listener(new)
        return response

    def _new_object(self, call: Call, event: str, response: Response) -> NewObject:
        bucket, key = call.uri_params["Bucket"], call.uri_params["Key"]
        size, etag = self._moto.objects.size_and_etag(bucket, key)
        # Later is greater, even when the clock stands still; moto's lock is held.
        self._last_sequencer = max(self._last_sequencer + 1, time.time_ns())
        return NewObject(
            event=event,
            bucket=bucket,
            key=key,
            size=size,
            etag=etag,
            sequencer=self._last_sequencer,
            created_at=self._now(),
            access_key_id=call.access_key_id or "",
            request_id=response.headers["x-amz-request-id"],
        )


def _check(call: Call) -> None:
    if call.operation.name == "CreateMultipartUpload":
        raise not_implemented("S3 multipart uploads")
    if len(call.uri_params.get("Key", "").encode()) > _MAX_KEY_BYTES:
        raise ServiceError("KeyTooLongError", "Your key is too long", 400)
    metadata = (
        name.lower().removeprefix(_METADATA) + value
        for name, value in call.request.headers.items()
        if name.lower().startswith(_METADATA)
    )
    if sum(len(each.encode()) for each in metadata) > _MAX_METADATA_BYTES:
        raise ServiceError(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            400,
        )
    if call.operation.name == "DeleteObjects":
        keys = parse(call)["Delete"].get("Objects", ())
        if not 0 < len(keys) <= _MAX_DELETED_KEYS:
            raise ServiceError(
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our "
                "published schema",
                400,
            )
