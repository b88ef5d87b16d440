"""When AWS itself fails: an honest answer, nothing lost, nothing paid twice."""

import pytest

from samples.draw_page import draw_page, photo
from tests.end_to_end.client import Client

pytestmark = pytest.mark.engines

ALWAYS = 1000


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("dynamodb.PutItem", "ProvisionedThroughputExceededException"),
        ("s3.PutObject", "SlowDown"),
        ("sqs.SendMessage", "RequestThrottled"),
        ("dynamodb.UpdateItem", "InternalServerError"),
    ],
)
def test_an_upload_that_aws_keeps_refusing_is_answered_503_and_can_be_sent_again(
    client: Client, operation: str, error: str
) -> None:
    page = photo(draw_page("Patience is a pear tree.", seed=21), comment=operation)
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
    assert client.requests_made()["rekognition.DetectText"] == 1
    assert client.requests_made()["polly.SynthesizeSpeech"] == 1


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("rekognition.DetectText", "ThrottlingException"),
        ("polly.SynthesizeSpeech", "ServiceFailureException"),
        ("sns.Publish", "InternalError"),
    ],
)
def test_a_passing_trouble_of_a_stage_is_not_even_noticed(
    client: Client, operation: str, error: str
) -> None:
    page = photo(draw_page("Two bumps and on we go.", seed=22), comment=operation)
    client.inject(operation, error, 2)

    story = client.ended(client.upload(page).json()["id"])

    assert (story.status_code, story.json()["text"]) == (200, "Two bumps and on we go.")
    assert len(client.mail()) == 1
