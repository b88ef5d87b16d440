"""S3 around moto: what it refuses and moto takes, and who hears what became of its objects.

Sources: the Amazon S3 API Reference (CopyObject, DeleteObjects) and User Guide
("Creating object key names", "Working with object metadata", "Event message structure").
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from werkzeug.wrappers import Response

from local.services.moto_backend import MotoBackend
from local.services.protocol import Call, parse, success
from local.services.received import Received
from local.services.s3.object_changes import ObjectChange
from local.services.s3.signatures import Clock
from local.services.service_error import ServiceError

CREATED_BY_FORM: Final = "ObjectCreated:Post"

_CREATED_BY: Final = {
    "PutObject": "ObjectCreated:Put",
    "CopyObject": "ObjectCreated:Copy",
    "CompleteMultipartUpload": "ObjectCreated:CompleteMultipartUpload",
}
_REMOVED: Final = "ObjectRemoved:Delete"
_LONGEST_KEY: Final = 1024  # bytes of UTF-8
_MOST_METADATA: Final = 2048  # bytes of UTF-8, names and values
_MOST_DELETED: Final = 1000  # keys a request
_METADATA: Final = "x-amz-meta-"
_REDIRECTION: Final = 300

Listener = Callable[[ObjectChange], None]


class Buckets:
    """Answers S3's requests with moto's answers, or better ones.

    Args:
        now: The time, with its zone.
        listeners: Are told of every object that is created or removed, in the thread of the
            request, before it is answered: they must not wait.
    """

    def __init__(self, moto: MotoBackend, now: Clock, listeners: Iterable[Listener]) -> None:
        self._moto = moto
        self._now = now
        self._listeners = listeners
        self._last_sequencer = 0

    def answer(self, call: Call, received: Received, created: str | None = None) -> Response:
        """Answer one request; an object is told of under `created`, if not its operation's event.

        Raises:
            ServiceError: KeyTooLongError, MetadataTooLarge, PreconditionFailed, MalformedXML.
        """
        _check_names(call)
        with self._moto.exclusively():
            self._check_source(call)
            removable = [key for key in _keys_to_remove(call) if self._exists(call, key)]
            response = self._perform(call, received)
            changes = list(self._changes(call, received, response, created, removable))
        for change in changes:
            for listener in self._listeners:
                listener(change)
        return response

    def _perform(self, call: Call, received: Received) -> Response:
        if call.operation.name == "DeleteObjects" and self._moto.objects.has_bucket(_bucket(call)):
            response = success(call, self._delete_objects(parse(call)))
        else:
            response = self._moto.answer(received)
        response.headers["x-amz-request-id"] = response.headers["x-amzn-RequestId"]
        return response

    def _changes(
        self,
        call: Call,
        received: Received,
        response: Response,
        created: str | None,
        removable: list[str],
    ) -> Iterator[ObjectChange]:
        if response.status_code >= _REDIRECTION:
            return
        events = [(_REMOVED, key) for key in removable if not self._exists(call, key)]
        if (own := _CREATED_BY.get(call.operation.name)) is not None:
            events.append((created or own, call.uri_params["Key"]))
        for event, key in events:
            size, etag = self._moto.objects.size_and_etag(_bucket(call), key) or (None, None)
            yield ObjectChange(
                event=event,
                bucket=_bucket(call),
                key=key,
                size=size,
                etag=etag,
                sequencer=self._next_sequencer(),
                happened_at=self._now(),
                access_key_id=call.access_key_id or _signer_of_link(received),
                request_id=response.headers["x-amz-request-id"],
            )

    def _next_sequencer(self) -> int:
        """Later is greater, even when the clock stands still; moto's lock is held."""
        self._last_sequencer = max(self._last_sequencer + 1, time.time_ns())
        return self._last_sequencer

    def _exists(self, call: Call, key: str) -> bool:
        return self._moto.objects.size_and_etag(_bucket(call), key) is not None

    def _check_source(self, call: Call) -> None:
        """Copy only what is still what the client means (``CopySourceIfMatch``)."""
        wanted = call.request.headers.get("x-amz-copy-source-if-match")
        if call.operation.name != "CopyObject" or wanted is None:
            return
        source = unquote(parse(call)["CopySource"]).removeprefix("/").partition("?versionId=")[0]
        bucket, _, key = source.partition("/")
        found = self._moto.objects.size_and_etag(bucket, key)
        if found is not None and wanted.strip('"') != found[1]:
            raise _precondition_failed()

    def _delete_objects(self, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted = _objects_to_delete(request)
        if not 0 < len(wanted) <= _MOST_DELETED:
            raise ServiceError(
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our "
                "published schema",
                400,
            )
        deleted, errors = [], []
        for each in wanted:
            try:
                self._delete(request["Bucket"], each)
            except ServiceError as error:
                errors.append({"Key": each["Key"], "Code": error.code, "Message": error.message})
            else:
                deleted.append({"Key": each["Key"]})
        return {"Deleted": [] if request["Delete"].get("Quiet") else deleted, "Errors": errors}

    def _delete(self, bucket: str, wanted: Mapping[str, str]) -> None:
        """Delete one object, if it is still the one that the client means."""
        key, etag = wanted["Key"], wanted.get("ETag")
        found = self._moto.objects.size_and_etag(bucket, key)
        if etag is not None and found is None:
            raise ServiceError("NoSuchKey", "The specified key does not exist.", 404)
        if etag is not None and found is not None and etag.strip('"') != found[1]:
            raise _precondition_failed()
        self._moto.objects.delete(bucket, key, wanted.get("VersionId"))


def _bucket(call: Call) -> str:
    return str(call.uri_params.get("Bucket", ""))


def _signer_of_link(received: Received) -> str:
    return received.query["X-Amz-Credential"].partition("/")[0]


def _check_names(call: Call) -> None:
    if len(call.uri_params.get("Key", "").encode()) > _LONGEST_KEY:
        raise ServiceError("KeyTooLongError", "Your key is too long", 400)
    metadata = (
        name.lower().removeprefix(_METADATA) + value
        for name, value in call.request.headers.items()
        if name.lower().startswith(_METADATA)
    )
    if sum(len(each.encode()) for each in metadata) > _MOST_METADATA:
        raise ServiceError(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            400,
        )


def _keys_to_remove(call: Call) -> list[str]:
    if call.operation.name == "DeleteObject":
        return [call.uri_params["Key"]]
    if call.operation.name == "DeleteObjects":
        return list(dict.fromkeys(each["Key"] for each in _objects_to_delete(parse(call))))
    return []


def _objects_to_delete(request: Mapping[str, Any]) -> list[dict[str, str]]:
    return list(request["Delete"].get("Objects", ()))


def _precondition_failed() -> ServiceError:
    return ServiceError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
    )
