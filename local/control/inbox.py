"""The mailbox of every recipient of e-mail."""

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
        """Send the message of an accepted Publish request to each subscriber."""
        subject = publication.get("Subject") or _SUBJECT_WITHOUT_ONE
        self.put(Email(to, subject, publication["Message"]) for to in subscribers)

    def put(self, emails: Iterable[Email]) -> None:
        with self._lock:
            self._emails.extend(emails)

    def to_json(self) -> list[dict[str, str]]:
        with self._lock:
            return [asdict(email) for email in self._emails]

    def clear(self) -> None:
        with self._lock:
            self._emails.clear()
