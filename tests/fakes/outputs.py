"""What the app sends out, kept: notices, e-mails, measurements."""

from chalicelib.errors import RejectedError
from chalicelib.telemetry import Metric


class Outbox:
    """Keeps the notices that were published."""

    def __init__(self) -> None:
        self.notices: list[tuple[str, str]] = []

    def publish(self, subject: str, body: str) -> None:
        self.notices.append((subject, body))


class InMemoryMailer:
    """Keeps the e-mails: to, subject, body. Refuses the addresses in `refused`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.refused: set[str] = set()

    def send(self, to: str, subject: str, body: str) -> None:
        if to in self.refused:
            raise RejectedError("SES refused it with MessageRejected")
        self.sent.append((to, subject, body))


class Measurements:
    """Keeps what was recorded: metric, dimension's value, value."""

    def __init__(self) -> None:
        self.kept: list[tuple[Metric, str | None, float]] = []

    def record(self, metric: Metric, value: float = 1, dimension: str | None = None) -> None:
        assert (dimension is not None) == (metric.dimension is not None), metric.name
        self.kept.append((metric, dimension, value))

    def of(self, metric: Metric) -> list[tuple[str | None, float]]:
        return [(dimension, value) for kind, dimension, value in self.kept if kind is metric]
