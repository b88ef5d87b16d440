"""S3's answers to the app's requests, and its refusals."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.local.conftest import Aws, refusal


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="media")
    return s3


def put(s3: Any, *keys: str) -> dict[str, str]:
    """Store objects; return their entity tags by their keys."""
    return {key: s3.put_object(Bucket="media", Key=key, Body=key.encode())["ETag"] for key in keys}


def keys_in(s3: Any) -> list[str]:
    contents = s3.list_objects_v2(Bucket="media").get("Contents", [])
    return [each["Key"] for each in contents]


def delete(s3: Any, *keys: str, bucket: str = "media") -> Any:
    objects = [{"Key": key} for key in keys]
    return s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def test_keys_are_listed_by_prefix_in_pages(s3: Any) -> None:
    put(s3, "public/b/1", "public/a/2", "public/a/1", "private/a/1")
    listing = {"Bucket": "media", "Prefix": "public/a/", "MaxKeys": 1}

    page = s3.list_objects_v2(**listing)
    rest = s3.list_objects_v2(**listing, ContinuationToken=page["NextContinuationToken"])

    assert [each["Key"] for each in page["Contents"] + rest["Contents"]] == [
        "public/a/1",
        "public/a/2",
    ]
    assert (page["IsTruncated"], rest["IsTruncated"]) == (True, False)


def test_an_object_comes_with_its_metadata_and_when_it_was_stored(s3: Any) -> None:
    answer = s3.put_object(Bucket="media", Key="k", Body=b"x", Metadata={"name": "page"})
    s3.copy_object(Bucket="media", Key="copy", CopySource="media/k")

    for key in ("k", "copy"):
        found = s3.get_object(Bucket="media", Key=key)
        assert found["Metadata"] == {"name": "page"}
        assert found["ETag"] == answer["ETag"]
        assert abs(datetime.now(UTC) - found["LastModified"]) < timedelta(minutes=10)


def test_many_objects_are_deleted_even_if_some_are_missing(s3: Any) -> None:
    put(s3, "a", "b", "c")

    assert "Errors" not in delete(s3, "a", "missing", "b")

    assert keys_in(s3) == ["c"]


@pytest.mark.parametrize("number", [0, 1001])
def test_a_request_deletes_from_one_to_1000_keys(s3: Any, number: int) -> None:
    put(s3, "0")

    assert refusal(lambda: delete(s3, *map(str, range(number)))) == ("MalformedXML", 400)
    assert keys_in(s3) == ["0"]
    delete(s3, *map(str, range(1000)))
    assert keys_in(s3) == []


def test_many_objects_cannot_be_deleted_from_a_missing_bucket(s3: Any) -> None:
    assert refusal(lambda: delete(s3, "a", bucket="missing")) == ("NoSuchBucket", 404)


def test_a_changed_object_is_not_deleted_by_its_old_entity_tag(s3: Any) -> None:
    (old,) = put(s3, "k").values()
    new = s3.put_object(Bucket="media", Key="k", Body=b"new")["ETag"]

    k: dict[str, str] = {"Bucket": "media", "Key": "k"}
    assert refusal(s3.delete_object, **k, IfMatch=old) == ("PreconditionFailed", 412)
    assert keys_in(s3) == ["k"]
    s3.delete_object(**k, IfMatch=new)
    assert keys_in(s3) == []
    assert refusal(s3.delete_object, **k, IfMatch=new) == ("NoSuchKey", 404)


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
    ("method", "path"),
    [
        ("GET", "/media/private"),
        ("GET", "/media/nothing"),
        ("PUT", "/media/new"),
        ("PUT", "/media/private"),
        ("DELETE", "/media/private"),
        ("GET", "/media"),
        ("PUT", "/another-bucket"),
        ("GET", "/"),
    ],
)
def test_a_private_bucket_answers_anonymous_requests_with_403(
    aws: Aws, s3: Any, method: str, path: str
) -> None:
    put(s3, "private")

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
