"""SES, version 2: who may send e-mail to whom, and what becomes of it.

Sources: the Amazon SES API v2 Reference (SendEmail, PutSuppressedDestination, PutAccountDetails),
its Developer Guide ("Service quotas", "Email sending errors", "Using the account-level suppression
list").
"""

import re
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from local.control.inbox import Email, Inbox
from local.services.moto_backend import REGION
from local.services.request_constraints import RequestConstraints
from local.services.s3.signatures import Clock
from local.services.service_error import ServiceError, check_understood, not_implemented
from local.services.ses.email_addresses import AddressError, address_in

_MOST_RECIPIENTS: Final = 50  # To, Cc and Bcc together
_LARGEST_MESSAGE: Final = 40 * 1024 * 1024  # bytes
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNDERSTOOD: Final = {
    "SendEmail": {"FromEmailAddress", "Destination", "ReplyToAddresses", "Content", "EmailTags"},
    "CreateEmailIdentity": {"EmailIdentity", "Tags"},
    "PutSuppressedDestination": {"EmailAddress", "Reason"},
    "GetSuppressedDestination": {"EmailAddress"},
    "DeleteSuppressedDestination": {"EmailAddress"},
}
"""What requests may say; anything else would be ignored in silence."""
_KINDS: Final = ("ToAddresses", "CcAddresses", "BccAddresses")

Operation = Callable[[dict[str, Any]], Mapping[str, Any]]


