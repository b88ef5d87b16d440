"""What S3 refuses of the app's requests, and how it answers the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Aws


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="media")
    return s3


def put(s3: Any, *keys: str) -> dict[str, str]:
    """The keys with the entity tags of what they hold."""
    return {key: s3.put_object(Bucket="media", Key=key, Body=key.encode())["ETag"] for key in keys}


def keys_in(s3: Any, **query: Any) -> list[str]:
    contents = s3.list_objects_v2(Bucket="media", **query).get("Contents", [])
    return [each["Key"] for each in contents]


def delete(s3: Any, *objects: dict[str, str], quiet: bool = False) -> Any:
    return s3.delete_objects(Bucket="media", Delete={"Objects": list(objects), "Quiet": quiet})


def code(refusal: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = refusal.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_keys_are_listed_by_prefix_in_pages(s3: Any) -> None:
    put(s3, "public/b/1", "public/a/2", "public/a/1", "private/a/1")

    page = s3.list_objects_v2(Bucket="media", Prefix="public/a/", MaxKeys=1)
    rest = s3.list_objects_v2(
        Bucket="media",
        Prefix="public/a/",
        MaxKeys=1,
        ContinuationToken=page["NextContinuationToken"],
    )

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
        assert abs(datetime.now(UTC) - found["LastModified"]) < timedelta(minutes=1)


def test_deleting_many_says_of_each_that_it_is_gone_even_if_it_never_was(s3: Any) -> None:
    put(s3, "a", "b", "c")

    answer = delete(s3, {"Key": "a"}, {"Key": "missing"}, {"Key": "b"})

    assert [each["Key"] for each in answer["Deleted"]] == ["a", "missing", "b"]
    assert "Errors" not in answer
    assert keys_in(s3) == ["c"]


def test_deleting_many_quietly_tells_errors_only(s3: Any) -> None:
    put(s3, "a", "b")

    answer = delete(s3, {"Key": "a"}, {"Key": "b", "ETag": '"another"'}, quiet=True)

    assert "Deleted" not in answer
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        ("b", "PreconditionFailed")
    ]
    assert keys_in(s3) == ["b"]


def test_deleting_many_minds_each_ones_entity_tag(s3: Any) -> None:
    etags = put(s3, "a", "b")

    answer = delete(
        s3,
        {"Key": "a", "ETag": etags["a"]},
        {"Key": "b", "ETag": etags["a"]},
        {"Key": "c", "ETag": etags["a"]},
    )

    assert [each["Key"] for each in answer["Deleted"]] == ["a"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        ("b", "PreconditionFailed"),
        ("c", "NoSuchKey"),
    ]
    assert keys_in(s3) == ["b"]


@pytest.mark.parametrize("number", [0, 1001])
def test_a_request_deletes_from_one_to_1000_keys(s3: Any, number: int) -> None:
    put(s3, "0")

    with pytest.raises(ClientError) as refusal:
        delete(s3, *({"Key": str(each)} for each in range(number)))

    assert code(refusal) == ("MalformedXML", 400)
    assert keys_in(s3) == ["0"]
    assert len(delete(s3, *({"Key": str(each)} for each in range(1000)))["Deleted"]) == 1000


def test_many_cannot_be_deleted_from_a_bucket_that_does_not_exist(s3: Any) -> None:
    with pytest.raises(ClientError) as refusal:
        s3.delete_objects(Bucket="missing", Delete={"Objects": [{"Key": "a"}]})

    assert code(refusal) == ("NoSuchBucket", 404)


def test_an_object_that_has_changed_is_not_deleted_by_who_means_the_old_one(s3: Any) -> None:
    (old,) = put(s3, "k").values()
    new = s3.put_object(Bucket="media", Key="k", Body=b"new")["ETag"]

    with pytest.raises(ClientError) as refusal:
        s3.delete_object(Bucket="media", Key="k", IfMatch=old)

    assert code(refusal) == ("PreconditionFailed", 412)
    assert keys_in(s3) == ["k"]
    s3.delete_object(Bucket="media", Key="k", IfMatch=new)
    assert keys_in(s3) == []
    with pytest.raises(ClientError) as refusal:
        s3.delete_object(Bucket="media", Key="k", IfMatch=new)
    assert code(refusal) == ("NoSuchKey", 404)


def test_an_object_that_has_changed_is_not_copied_by_who_means_the_old_one(s3: Any) -> None:
    (etag,) = put(s3, "a b+ü").values()
    source = {"Bucket": "media", "Key": "a b+ü"}

    with pytest.raises(ClientError) as refusal:
        s3.copy_object(Bucket="media", Key="copy", CopySource=source, CopySourceIfMatch='"old"')

    assert code(refusal) == ("PreconditionFailed", 412)
    assert keys_in(s3) == ["a b+ü"]
    s3.copy_object(Bucket="media", Key="copy", CopySource=source, CopySourceIfMatch=etag)
    assert keys_in(s3) == ["a b+ü", "copy"]


@pytest.mark.parametrize(("length", "accepted"), [(512, True), (513, False)])
def test_a_key_is_at_most_1024_bytes_long(aws: Aws, s3: Any, length: int, accepted: bool) -> None:
    key = "ü" * length
    form = aws.client("s3", signature_version="s3v4").generate_presigned_post("media", key)
    parts = [*form["fields"].items(), ("file", ("f", b"x"))]

    if accepted:
        put(s3, key)
        assert aws.http("POST", "/media", fields=parts).status == 204
        return
    with pytest.raises(ClientError) as refusal:
        put(s3, key)
    assert code(refusal) == ("KeyTooLongError", 400)
    answer = aws.http("POST", "/media", fields=parts)
    assert (answer.status, b"<Code>KeyTooLongError</Code>" in answer.data) == (400, True)


@pytest.mark.parametrize(("length", "accepted"), [(2044, True), (2045, False)])
def test_metadata_is_at_most_2_kib_with_its_names(s3: Any, length: int, accepted: bool) -> None:
    metadata = {"name": "x" * length}
    if accepted:
        s3.put_object(Bucket="media", Key="k", Body=b"", Metadata=metadata)
        return
    with pytest.raises(ClientError) as refusal:
        s3.put_object(Bucket="media", Key="k", Body=b"", Metadata=metadata)
    assert code(refusal) == ("MetadataTooLarge", 400)
