"""An HTTP client of the API, and of what the local AWS tells about itself."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from chalicelib.stories.queues import Step
from local.resources.names import ACCOUNT_ID
from local.runner.launcher import RunningStack
from samples.draw_page import draw_page, photo
from tests.waiting import until

TIMEOUT = 300
"""Seconds for an answer, also on a slow, busy machine."""

_INSIDE = ("arn:aws", ACCOUNT_ID, "/_local/faults", "botocore", "Traceback")


class Client:
    def __init__(self, stack: RunningStack) -> None:
        self.api = stack.api_url
        self.aws = stack.aws_url
        self._sqs = stack.clients.sqs
        self._queues = [
            stack.environment["QUEUE_URL_PREFIX"] + step + suffix
            for step in Step
            for suffix in ("", "-dead")
        ]

    def call(self, method: str, path: str, **parts: Any) -> Any:
        """Ask the API; no answer may name anything of AWS."""
        answer = requests.request(method, f"{self.api}{path}", timeout=TIMEOUT, **parts)
        assert_tells_nothing_of_aws(answer.text, str(answer.headers))
        assert answer.headers["Cache-Control"] == "no-store"
        return answer

    def upload(self, photo: bytes, content_type: str = "image/jpeg", **headers: str) -> Any:
        headers = {"Content-Type": content_type, **_dashed(headers)}
        return self.call("POST", "/upload", data=photo, headers=headers)

    def post_json(self, path: str, body: Any, **headers: str) -> Any:
        """Post a value as JSON; bytes go as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **_dashed(headers)}
        return self.call("POST", path, data=content, headers=headers)

    def request_upload(self, **wanted: Any) -> Any:
        return self.post_json("/uploads", wanted)

    def post(self, form: dict[str, Any], photo: bytes, **headers: str) -> Any:
        """Post a form as a browser does: its fields first, the file last."""
        files = {"file": ("the file", photo, "image/jpeg")}
        return requests.post(
            form["url"], data=form["fields"], files=files, headers=headers, timeout=TIMEOUT
        )

    def delete(self, story_id: str) -> Any:
        return self.call("DELETE", f"/stories/{story_id}")

    def stories(self) -> list[dict[str, Any]]:
        """The newest stories, as many as fit on a page."""
        listed: list[dict[str, Any]] = self.get("/stories?limit=100").json()["stories"]
        return listed

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, headers=_dashed(headers))

    def ended(self, story_id: str) -> Any:
        """Poll until the story is ready or failed, as a client would."""
        return self.until(lambda: self._when_ended(story_id))

    def _when_ended(self, story_id: str) -> Any:
        answer = self.get(f"/retrieve/{story_id}")
        return answer if answer.status_code != requests.codes.unavailable else None

    def mail(self, count: int = 1) -> list[dict[str, str]]:
        """The inbox, once it holds so many e-mails."""
        inbox: list[dict[str, str]] = self.until(lambda: self._inbox_of(count))
        return inbox

    def _inbox_of(self, count: int) -> list[dict[str, str]] | None:
        answer = requests.get(f"{self.aws}/_local/inbox", timeout=TIMEOUT)
        assert_tells_nothing_of_aws(answer.text)
        inbox = answer.json()
        return inbox if len(inbox) >= count else None

    def requests_made(self) -> dict[str, int]:
        """The app's AWS requests since the test began, without the clients' own retries.

        The sweep runs every five minutes, whatever the test: its requests are left out.
        """
        made: Counter[str] = Counter()
        for function, counts in self._counts().items():
            if function != "sweep":
                made.update(counts)
        return dict(made)

    def _counts(self) -> dict[str, dict[str, int]]:
        counts: dict[str, dict[str, int]] = requests.get(
            f"{self.aws}/_local/counts", timeout=TIMEOUT
        ).json()
        return counts

    def send(self, queue: str, body: str) -> None:
        """Put any text on a step's queue."""
        self._sqs.send_message(QueueUrl=self._url_of(queue), MessageBody=body)

    def parked_messages(self, queue: str) -> list[Any]:
        """What is parked of a step, as JSON; it stays there."""
        received = self._sqs.receive_message(
            QueueUrl=f"{self._url_of(queue)}-parked", VisibilityTimeout=0, MaxNumberOfMessages=10
        )
        return [json.loads(message["Body"]) for message in received.get("Messages", [])]

    def parked(self, queue: str) -> int:
        """How many of a step's messages are parked."""
        return self._waiting(f"{self._url_of(queue)}-parked")

    def _forget_parked(self, url: str) -> None:
        """One by one: SQS lets a queue be purged only once a minute."""
        while self._waiting(url):
            for message in self._sqs.receive_message(QueueUrl=url).get("Messages", []):
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    @contextmanager
    def giving_up_early(self, queue: str) -> Iterator[None]:
        """One receive instead of five until a message is dead: seconds instead of minutes."""
        url = self._url_of(queue)
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
        policy = answer["Attributes"]["RedrivePolicy"]
        early = json.dumps({**json.loads(policy), "maxReceiveCount": 1})
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": early})
        yield
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})

    def inject(self, operation: str, error: str, times: int) -> None:
        fault: Any = {"operation": operation, "error": error, "times": times}
        requests.post(f"{self.aws}/_local/faults", json=fault, timeout=TIMEOUT).raise_for_status()

    def clear_faults(self) -> None:
        requests.delete(f"{self.aws}/_local/faults", timeout=TIMEOUT).raise_for_status()

    def settle(self) -> None:
        """Wait until no step has anything left to do."""
        self.until(lambda: True if all(map(self._is_empty, self._queues)) else None)

    def _is_empty(self, queue_url: str) -> bool:
        return self._waiting(queue_url) == 0

    def _waiting(self, queue_url: str) -> int:
        counts = self._sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])
        waiting = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        attributes: dict[Any, str] = dict(counts["Attributes"])
        return sum(int(attributes[name]) for name in waiting)

    def _url_of(self, queue: str) -> str:
        return next(url for url in self._queues if url.endswith(queue))

    def start_afresh(self) -> None:
        """Forget faults, counts and e-mails, once all work is done."""
        self.clear_faults()
        if not self._counts():
            return  # no function did anything since the last time
        self.settle()
        for queue in Step:
            self._forget_parked(f"{self._url_of(queue)}-parked")
        for register in ("counts", "inbox"):
            requests.delete(f"{self.aws}/_local/{register}", timeout=TIMEOUT).raise_for_status()

    def until(self, look: Any) -> Any:
        """What is found, as soon as it is something."""
        return until(look)


def page_of(text: str, *, seed: int, comment: str = "") -> bytes:
    """A photo of a page, small so that it is read quickly."""
    return photo(draw_page(text, seed=seed, width=640), comment=comment)


def assert_tells_nothing_of_aws(*texts: str) -> None:
    """No name of a resource, no account number: no message of AWS's, and no stack trace."""
    for text in texts:
        told = [word for word in _INSIDE if word in text]
        assert told == [], text


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
