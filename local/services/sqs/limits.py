"""Limits of SNS and SQS that moto does not enforce.

Sources: the API references of Amazon SNS (Publish) and Amazon SQS (SendMessage).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from local.services.service_error import ServiceError

_SNS_SUBJECT_CHARACTERS: Final = 100  # a subject must be shorter than this
_SNS_MESSAGE_BYTES: Final = 256 * 1024
_SQS_MESSAGE_BYTES: Final = 1024 * 1024  # since August 2025; 256 KiB before

_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_IN_A_MESSAGE: Final = re.compile(
    "[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]"
)


def check(operation: str, request: Mapping[str, Any]) -> None:
    """Refuse a request that the real service would refuse.

    Args:
        operation: By boto3's name: ``sns.Publish``.
        request: Its parameters.

    Raises:
        ServiceError: InvalidParameter, InvalidMessageContents, ...
    """
    _CHECKS[operation](request)


def is_limited(operation: str) -> bool:
    return operation in _CHECKS


def _check_publication(request: Mapping[str, Any]) -> None:
    subject = request.get("Subject")
    if subject is not None and (
        len(subject) >= _SNS_SUBJECT_CHARACTERS or _CONTROL_CHARACTERS.search(subject)
    ):
        raise ServiceError("InvalidParameter", "Invalid parameter: Subject", 400)
    message = request.get("Message", "")
    if not message:
        raise ServiceError("InvalidParameter", "Invalid parameter: Empty message", 400)
    if len(message.encode()) > _SNS_MESSAGE_BYTES:
        raise ServiceError("InvalidParameter", "Invalid parameter: Message too long", 400)


def _check_message(request: Mapping[str, Any]) -> None:
    body = request.get("MessageBody", "")
    if not body:
        raise ServiceError(
            "MissingParameter", "The request must contain the parameter MessageBody.", 400
        )
    if _NOT_IN_A_MESSAGE.search(body):
        raise ServiceError(
            "InvalidMessageContents",
            "The message contains characters outside the allowed set.",
            400,
        )
    if len(body.encode()) > _SQS_MESSAGE_BYTES:
        raise ServiceError(
            "InvalidParameterValue",
            "One or more parameters are invalid. "
            f"Reason: Message must be shorter than {_SQS_MESSAGE_BYTES} bytes.",
            400,
        )


_CHECKS: Final[Mapping[str, Callable[[Mapping[str, Any]], None]]] = {
    "sns.Publish": _check_publication,
    "sqs.SendMessage": _check_message,
}
