"""Presigned forms of S3: which uploads it takes from a browser, and which it refuses."""

import base64
import json
from typing import Any

import pytest

from tests.local.conftest import Aws

CONDITIONS = [
    ["starts-with", "$Content-Type", "image/"],
    ["content-length-range", 5, 10],
    {"x-amz-meta-name": "page"},
    ["starts-with", "$success_action_status", ""],
]
FIELDS = {"Content-Type": "image/jpeg", "x-amz-meta-name": "page", "success_action_status": "204"}


@pytest.fixture(autouse=True)
def _bucket(aws: Aws) -> None:
    aws.stack_client("s3").create_bucket(Bucket="intake")


def form(aws: Aws) -> dict[str, str]:
    made = aws.client("s3").generate_presigned_post(
        "intake", "images/${filename}", Conditions=CONDITIONS, ExpiresIn=60
    )
    fields: dict[str, str] = made["fields"] | FIELDS
    return fields


def post(
    aws: Aws, fields: dict[str, str], content: bytes = b"photo!", bucket: str = "intake"
) -> Any:
    parts = {**fields, "file": ("mein foto.jpg", content)}
    return aws.http("POST", f"/{bucket}", fields=parts)


def outcome(aws: Aws, answer: Any) -> tuple[int, str]:
    """Status and error code; only a refused form stores nothing."""
    code = str(answer.data.decode().partition("<Code>")[2].partition("</Code>")[0])
    stored = aws.client("s3").list_objects_v2(Bucket="intake").get("Contents", [])
    assert [each["Key"] for each in stored] == ([] if code else ["images/mein foto.jpg"])
    return answer.status, code


def test_a_form_that_keeps_its_policy_is_stored_with_its_headers(aws: Aws) -> None:
    answer = post(aws, form(aws) | {"x-ignore-me": "please"})

    assert (answer.status, answer.data) == (204, b"")
    found = aws.client("s3").get_object(Bucket="intake", Key="images/mein foto.jpg")
    assert found["Body"].read() == b"photo!"
    assert found["ContentType"] == "image/jpeg"
    assert found["Metadata"] == {"name": "page"}
    assert answer.headers["ETag"] == found["ETag"]


@pytest.mark.parametrize(("asked", "status"), [("201", 201), ("404", 204)])
def test_a_form_may_ask_for_a_description(aws: Aws, asked: str, status: int) -> None:
    answer = post(aws, form(aws) | {"success_action_status": asked})

    assert answer.status == status
    assert (b"<Key>images/mein foto.jpg</Key>" in answer.data) == (status == 201)


@pytest.mark.parametrize(
    ("size", "status", "code"),
    [(4, 400, "EntityTooSmall"), (5, 204, ""), (10, 204, ""), (11, 400, "EntityTooLarge")],
)
def test_a_files_size_must_be_in_the_policys_range(
    aws: Aws, size: int, status: int, code: str
) -> None:
    assert outcome(aws, post(aws, form(aws), bytes(size))) == (status, code)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "private/stolen"},
        {"Content-Type": "image/png,text/html"},
        {"x-amz-meta-name": "another"},
        {"acl": "public-read"},
        {"x-amz-meta-more": "field"},
        {"success_action_redirect": "http://example.com"},
    ],
    ids=" ".join,
)
def test_a_field_that_the_policy_does_not_allow_is_refused(
    aws: Aws, change: dict[str, str]
) -> None:
    answer = post(aws, form(aws) | change)

    assert outcome(aws, answer) == (403, "AccessDenied")
    assert b"Invalid according to Policy" in answer.data


def test_a_form_expires(aws: Aws) -> None:
    fields = form(aws)
    aws.clock.pass_by(61)

    answer = post(aws, fields)

    assert outcome(aws, answer) == (403, "AccessDenied")
    assert b"Policy expired" in answer.data


def test_a_form_with_a_changed_policy_is_refused(aws: Aws) -> None:
    fields = form(aws)
    policy = json.loads(base64.b64decode(fields["policy"]))
    policy["conditions"].remove(["content-length-range", 5, 10])
    forged = base64.b64encode(json.dumps(policy).encode()).decode()

    answer = post(aws, fields | {"policy": forged}, bytes(1000))

    assert outcome(aws, answer) == (403, "SignatureDoesNotMatch")


STRANGER = "nobody/20260101/us-east-1/s3/aws4_request"


@pytest.mark.parametrize(
    ("name", "value", "status", "code"),
    [
        ("x-amz-signature", "0" * 64, 403, "SignatureDoesNotMatch"),
        ("x-amz-credential", STRANGER, 403, "InvalidAccessKeyId"),
        ("x-amz-algorithm", "AWS4-HMAC-MD5", 400, "InvalidRequest"),
        ("x-amz-meta-long", "x" * 20_001, 400, "MaxPostPreDataLengthExceeded"),
        ("x-amz-signature", None, 400, "InvalidArgument"),
        ("policy", None, 403, "AccessDenied"),
        ("key", None, 400, "InvalidArgument"),
        ("Content-Type", None, 403, "AccessDenied"),
    ],
)
def test_a_form_with_a_wrong_long_or_missing_field_is_refused(
    aws: Aws, name: str, value: str | None, status: int, code: str
) -> None:
    fields = {**form(aws), name: value or ""}
    if value is None:
        del fields[name]

    answer = post(aws, fields)

    assert outcome(aws, answer) == (status, code)
    assert name != "Content-Type" or b"content-type" in answer.data.lower()


@pytest.mark.parametrize("files", [0, 2])
def test_a_form_holds_exactly_one_file(aws: Aws, files: int) -> None:
    parts: list[tuple[str, Any]] = [*form(aws).items()]
    parts += [("file", ("page.jpg", b"photo!"))] * files

    answer = aws.http("POST", "/intake", fields=parts)

    assert outcome(aws, answer) == (400, "IncorrectNumberOfFilesInPostRequest")


@pytest.mark.parametrize(
    ("bucket", "refused"), [("missing", (404, "NoSuchBucket")), ("other", (403, "AccessDenied"))]
)
def test_a_form_for_a_missing_bucket_or_for_another_one_is_refused(
    aws: Aws, bucket: str, refused: tuple[int, str]
) -> None:
    aws.stack_client("s3").create_bucket(Bucket="other")
    for_missing: dict[str, str] = aws.client("s3").generate_presigned_post("missing", "k")["fields"]

    answer = post(aws, for_missing if bucket == "missing" else form(aws), bucket=bucket)

    assert outcome(aws, answer) == refused
