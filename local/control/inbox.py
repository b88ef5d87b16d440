"""The mailbox of everybody who is sent e-mail."""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

_SUBJECT_WITHOUT_ONE: Final = "AWS Notification Message"


@dataclass(frozen=True)
class Email:
    to: str
    subject: str
    body: str


class Inbox:
    """The e-mails that SNS and SES would have sent, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._emails: list[Email] = []

    def deliver(self, publication: Mapping[str, Any], subscribers: Iterable[str]) -> None:
        """Send each subscriber what an accepted Publish request says."""
        subject = publication.get("Subject") or _SUBJECT_WITHOUT_ONE
        body = _text_for_email(publication)
        self.put(Email(to, subject, body) for to in subscribers)

    def put(self, emails: Iterable[Email]) -> None:
        with self._lock:
            self._emails.extend(emails)

    def to_json(self) -> list[dict[str, str]]:
        with self._lock:
            return [asdict(email) for email in self._emails]

    def clear(self) -> None:
        with self._lock:
            self._emails.clear()


def _text_for_email(publication: Mapping[str, Any]) -> str:
    message = str(publication["Message"])
    if publication.get("MessageStructure") != "json":
        return message
    by_protocol = json.loads(message)
    return str(by_protocol.get("email", by_protocol["default"]))
