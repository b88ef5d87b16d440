"""S3's answers to the app's requests, and its refusals."""

from typing import Any

import pytest

from tests.local.conftest import Aws, refusal


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="media")
    return s3


def put(s3: Any, key: str) -> None:
    s3.put_object(Bucket="media", Key=key, Body=b"x")


def keys_in(s3: Any) -> list[str]:
    contents = s3.list_objects_v2(Bucket="media").get("Contents", [])
    return [each["Key"] for each in contents]


@pytest.mark.parametrize("number", [0, 1001])
def test_a_request_deletes_from_one_to_1000_keys(s3: Any, number: int) -> None:
    put(s3, "0")

    def delete(number: int) -> Any:
        objects = [{"Key": str(key)} for key in range(number)]
        return s3.delete_objects(Bucket="media", Delete={"Objects": objects, "Quiet": True})

    assert refusal(lambda: delete(number)) == ("MalformedXML", 400)
    assert keys_in(s3) == ["0"]
    assert "Errors" not in delete(1000)
    assert keys_in(s3) == []


@pytest.mark.parametrize(("length", "accepted"), [(512, True), (513, False)])
def test_a_key_has_at_most_1024_bytes(aws: Aws, s3: Any, length: int, accepted: bool) -> None:
    key = "ü" * length
    form = aws.client("s3").generate_presigned_post("media", key)
    parts = [*form["fields"].items(), ("file", ("f", b"x"))]

    if accepted:
        put(s3, key)
        assert aws.http("POST", "/media", fields=parts).status == 204
        return
    assert refusal(lambda: put(s3, key)) == ("KeyTooLongError", 400)
    answer = aws.http("POST", "/media", fields=parts)
    assert (answer.status, b"<Code>KeyTooLongError</Code>" in answer.data) == (400, True)


@pytest.mark.parametrize(("length", "accepted"), [(2044, True), (2045, False)])
def test_metadata_has_at_most_2_kib_with_its_names(s3: Any, length: int, accepted: bool) -> None:
    stored = {"Bucket": "media", "Key": "k", "Body": b"", "Metadata": {"name": "x" * length}}

    if accepted:
        s3.put_object(**stored)
    else:
        assert refusal(s3.put_object, **stored) == ("MetadataTooLarge", 400)


@pytest.mark.parametrize(
    "request_", ["GET /media/private", "PUT /media/new", "DELETE /media/private", "GET /media"]
)
def test_a_private_bucket_answers_anonymous_requests_with_403(
    aws: Aws, s3: Any, request_: str
) -> None:
    put(s3, "private")
    method, path = request_.split()

    answer = aws.http(method, path, body=b"x" if method == "PUT" else None)

    assert (answer.status, b"<Code>AccessDenied</Code>" in answer.data) == (403, True)
    assert keys_in(s3) == ["private"]


def test_presigned_links_and_multipart_uploads_are_refused(aws: Aws, s3: Any) -> None:
    """The app uses neither: the local AWS has no signature checks and no events for them."""
    upload = {"Bucket": "media", "Key": "parts"}
    assert refusal(s3.create_multipart_upload, **upload) == ("NotImplemented", 501)
    put(s3, "private")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "media", "Key": "private"})

    assert aws.http("GET", link.removeprefix(aws.url)).status == 403
