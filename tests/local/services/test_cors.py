"""A page of another origin that uploads straight to S3, as its browser has it done."""

from typing import Any

import pytest

from local.resources.names import INTAKE_BUCKET, MEDIA_BUCKET
from tests.local.conftest import Aws

ORIGIN = "https://storytime.example"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


def preflight(aws: Aws, bucket: str, *asked: str) -> Any:
    """Ask, with the values of as many headers: the origin, the method, and the headers."""
    names = ("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")
    return aws.http("OPTIONS", f"/{bucket}", headers=dict(zip(names, asked, strict=False)))


def allowances(answer: Any) -> dict[str, str]:
    """What CORS there is in an answer's headers, by the rest of their names."""
    prefix = "access-control-"
    return {
        name.lower().removeprefix(prefix): value
        for name, value in answer.headers.items()
        if name.lower().startswith(prefix)
    }


def code_of(answer: Any) -> str:
    return str(answer.data.decode().partition("<Code>")[2].partition("</Code>")[0])


def form(aws: Aws, bucket: str, most: int) -> dict[str, Any]:
    """A form that allows a file of at most so many bytes."""
    size = ["content-length-range", 1, most]
    made = aws.client("s3").generate_presigned_post(bucket, "images/page", Conditions=[size])
    return dict(made["fields"])


@pytest.fixture
def intake(aws: Aws) -> str:
    aws.with_resources()
    return INTAKE_BUCKET


def test_a_browser_may_post_a_form_to_the_intake_bucket_from_anywhere(
    aws: Aws, intake: str
) -> None:
    asked = preflight(aws, intake, ORIGIN, "POST", "content-type,x-requested-with")
    assert (asked.status, asked.data) == (200, b"")
    assert allowances(asked) == {
        "allow-origin": "*",
        "allow-methods": "POST",
        "allow-headers": "content-type, x-requested-with",
        "expose-headers": "ETag, Location",
        "max-age": "7200",
    }
    assert asked.headers["Vary"] == VARY

    parts = form(aws, intake, most=100) | {"file": ("page.jpg", b"\xff\xd8 photo \r\n")}
    answer = aws.http("POST", f"/{intake}", fields=parts, headers={"Origin": ORIGIN})

    assert answer.status == 204
    assert allowances(answer) == {
        "allow-origin": "*",
        "allow-methods": "POST",
        "expose-headers": "ETag, Location",
        "max-age": "7200",
    }
    assert answer.headers["Vary"] == VARY
    assert answer.headers["Location"].endswith(f"/{intake}/images/page")
    stored = aws.client("s3").get_object(Bucket=intake, Key="images/page")
    assert stored["Body"].read() == b"\xff\xd8 photo \r\n"
    assert stored["ETag"] == answer.headers["ETag"]


def test_a_page_may_read_why_its_form_was_refused(aws: Aws, intake: str) -> None:
    parts = form(aws, intake, most=5) | {"file": ("f", bytes(6))}

    answer = aws.http("POST", f"/{intake}", fields=parts, headers={"Origin": ORIGIN})
    without_origin = aws.http("POST", f"/{intake}", fields=parts)

    assert (answer.status, code_of(answer)) == (400, "EntityTooLarge")
    assert allowances(answer)["allow-origin"] == "*"
    assert without_origin.status == 400
    assert allowances(without_origin) == {}


@pytest.mark.parametrize(
    ("bucket", "method", "message"),
    [
        (INTAKE_BUCKET, "DELETE", "This CORS request is not allowed"),
        (MEDIA_BUCKET, "POST", "This CORS request is not allowed"),
        ("without-rules", "POST", "CORS is not enabled for this bucket"),
        ("missing", "POST", "Bucket not found"),
    ],
)
@pytest.mark.usefixtures("intake")
def test_nothing_else_is_allowed(aws: Aws, bucket: str, method: str, message: str) -> None:
    aws.client("s3").create_bucket(Bucket="without-rules")

    answer = preflight(aws, bucket, ORIGIN, method)

    assert (answer.status, code_of(answer)) == (403, "AccessForbidden")
    assert message in answer.data.decode()
    assert f"<Method>{method}</Method>" in answer.data.decode()
    assert allowances(answer) == {}


@pytest.mark.parametrize("asked", [("", "POST"), (ORIGIN,)])
def test_a_preflight_that_does_not_say_what_is_asked_is_400(
    aws: Aws, intake: str, asked: tuple[str, ...]
) -> None:
    answer = preflight(aws, intake, *asked)

    assert (answer.status, code_of(answer)) == (400, "BadRequest")
