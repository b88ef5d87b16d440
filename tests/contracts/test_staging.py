"""What `upload_ports.IntakeBucket` promises, and what its forms allow."""

import base64
import json

import boto3
import pytest

from chalicelib.aws.cloudfront import Distribution
from chalicelib.aws.s3 import S3IntakeBucket
from chalicelib.stories.intake_bucket import IntakeObject
from local.resources.names import DISTRIBUTION_ID, REGION
from tests.contracts.conftest import Bucket
from tests.fakes.builders import upload_request
from tests.local.conftest import running_aws

KEY = "images/some where/über+50%.jpg"


def test_what_was_posted_is_found_with_what_it_was_sent_for(intake_bucket: Bucket) -> None:
    intake_bucket.post(KEY, b"a photo", "an-upload")

    found = intake_bucket.bucket.get(KEY, max_bytes=7)

    assert found is not None
    assert (found.content, found.size, found.upload_id) == (b"a photo", 7, "an-upload")
    assert intake_bucket.bucket.head(KEY) == IntakeObject(found.version, found.arrived_at)
    assert found.arrived_at.microsecond == 0


def test_what_was_dropped_by_hand_was_sent_for_nothing(intake_bucket: Bucket) -> None:
    intake_bucket.post(KEY, b"a photo")

    found = intake_bucket.bucket.get(KEY, max_bytes=7)

    assert found is not None
    assert found.upload_id is None


def test_what_is_too_large_is_not_read(intake_bucket: Bucket) -> None:
    intake_bucket.post(KEY, b"a photo")

    found = intake_bucket.bucket.get(KEY, max_bytes=6)

    assert found is not None
    assert (found.content, found.size) == (None, 7)


def test_what_is_not_there_is_none(intake_bucket: Bucket) -> None:
    assert intake_bucket.bucket.get(KEY, max_bytes=7) is None
    assert intake_bucket.bucket.head(KEY) is None


def test_everything_that_waits_is_listed_page_by_page(intake_bucket: Bucket) -> None:
    for key in ("images/a.jpg", "images/b/c.jpg", KEY, "rejected/images/x.jpg"):
        intake_bucket.post(key, b"a photo")

    page = intake_bucket.bucket.waiting("images/")
    found = dict(page.arrivals)
    while page.next is not None:
        page = intake_bucket.bucket.waiting("images/", page.next)
        found |= page.arrivals

    assert found.keys() == {"images/a.jpg", "images/b/c.jpg", KEY}
    there = intake_bucket.bucket.head(KEY)
    assert there is not None
    assert found[KEY] == there.arrived_at


def test_a_copy_has_all_that_the_object_has(intake_bucket: Bucket) -> None:
    intake_bucket.post(KEY, b"a photo", "an-upload")

    intake_bucket.bucket.copy(KEY, f"rejected/{KEY}")

    copy = intake_bucket.bucket.get(f"rejected/{KEY}", max_bytes=7)
    assert copy is not None
    assert (copy.content, copy.upload_id) == (b"a photo", "an-upload")
    assert intake_bucket.bucket.head(KEY)


def test_what_was_seen_can_be_removed_twice(intake_bucket: Bucket) -> None:
    intake_bucket.post(KEY, b"a photo")
    found = intake_bucket.bucket.get(KEY, max_bytes=7)
    assert found is not None

    intake_bucket.bucket.remove(KEY, found.version)
    intake_bucket.bucket.remove(KEY, found.version)

    assert intake_bucket.bucket.head(KEY) is None


def test_what_was_posted_since_is_not_removed(intake_bucket: Bucket) -> None:
    intake_bucket.post(KEY, b"a photo")
    found = intake_bucket.bucket.get(KEY, max_bytes=7)
    assert found is not None
    intake_bucket.post(KEY, b"another")

    intake_bucket.bucket.remove(KEY, found.version)

    assert intake_bucket.bucket.head(KEY)


def test_a_form_allows_one_photo_at_one_place(aws: boto3.session.Session) -> None:
    request = upload_request(content_type="image/png")

    bucket = S3IntakeBucket(aws.client("s3"), "intake_bucket")
    form = bucket.form(request.key, "image/png", upload_id=request.id)

    conditions = json.loads(base64.b64decode(form.fields["policy"]))["conditions"]
    assert {"key": request.key} in conditions
    assert {"Content-Type": "image/png"} in conditions
    assert {"x-amz-meta-upload-id": request.id} in conditions
    assert ["content-length-range", 1, 25_000_000] in conditions
    assert form.fields["key"] == request.key


@pytest.mark.parametrize("times", [1, 2])
def test_copies_are_forgotten_when_asked_with_the_same_reference_again(times: int) -> None:
    session = boto3.session.Session(region_name=REGION)
    with running_aws(session, {}) as aws:
        distribution = Distribution(aws.client("cloudfront"), DISTRIBUTION_ID)

        assert all(distribution.invalidate("public/x/1/", "x-1") for _ in range(times))
