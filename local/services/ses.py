"""SES, version 2: checks an e-mail and puts it into the inbox.

Sources: the Amazon SES API v2 Reference (SendEmail, CreateEmailIdentity) and Developer Guide
("Email sending errors").
"""

import re
import threading
import uuid
from collections.abc import Mapping
from typing import Any, Final

from local.control.inbox import Email, Inbox
from local.resources.names import REGION
from local.services.request_constraints import Operation, checked
from local.services.service_error import ServiceError, check_understood, not_implemented

_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WORD: Final = r'[^\x00-\x20\x7f-\U0010ffff()<>@,;:\\".\[\]]+'  # SES takes 7-bit addresses only
_ADDRESS: Final = re.compile(rf"{_WORD}(\.{_WORD})*@{_WORD}(\.{_WORD})*")
_IDENTITY: Final = {"IdentityType": "EMAIL_ADDRESS", "VerifiedForSendingStatus": True}

_UNDERSTOOD: Final = {"SendEmail": {"FromEmailAddress", "Destination", "Content"}}


class Emails:
    """Sends simple e-mail from addresses, each verified as soon as its identity is created.

    The account has production access: recipients need not be verified.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._lock = threading.Lock()
        self._identities: set[str] = set()

    @property
    def operations(self) -> Mapping[str, Operation]:
        operations: dict[str, Operation] = {
            "SendEmail": self._send,
            "CreateEmailIdentity": self._create_identity,
            "GetEmailIdentity": self._get_identity,
        }
        return checked("sesv2", operations, _UNDERSTOOD, "BadRequestException")

    def _send(self, request: dict[str, Any]) -> Mapping[str, Any]:
        check_understood("SendEmail", request["Content"], {"Simple"})
        message = request["Content"]["Simple"]
        check_understood("SendEmail", message, {"Subject", "Body"})
        check_understood("SendEmail", message["Body"], {"Text"})
        check_understood("SendEmail", request["Destination"], {"ToAddresses"})
        sender, recipients = request["FromEmailAddress"], request["Destination"]["ToAddresses"]
        for address in (sender, *recipients):
            _check_address(address)
        if not recipients:
            raise _bad_request("The message has no recipients.")
        subject, body = _text(message["Subject"]), _text(message["Body"]["Text"])
        if _CONTROL_CHARACTERS.search(subject):
            raise _bad_request("The subject contains control characters.")
        with self._lock:
            if sender not in self._identities:
                raise ServiceError(
                    "MessageRejected",
                    "Email address is not verified. The following identities failed the check in "
                    f"region {REGION.upper()}: {sender}",
                )
        self._inbox.put(Email(each, subject, body) for each in recipients)
        return {"MessageId": f"{uuid.uuid4()}-000000"}

    def _create_identity(self, request: dict[str, Any]) -> Mapping[str, Any]:
        address = request["EmailIdentity"]
        if "@" not in address:
            raise not_implemented("domains as identities")
        _check_address(address)
        with self._lock:
            if address in self._identities:
                message = f"Email identity {address} already exist."
                raise ServiceError("AlreadyExistsException", message)
            self._identities.add(address)
        return _IDENTITY

    def _get_identity(self, request: dict[str, Any]) -> Mapping[str, Any]:
        address = request["EmailIdentity"]
        with self._lock:
            if address not in self._identities:
                message = f"Email identity {address} does not exist."
                raise ServiceError("NotFoundException", message)
        return {**_IDENTITY, "VerificationStatus": "SUCCESS", "FeedbackForwardingStatus": True}


def _text(content: Mapping[str, str]) -> str:
    """A text in its character set, ASCII by default; unknown characters become ``?``."""
    charset = content.get("Charset", "ascii")
    try:
        return content["Data"].encode(charset, "replace").decode(charset)
    except LookupError as error:
        raise _bad_request(f"Unsupported charset: {charset}") from error


def _check_address(address: str) -> None:
    if not _ADDRESS.fullmatch(address):
        raise _bad_request(f"Invalid email address {address}.")


def _bad_request(message: str) -> ServiceError:
    return ServiceError("BadRequestException", message)
