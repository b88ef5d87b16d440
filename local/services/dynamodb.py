"""DynamoDB around moto: refuses what DynamoDB refuses and moto takes; transactions happen once.

Sources: the Amazon DynamoDB API Reference (TransactWriteItems, Query, BatchGetItem) and the
messages that DynamoDB is known to answer.
"""

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from werkzeug.wrappers import Response

from local.services.moto_backend import MotoBackend
from local.services.protocol import Call, parse, success
from local.services.received import Received
from local.services.s3.signatures import Clock
from local.services.service_error import ServiceError

_TOKEN_LIFE: Final = timedelta(minutes=10)
_OK: Final = 200
_PLACEHOLDERS: Final = {"ExpressionAttributeNames": r"#\w+", "ExpressionAttributeValues": r":\w+"}

KeySchemas = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class _Transaction:
    """A transaction that took effect under a client's token."""

    items: bytes
    expires_at: datetime


class Tables:
    """Answers DynamoDB's requests by moto.

    Args:
        now: The time, with its zone.
    """

    def __init__(self, moto: MotoBackend, now: Clock) -> None:
        self._moto = moto
        self._now = now
        self._lock = threading.Lock()
        self._transactions: OrderedDict[str, _Transaction] = OrderedDict()

    def answer(self, call: Call, received: Received) -> Response:
        """Answer one request.

        Raises:
            ServiceError: ValidationException, IdempotentParameterMismatchException.
        """
        request = parse(call)
        if call.operation.name == "BatchGetItem" and not request["RequestItems"]:
            raise _invalid(
                "1 validation error detected: Value at 'requestItems' failed to satisfy "
                "constraint: Member must have length greater than or equal to 1"
            )
        for part in _parts(request):
            _check_placeholders(part)
            if "Item" in part:
                _check_index_keys(self._moto.key_schemas(part["TableName"]), part["Item"])
        if "ExclusiveStartKey" in request:
            _check_start(self._moto.key_schemas(request["TableName"]), request)
        if call.operation.name == "TransactWriteItems" and "ClientRequestToken" in request:
            return self._transact_once(call, received, request["ClientRequestToken"])
        return self._moto.answer(received)

    def _transact_once(self, call: Call, received: Received, token: str) -> Response:
        """Let a transaction take effect, unless it has done so in the last ten minutes."""
        items = json.dumps(json.loads(received.body)["TransactItems"], sort_keys=True).encode()
        digest = sha256(items).digest()
        with self._lock:
            self._forget_expired()
            known = self._transactions.get(token)
            if known is not None and known.items != digest:
                raise ServiceError(
                    "IdempotentParameterMismatchException",
                    "The request uses the same client token as a previous, but non-identical "
                    "request.",
                )
            if known is not None:
                return success(call, {})
            response = self._moto.answer(received)
            if response.status_code == _OK:
                self._transactions[token] = _Transaction(digest, self._now() + _TOKEN_LIFE)
            return response

    def _forget_expired(self) -> None:
        while self._transactions:
            token, oldest = next(iter(self._transactions.items()))
            if self._now() < oldest.expires_at:
                return
            del self._transactions[token]


def _parts(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the parts with expressions of their own: the request, and each transaction's item."""
    yield request
    for item in request.get("TransactItems", ()):
        yield from item.values()


def _check_placeholders(part: Mapping[str, Any]) -> None:
    """Refuse names and values that no expression uses."""
    texts = [str(value) for name, value in part.items() if name.endswith("Expression")]
    for parameter, pattern in _PLACEHOLDERS.items():
        used = {each for text in texts for each in re.findall(pattern, text)}
        if unused := sorted(set(part.get(parameter, ())) - used):
            raise _invalid(
                f"Value provided in {parameter} unused in expressions: keys: "
                f"{{{', '.join(unused)}}}"
            )


def _check_index_keys(schemas: KeySchemas, item: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse an item with an index key of another type than the index's."""
    for index, keys in schemas.items():
        for name, expected in keys.items():
            actual = next(iter(item.get(name, {expected: ""})))
            if index and actual != expected:
                raise _invalid(
                    "One or more parameter values were invalid: Type mismatch for Index Key "
                    f"{name} Expected: {expected} Actual: {actual} IndexName: {index}"
                )


def _check_start(schemas: KeySchemas, request: Mapping[str, Any]) -> None:
    """Refuse a starting key with which no earlier page can have ended."""
    index = request.get("IndexName", "")
    if "" not in schemas or index not in schemas:
        return  # moto refuses the request
    start = request["ExclusiveStartKey"]
    keys = {**schemas[index], **schemas[""]}
    if {name: next(iter(value)) for name, value in start.items()} != keys:
        raise _invalid("The provided starting key is invalid")
    partition = next(iter(schemas[index]))
    wanted = _wanted_value(request, partition)
    if wanted is not None and wanted != start[partition]:
        raise _invalid(
            "The provided starting key is outside query boundaries based on provided conditions"
        )


def _wanted_value(request: Mapping[str, Any], attribute: str) -> Any:
    """Return the value that a Query's condition wants the attribute to equal, or None."""
    names = request.get("ExpressionAttributeNames", {})
    for name, placeholder in re.findall(
        r"([#\w]+)\s*=\s*(:\w+)", request.get("KeyConditionExpression", "")
    ):
        if names.get(name, name) == attribute:
            return request["ExpressionAttributeValues"].get(placeholder)
    return None


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message, 400)
