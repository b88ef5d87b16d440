"""A page of another origin that uploads straight to S3, as its browser has it done."""

from typing import Any

import pytest

from local.resources.names import INTAKE_BUCKET
from tests.local.conftest import Aws

ORIGIN = "https://storytime.example"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
RULES = [
    {
        "AllowedOrigins": ["https://*.storytime.example"],
        "AllowedMethods": ["POST", "PUT"],
        "AllowedHeaders": ["Content-Type", "x-amz-*"],
    },
    {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "ExposeHeaders": ["ETag"]},
]


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


def browsers_form(fields: dict[str, str], content: bytes) -> bytes:
    """The body that ``fetch(url, {method: "POST", body: formData})`` sends, the file last."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="page.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return "".join([*parts, file]).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.fixture
def intake(aws: Aws) -> str:
    aws.with_resources()
    return INTAKE_BUCKET


@pytest.fixture
def choosy(aws: Aws) -> str:
    s3 = aws.stack_client("s3")
    s3.create_bucket(Bucket="choosy")
    s3.put_bucket_cors(Bucket="choosy", CORSConfiguration={"CORSRules": RULES})
    return "choosy"


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
        "max-age": "3600",
    }
    assert asked.headers["Vary"] == VARY

    form = aws.client("s3").generate_presigned_post(
        intake, "images/page", Conditions=[["content-length-range", 1, 100]]
    )
    answer = aws.http(
        "POST",
        form["url"].removeprefix(aws.url),
        body=browsers_form(form["fields"], b"\xff\xd8 photo \r\n"),
        headers={
            "Origin": ORIGIN,
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Sec-Fetch-Mode": "cors",
        },
    )

    assert answer.status == 204
    assert allowances(answer) == {
        "allow-origin": "*",
        "allow-methods": "POST",
        "expose-headers": "ETag, Location",
        "max-age": "3600",
    }
    assert answer.headers["Vary"] == VARY
    assert answer.headers["Location"].endswith(f"/{intake}/images/page")
    stored = aws.client("s3").get_object(Bucket=intake, Key="images/page")
    assert stored["Body"].read() == b"\xff\xd8 photo \r\n"
    assert stored["ETag"] == answer.headers["ETag"]


def test_a_page_may_read_why_its_form_was_refused(aws: Aws, intake: str) -> None:
    form = aws.client("s3").generate_presigned_post(
        intake, "images/page", Conditions=[["content-length-range", 1, 5]]
    )
    parts = [*form["fields"].items(), ("file", ("f", bytes(6)))]

    answer = aws.http("POST", f"/{intake}", fields=parts, headers={"Origin": ORIGIN})
    without_origin = aws.http("POST", f"/{intake}", fields=parts)

    assert (answer.status, code_of(answer)) == (400, "EntityTooLarge")
    assert allowances(answer)["allow-origin"] == "*"
    assert without_origin.status == 400
    assert allowances(without_origin) == {}


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        ("https://evil.example", "POST", ""),
        ("https://storytime.example", "POST", ""),
        ("https://www.storytime.example.evil.example", "POST", ""),
        ("https://www.storytime.example", "DELETE", ""),
        ("https://www.storytime.example", "POST", "content-type, authorization"),
        ("https://www.storytime.example", "GET", "content-type"),
    ],
)
def test_a_preflight_that_no_rule_allows_is_403(
    aws: Aws, choosy: str, origin: str, method: str, headers: str
) -> None:
    answer = preflight(aws, choosy, origin, method, headers)

    assert (answer.status, code_of(answer)) == (403, "AccessForbidden")
    assert b"This CORS request is not allowed" in answer.data
    assert allowances(answer) == {}


def test_an_origin_that_is_named_is_answered_by_its_name_and_trusted(aws: Aws, choosy: str) -> None:
    origin = "https://www.storytime.example"

    answer = preflight(aws, choosy, origin, "PUT", "Content-Type, X-Amz-Meta-Name")

    assert answer.status == 200
    assert allowances(answer) == {
        "allow-origin": origin,
        "allow-credentials": "true",
        "allow-methods": "POST, PUT",
        "allow-headers": "content-type, x-amz-meta-name",
    }


@pytest.mark.parametrize(
    ("bucket", "message"),
    [("closed", "CORS is not enabled for this bucket"), ("missing", "Bucket not found")],
)
def test_a_bucket_without_cors_allows_nothing(aws: Aws, bucket: str, message: str) -> None:
    aws.stack_client("s3").create_bucket(Bucket="closed")

    answer = preflight(aws, bucket, ORIGIN, "POST")

    assert (answer.status, code_of(answer)) == (403, "AccessForbidden")
    assert message in answer.data.decode()
    assert b"<Method>POST</Method>" in answer.data


@pytest.mark.parametrize("asked", [("", "POST"), (ORIGIN,)])
def test_a_preflight_that_does_not_say_what_is_asked_is_400(
    aws: Aws, intake: str, asked: tuple[str, ...]
) -> None:
    answer = preflight(aws, intake, *asked)

    assert (answer.status, code_of(answer)) == (400, "BadRequest")


def test_a_request_that_the_rules_do_not_allow_is_performed_but_the_page_may_not_read_the_answer(
    aws: Aws, choosy: str
) -> None:
    authorization = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=storytime-app/20260101/us-east-1/s3/"
        "aws4_request, SignedHeaders=host, Signature=0",
        "Origin": ORIGIN,
    }
    aws.client("s3").put_object(Bucket=choosy, Key="k", Body=b"x")

    read, deleted = (
        aws.http(method, f"/{choosy}/k", headers=authorization) for method in ("GET", "DELETE")
    )

    assert (read.status, deleted.status) == (200, 204)
    assert allowances(read) == {
        "allow-origin": "*",
        "allow-methods": "GET",
        "expose-headers": "ETag",
    }
    assert allowances(deleted) == {}
