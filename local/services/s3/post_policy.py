"""The policy of a form that uploads straight to S3: the fields that it allows, and for how long.

The rules are those of the Amazon S3 API Reference, "POST Policy": every field of the form must be
allowed by a condition, and every condition must hold.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from local.services.service_error import ServiceError

_NEED_NO_CONDITION: Final = frozenset({"policy", "x-amz-signature", "file"})
_TRIPLE: Final = 3


@dataclass(frozen=True)
class Condition:
    """One rule: ``("starts-with", "key", "images/")``, or a range of sizes in bytes."""

    operator: str
    left: str
    right: str

    def holds_for(self, fields: Mapping[str, str]) -> bool:
        """Check the form's fields by this rule; `left` is a field's name in lower case."""
        value = fields.get(self.left)
        if value is None:
            return False
        if self.operator == "eq":
            return value == self.right
        # A content type may be a list: each of its parts must start so.
        values = value.split(",") if self.left == "content-type" else [value]
        return all(one.strip().startswith(self.right) for one in values)

    def __str__(self) -> str:
        return json.dumps([self.operator, f"${self.left}", self.right])


@dataclass(frozen=True)
class PostPolicy:
    expires_at: datetime
    conditions: list[Condition]
    sizes: tuple[int, int] | None

    @classmethod
    def parse(cls, encoded: str) -> "PostPolicy":
        """Read the form's ``policy`` field.

        Raises:
            ServiceError: InvalidPolicyDocument.
        """
        try:
            document = json.loads(base64.b64decode(encoded, validate=True))
            expires_at = datetime.fromisoformat(document["expiration"])
            rules = [_condition(rule) for rule in document["conditions"]]
        except (binascii.Error, ValueError, KeyError, TypeError) as error:
            raise ServiceError("InvalidPolicyDocument", f"Invalid Policy: {error}.", 400) from error
        ranges = [rule for rule in rules if rule.operator == "content-length-range"]
        return cls(
            expires_at=expires_at if expires_at.tzinfo else expires_at.replace(tzinfo=UTC),
            conditions=[rule for rule in rules if rule not in ranges],
            sizes=(int(ranges[0].left), int(ranges[0].right)) if ranges else None,
        )

    def check(self, fields: Mapping[str, str], size: int, now: datetime) -> None:
        """Refuse a form that this policy does not allow.

        Args:
            fields: The form's fields by lower-case name, and ``bucket``.
            size: Bytes of its file.
            now: The time, with its zone.

        Raises:
            ServiceError: AccessDenied, EntityTooSmall or EntityTooLarge.
        """
        if now > self.expires_at:
            raise _denied("Policy expired.")
        for condition in self.conditions:
            if not condition.holds_for(fields):
                raise _denied(f"Policy Condition failed: {condition}")
        allowed = {condition.left for condition in self.conditions} | _NEED_NO_CONDITION
        for name in fields:
            if name not in allowed and name != "bucket" and not name.startswith("x-ignore-"):
                raise _denied(f"Extra input fields: {name}")
        self._check_size(size)

    def _check_size(self, size: int) -> None:
        if self.sizes is None:
            return
        least, most = self.sizes
        if size < least:
            raise ServiceError(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                400,
            )
        if size > most:
            raise ServiceError(
                "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400
            )


def _condition(rule: object) -> Condition:
    if isinstance(rule, Mapping) and len(rule) == 1:
        ((name, value),) = rule.items()
        return Condition("eq", name.lower(), str(value))
    if isinstance(rule, list) and len(rule) == _TRIPLE:
        operator, left, right = rule
        operator, left, right = operator.lower(), str(left), str(right)
        if operator == "content-length-range":
            return Condition(operator, left, right)
        if operator in {"eq", "starts-with"} and left.startswith("$"):
            return Condition(operator, left.removeprefix("$").lower(), right)
    raise ValueError(f"Invalid condition {json.dumps(rule)}")


def _denied(why: str) -> ServiceError:
    return ServiceError("AccessDenied", f"Invalid according to Policy: {why}", 403)
