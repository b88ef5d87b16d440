"""When AWS itself fails: an honest answer, nothing lost, nothing paid twice."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from infrastructure.commands.redrive import redrive
from local.runner.launcher import RunningStack
from tests.end_to_end.client import Client, page_of

pytestmark = pytest.mark.engines

ALWAYS = 1000
PAID = {"rekognition.DetectText": 1, "polly.SynthesizeSpeech": 2}  # speech, and its marks


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("dynamodb.PutItem", "ProvisionedThroughputExceededException"),
        ("s3.PutObject", "AccessDenied"),  # which the client does not retry
        ("sqs.SendMessage", "AccessDenied"),
        ("dynamodb.UpdateItem", "AccessDeniedException"),
    ],
)
def test_a_refused_upload_is_answered_503_and_can_be_sent_again(
    client: Client, operation: str, error: str
) -> None:
    page = page_of("Patience is a pear tree.", seed=21, comment=operation)
    client.inject(operation, error, ALWAYS)

    refused = client.upload(page)

    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert set(refused.json()) == {"code", "message"}
    assert error not in refused.text

    client.clear_faults()
    accepted = client.upload(page)

    assert accepted.status_code == 200
    story = client.ended(accepted.json()["id"])
    assert (story.status_code, story.json()["text"]) == (200, "Patience is a pear tree.")
    made = client.requests_made()
    assert {paid: made[paid] for paid in PAID} == PAID


@pytest.mark.parametrize(
    "faults",
    [
        {
            "s3.PutObject": "SlowDown",
            "sqs.SendMessage": "RequestThrottled",
            "dynamodb.UpdateItem": "ThrottlingException",
            "sns.Publish": "InternalError",
        },
        {
            "rekognition.DetectText": "ThrottlingException",
            "polly.SynthesizeSpeech": "ServiceFailureException",
        },
    ],
    ids=["free", "paid"],
)
def test_three_failures_in_a_row_end_in_a_story(client: Client, faults: dict[str, str]) -> None:
    page = page_of("Two bumps and on we go.", seed=22, comment=str(faults))
    for operation, error in faults.items():
        client.inject(operation, error, 3)

    story = client.ended(client.upload(page).json()["id"])

    assert (story.status_code, story.json()["text"]) == (200, "Two bumps and on we go.")
    client.settle()
    assert len(client.mail()) == 1
    made = client.requests_made()
    for paid, times in PAID.items():  # its client tries twice: the message comes again once
        assert made[paid] == times + (paid in faults)


@pytest.mark.parametrize(
    ("operation", "queue"),
    [("rekognition.DetectText", "reading"), ("polly.SynthesizeSpeech", "narration")],
)
def test_a_story_that_keeps_failing_is_announced_and_parked_and_can_be_redriven(
    stack: RunningStack, client: Client, operation: str, queue: str
) -> None:
    page = page_of("Down came the rain.", seed=23, comment=operation)
    client.inject(operation, "AccessDeniedException", ALWAYS)

    with client.giving_up_early(queue):
        story_id = client.upload(page).json()["id"]
        failed = client.ended(story_id)
    client.settle()

    assert failed.status_code == 422
    assert "AccessDeniedException" in failed.json()["message"]
    (mail,) = client.mail()
    assert "could not be read" in mail["subject"]
    assert failed.json()["message"].rstrip(".").split(": ", 1)[1] in mail["body"]
    assert client.parked(queue) == 1

    client.clear_faults()
    redrive(stack.clients.sqs, f"storytime-local-{queue}", wait=lambda: None)
    client.mail(2)

    story = client.get(f"/retrieve/{story_id}")
    assert (story.status_code, story.json()["text"]) == (200, "Down came the rain.")
    assert "is ready to hear" in client.mail(2)[1]["subject"]
    assert client.parked(queue) == 0


def test_a_malformed_message_is_dropped_with_a_reason(client: Client, log_file: Path) -> None:
    queues = ["reading", "narration", "reading-dead"]
    unknown = '{"id": "5a1f9f52-6b1c-5f0e-9d3c-0123456789ab", "generation": "00000000"}'

    for queue in queues:
        for body in (f"not json {queue}", "{}", '{"id": 7, "generation": []}', "[" * 999, unknown):
            client.send(queue, body)
    story = client.ended(client.upload(page_of("One more for the pot.", seed=24)).json()["id"])
    client.settle()

    assert story.status_code == 200
    log = [json.loads(line) for line in log_file.read_text().splitlines()]
    dropped = [line["queue"] for line in log if line["message"] == "message dropped"]
    for queue in queues:
        assert len([name for name in dropped if name.endswith(queue)]) == 4
    assert any(line["message"] == "message ignored" for line in log)


def test_fifty_uploads_of_one_photo_at_once_are_one_story(client: Client) -> None:
    page = page_of("Fifty ducks, one pond.", seed=25)

    def accepted(_: int) -> Any:
        """Send the photo until it is taken: a busy machine may answer 503 first."""
        return client.until(lambda: _unless_refused(client.upload(page)))

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(accepted, range(50)))

    assert {answer.status_code for answer in answers} == {200}
    (story_id,) = {answer.json()["id"] for answer in answers}
    assert sum(not answer.json()["duplicate"] for answer in answers) <= 1
    story = client.ended(story_id)
    client.settle()
    assert (story.status_code, story.json()["text"]) == (200, "Fifty ducks, one pond.")
    made = client.requests_made()
    assert {each: made[each] for each in (*PAID, "sns.Publish")} == PAID | {"sns.Publish": 1}
    assert len(client.mail()) == 1


def _unless_refused(answer: Any) -> Any:
    return None if answer.status_code == requests.codes.unavailable else answer
