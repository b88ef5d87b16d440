"""What `upload_ports.IntakeBucket` promises, and what its forms allow."""

import base64
import json
from functools import partial

import boto3
import pytest

from chalicelib.aws.cloudfront import Distribution
from chalicelib.aws.s3 import S3IntakeBucket
from chalicelib.stories.intake_bucket import IntakeObject
from local.resources.names import DISTRIBUTION_ID
from tests.contracts.conftest import Bucket, pages
from tests.fakes.builders import upload_request
from tests.local.conftest import running_aws

KEY = "images/some where/über+50%.jpg"


def test_a_posted_photo_is_found_with_its_upload(intake_bucket: Bucket) -> None:
    assert intake_bucket.bucket.get(KEY, max_bytes=7) is None
    assert intake_bucket.bucket.head(KEY) is None
    intake_bucket.post(KEY, b"a photo", "an-upload")

    found = intake_bucket.bucket.get(KEY, max_bytes=7)

    assert found is not None
    assert (found.content, found.size, found.upload_id) == (b"a photo", 7, "an-upload")
    assert intake_bucket.bucket.head(KEY) == IntakeObject(found.version, found.arrived_at)
    assert found.arrived_at.microsecond == 0


def test_a_large_photo_is_not_read_and_one_dropped_by_hand_has_no_upload(
    intake_bucket: Bucket,
) -> None:
    intake_bucket.post(KEY, b"a photo")

    found = intake_bucket.bucket.get(KEY, max_bytes=6)

    assert found is not None
    assert (found.content, found.size, found.upload_id) == (None, 7, None)


def test_waiting_photos_are_listed_page_by_page(intake_bucket: Bucket) -> None:
    for key in ("images/a.jpg", "images/b/c.jpg", KEY, "rejected/images/x.jpg"):
        intake_bucket.post(key, b"a photo")

    listed = pages(partial(intake_bucket.bucket.waiting, "images/"))
    found = {key: since for page in listed for key, since in page.arrivals.items()}

    assert found.keys() == {"images/a.jpg", "images/b/c.jpg", KEY}
    there = intake_bucket.bucket.head(KEY)
    assert there is not None
    assert found[KEY] == there.arrived_at


def test_a_copy_has_the_objects_content_and_metadata(intake_bucket: Bucket) -> None:
    intake_bucket.post(KEY, b"a photo", "an-upload")

    intake_bucket.bucket.copy(KEY, f"rejected/{KEY}")

    copy = intake_bucket.bucket.get(f"rejected/{KEY}", max_bytes=7)
    assert copy is not None
    assert (copy.content, copy.upload_id) == (b"a photo", "an-upload")
    assert intake_bucket.bucket.head(KEY)


@pytest.mark.parametrize("is_posted_again", [True, False])
def test_the_version_that_was_read_is_removed_once_or_twice(
    intake_bucket: Bucket, is_posted_again: bool
) -> None:
    intake_bucket.post(KEY, b"a photo")
    found = intake_bucket.bucket.get(KEY, max_bytes=7)
    assert found is not None
    if is_posted_again:
        intake_bucket.post(KEY, b"another")

    for _ in range(2):
        intake_bucket.bucket.remove(KEY, found.version)

    assert (intake_bucket.bucket.head(KEY) is not None) == is_posted_again


def test_a_form_allows_one_photo_at_one_place(aws: boto3.session.Session) -> None:
    request = upload_request(content_type="image/png")

    bucket = S3IntakeBucket(aws.client("s3"), "intake")
    form = bucket.form(request.key, "image/png", upload_id=request.id)

    conditions = json.loads(base64.b64decode(form.fields["policy"]))["conditions"]
    assert {"key": request.key} in conditions
    assert {"Content-Type": "image/png"} in conditions
    assert {"x-amz-meta-upload-id": request.id} in conditions
    assert ["content-length-range", 1, 25_000_000] in conditions
    assert form.fields["key"] == request.key


def test_an_invalidation_can_be_repeated_with_its_reference(
    boto3_session: boto3.session.Session,
) -> None:
    with running_aws(boto3_session, {}) as aws:
        distribution = Distribution(aws.client("cloudfront"), DISTRIBUTION_ID)

        assert [distribution.invalidate("public/x/1/", "x-1") for _ in range(2)] == [True, True]
