"""Presigned URLs, and requests that nobody signed."""

from typing import Any

import pytest

from tests.local.conftest import Aws


@pytest.fixture
def bucket(aws: Aws) -> str:
    s3 = aws.stack_client("s3")
    s3.create_bucket(Bucket="media")
    s3.put_object(Bucket="media", Key="private/a b+c.txt", Body=b"secret")
    return "media"


def link(aws: Aws, operation: str = "get_object", **parameters: Any) -> str:
    s3 = aws.client("s3", signature_version="s3v4")
    url: str = s3.generate_presigned_url(
        operation,
        Params={"Bucket": "media", "Key": "private/a b+c.txt"} | parameters,
        ExpiresIn=60,
    )
    return url.removeprefix(aws.url)


def code_of(answer: Any) -> str:
    text = answer.data.decode()
    return str(text.partition("<Code>")[2].partition("</Code>")[0])


@pytest.mark.usefixtures("bucket")
def test_a_presigned_link_gets_its_object(aws: Aws) -> None:
    answer = aws.http("GET", link(aws))

    assert (answer.status, answer.data) == (200, b"secret")


@pytest.mark.usefixtures("bucket")
def test_a_presigned_link_puts_its_object_with_the_headers_it_was_signed_with(aws: Aws) -> None:
    url = link(aws, "put_object", Key="new", ContentType="image/png", Metadata={"a": "b"})
    headers = {"Content-Type": "image/png", "x-amz-meta-a": "b"}

    assert aws.http("PUT", url, body=b"png", headers=headers).status == 200

    stored = aws.client("s3").get_object(Bucket="media", Key="new")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"png", "image/png")
    assert stored["Metadata"] == {"a": "b"}


@pytest.mark.usefixtures("bucket")
def test_a_presigned_link_expires(aws: Aws) -> None:
    url = link(aws)
    aws.clock.pass_by(59)
    assert aws.http("GET", url).status == 200
    aws.clock.pass_by(2)

    answer = aws.http("GET", url)

    assert (answer.status, code_of(answer)) == (403, "AccessDenied")
    assert b"Request has expired" in answer.data


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        ("c.txt", "d.txt"),
        ("X-Amz-Expires=60", "X-Amz-Expires=600"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("?", "?response-content-type=text%2Fhtml&"),
    ],
    ids=["another key", "a longer life", "another signature", "another parameter"],
)
def test_a_changed_link_is_refused(aws: Aws, signed: str, sent: str) -> None:
    answer = aws.http("GET", link(aws).replace(signed, sent))

    assert (answer.status, code_of(answer)) == (403, "SignatureDoesNotMatch")


@pytest.mark.usefixtures("bucket")
def test_a_link_to_get_does_not_put_or_delete(aws: Aws) -> None:
    for method in ("PUT", "DELETE"):
        answer = aws.http(method, link(aws), body=b"")
        assert (answer.status, code_of(answer)) == (403, "SignatureDoesNotMatch")


@pytest.mark.usefixtures("bucket")
def test_a_header_that_was_not_signed_is_refused(aws: Aws) -> None:
    answer = aws.http("PUT", link(aws, "put_object"), headers={"x-amz-acl": "public-read"})

    assert (answer.status, code_of(answer)) == (403, "AccessDenied")
    assert b"headers present in the request which were not signed" in answer.data


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (("storytime-app", "storytime-nobody"), 403, "InvalidAccessKeyId"),
        (("X-Amz-Expires=60", "X-Amz-Expires=604801"), 400, "AuthorizationQueryParametersError"),
        (("X-Amz-Expires=60", "X-Amz-Expires=soon"), 400, "AuthorizationQueryParametersError"),
        (("X-Amz-Date=", "X-Date="), 400, "AuthorizationQueryParametersError"),
        (("aws4_request", "aws3_request"), 400, "AuthorizationQueryParametersError"),
    ],
    ids=["unknown key", "over 7 days", "not a number", "no date", "another scope"],
)
def test_a_malformed_link_is_refused(
    aws: Aws, change: tuple[str, str], status: int, code: str
) -> None:
    answer = aws.http("GET", link(aws).replace(*change))

    assert (answer.status, code_of(answer)) == (status, code)


@pytest.mark.usefixtures("bucket")
def test_a_link_signed_with_version_2_is_refused_as_by_every_new_bucket(aws: Aws) -> None:
    s3 = aws.client("s3", signature_version="s3")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "media", "Key": "k"})

    answer = aws.http("GET", url.removeprefix(aws.url))

    assert (answer.status, code_of(answer)) == (400, "InvalidRequest")


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/media/private/a%20b%2Bc.txt"),
        ("GET", "/media/nothing"),
        ("PUT", "/media/new"),
        ("PUT", "/media/private/a%20b%2Bc.txt"),
        ("DELETE", "/media/private/a%20b%2Bc.txt"),
        ("GET", "/media"),
        ("PUT", "/another-bucket"),
        ("GET", "/"),
    ],
)
def test_a_private_bucket_answers_anonymous_requests_with_403(
    aws: Aws, method: str, path: str
) -> None:
    answer = aws.http(method, path, body=b"x" if method == "PUT" else None)

    assert (answer.status, code_of(answer)) == (403, "AccessDenied")
    objects = aws.client("s3").list_objects_v2(Bucket="media")["Contents"]
    assert [each["Key"] for each in objects] == ["private/a b+c.txt"]


@pytest.mark.usefixtures("bucket")
def test_links_are_not_counted_as_the_apps_requests(aws: Aws) -> None:
    aws.http("GET", link(aws))

    assert aws.control("requests") == {}