class Emails:
    """Sends e-mail into an inbox, from identities that are verified as soon as they are created.

    The account has production access, until PutAccountDetails takes it away.

    Args:
        inbox: Where e-mails arrive.
        now: The time, with its zone.
    """

    def __init__(self, inbox: Inbox, now: Clock) -> None:
        self._inbox = inbox
        self._now = now
        self._lock = threading.Lock()
        self._identities: set[str] = set()
        self._suppressed: dict[str, dict[str, Any]] = {}
        self._in_production = True

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by boto3's name; each takes a request and returns its result."""
        operations: dict[str, Operation] = {
            "SendEmail": self._send,
            "CreateEmailIdentity": self._create_identity,
            "GetEmailIdentity": self._get_identity,
            "DeleteEmailIdentity": self._delete_identity,
            "PutSuppressedDestination": self._suppress,
            "GetSuppressedDestination": self._get_suppressed,
            "DeleteSuppressedDestination": self._release,
            "GetAccount": self._get_account,
            "PutAccountDetails": self._put_account_details,
        }
        return {f"sesv2.{name}": _checked(name, each) for name, each in operations.items()}

    def _send(self, request: dict[str, Any]) -> Mapping[str, Any]:
        check_understood("SendEmail", request["Content"], {"Simple"})
        message = request["Content"].get("Simple")
        if message is None:
            raise _bad_request("The message has no content.")
        check_understood("SendEmail", message, {"Subject", "Body"})
        sender = _address(request.get("FromEmailAddress", ""))
        recipients = [_address(each) for each in _recipients(request.get("Destination", {}))]
        for each in request.get("ReplyToAddresses", ()):
            _address(each)
        if not recipients:
            raise _bad_request("The message has no recipients.")
        if len(recipients) > _MOST_RECIPIENTS:
            raise _bad_request(f"Recipient count exceeds {_MOST_RECIPIENTS}.")
        subject, body = _content(message)
        with self._lock:
            self._check_verified([sender] if self._in_production else [sender, *recipients])
            # SES takes what it will not deliver, and tells nobody but the sender's own metrics.
            delivered = [each for each in recipients if each.lower() not in self._suppressed]
        self._inbox.put(Email(each, subject, body) for each in delivered)
        return {"MessageId": f"{uuid.uuid4()}-000000"}

    def _check_verified(self, addresses: Iterable[str]) -> None:
        unverified = [each for each in dict.fromkeys(addresses) if each not in self._identities]
        if unverified:
            raise ServiceError(
                "MessageRejected",
                "Email address is not verified. The following identities failed the check in "
                f"region {REGION.upper()}: {', '.join(unverified)}",
            )

    def _create_identity(self, request: dict[str, Any]) -> Mapping[str, Any]:
        identity = request["EmailIdentity"]
        if "@" not in identity:
            raise not_implemented("domains as identities")
        address = _address(identity)
        with self._lock:
            if address in self._identities:
                message = f"Email identity {address} already exist."
                raise ServiceError("AlreadyExistsException", message)
            self._identities.add(address)
        return _IDENTITY

    def _get_identity(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self._check_identity(request["EmailIdentity"])
        return {**_IDENTITY, "VerificationStatus": "SUCCESS", "FeedbackForwardingStatus": True}

    def _delete_identity(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self._check_identity(request["EmailIdentity"])
        with self._lock:
            self._identities.discard(request["EmailIdentity"])
        return {}

    def _check_identity(self, identity: str) -> None:
        with self._lock:
            if identity not in self._identities:
                message = f"Email identity {identity} does not exist."
                raise ServiceError("NotFoundException", message)

    def _suppress(self, request: dict[str, Any]) -> Mapping[str, Any]:
        address = _address(request["EmailAddress"])
        with self._lock:
            self._suppressed[address.lower()] = {
                "EmailAddress": address,
                "Reason": request["Reason"],
                "LastUpdateTime": self._now(),
            }
        return {}

    def _get_suppressed(self, request: dict[str, Any]) -> Mapping[str, Any]:
        return {"SuppressedDestination": self._find_suppressed(request["EmailAddress"])}

    def _release(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self._find_suppressed(request["EmailAddress"])
        with self._lock:
            self._suppressed.pop(request["EmailAddress"].lower(), None)
        return {}

    def _find_suppressed(self, address: str) -> dict[str, Any]:
        with self._lock:
            found = self._suppressed.get(address.lower())
        if found is None:
            message = f"Email address {address} does not exist on your suppression list."
            raise ServiceError("NotFoundException", message)
        return found

    def _get_account(self, _request: dict[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            in_production = self._in_production
        return {
            "ProductionAccessEnabled": in_production,
            "SendingEnabled": True,
            "EnforcementStatus": "HEALTHY",
        }

    def _put_account_details(self, request: dict[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            self._in_production = request.get("ProductionAccessEnabled", self._in_production)
        return {}


_IDENTITY: Final = {"IdentityType": "EMAIL_ADDRESS", "VerifiedForSendingStatus": True}


def _checked(name: str, operation: Operation) -> Operation:
    """The operation, behind the checks of its model; SES calls what they find a bad request."""
    constraints = RequestConstraints("sesv2", name)
    understood = _UNDERSTOOD.get(name)

    def answer(request: dict[str, Any]) -> Mapping[str, Any]:
        if understood is not None:
            check_understood(name, request, understood)
        try:
            constraints.check(request)
        except ServiceError as error:
            raise _bad_request(str(error.message)) from error
        return operation(request)

    return answer


def _recipients(destination: Mapping[str, Any]) -> Iterator[str]:
    for kind in _KINDS:
        yield from destination.get(kind, ())


def _content(message: Mapping[str, Any]) -> tuple[str, str]:
    """The subject and the body, its text rather than its HTML, as they will be read."""
    subject, parts = _text(message["Subject"]), message["Body"]
    if _CONTROL_CHARACTERS.search(subject):
        raise _bad_request("The subject contains control characters.")
    bodies = [_text(parts[kind]) for kind in ("Text", "Html") if kind in parts]
    if not bodies:
        raise _bad_request("The message has no body.")
    size = sum(len(each.encode()) for each in (subject, *bodies))
    if size > _LARGEST_MESSAGE:
        raise _bad_request(f"Message length is more than {_LARGEST_MESSAGE} bytes long: '{size}'.")
    return subject, bodies[0]


def _text(content: Mapping[str, str]) -> str:
    """A text in its character set, ASCII unless it says so: what that lacks becomes ``?``."""
    charset = content.get("Charset", "ascii")
    try:
        return content["Data"].encode(charset, "replace").decode(charset)
    except LookupError as error:
        raise _bad_request(f"Unsupported charset: {charset}") from error


def _address(written: str) -> str:
    try:
        return address_in(written)
    except AddressError as error:
        raise _bad_request(str(error)) from error


def _bad_request(message: str) -> ServiceError:
    return ServiceError("BadRequestException", message)
