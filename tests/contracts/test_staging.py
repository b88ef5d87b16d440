"""What `upload_ports.Staging` promises, and what its forms allow."""

import base64
import json

import boto3
import pytest

from chalicelib.aws.distribution import Distribution
from chalicelib.aws.staging_bucket import StagingBucket
from chalicelib.upload_ports import Staged
from local.resources.names import DISTRIBUTION_ID
from local.services.moto_backend import REGION
from tests.builders import upload_request
from tests.contracts.conftest import Bucket
from tests.local.conftest import Engines, running_aws

KEY = "images/some where/über+50%.jpg"


def test_what_was_posted_is_found_with_what_it_was_sent_for(staging: Bucket) -> None:
    staging.post(KEY, b"a photo", "an-upload")

    found = staging.bucket.get(KEY, most=7)

    assert found is not None
    assert (found.content, found.size, found.upload_id) == (b"a photo", 7, "an-upload")
    assert staging.bucket.look(KEY) == Staged(found.version, found.staged_at)
    assert found.staged_at.microsecond == 0


def test_what_was_dropped_by_hand_was_sent_for_nothing(staging: Bucket) -> None:
    staging.post(KEY, b"a photo")

    found = staging.bucket.get(KEY, most=7)

    assert found is not None
    assert found.upload_id is None


def test_what_is_too_large_is_not_read(staging: Bucket) -> None:
    staging.post(KEY, b"a photo")

    found = staging.bucket.get(KEY, most=6)

    assert found is not None
    assert (found.content, found.size) == (None, 7)


def test_what_is_not_there_is_none(staging: Bucket) -> None:
    assert staging.bucket.get(KEY, most=7) is None
    assert staging.bucket.look(KEY) is None


def test_everything_that_waits_is_listed_page_by_page(staging: Bucket) -> None:
    for key in ("images/a.jpg", "images/b/c.jpg", KEY, "rejected/images/x.jpg"):
        staging.post(key, b"a photo")

    page = staging.bucket.waiting("images/")
    found = dict(page.staged)
    while page.next is not None:
        page = staging.bucket.waiting("images/", page.next)
        found |= page.staged

    assert found.keys() == {"images/a.jpg", "images/b/c.jpg", KEY}
    there = staging.bucket.look(KEY)
    assert there is not None
    assert found[KEY] == there.staged_at


def test_a_copy_has_all_that_the_object_has(staging: Bucket) -> None:
    staging.post(KEY, b"a photo", "an-upload")

    staging.bucket.copy(KEY, f"rejected/{KEY}")

    copy = staging.bucket.get(f"rejected/{KEY}", most=7)
    assert copy is not None
    assert (copy.content, copy.upload_id) == (b"a photo", "an-upload")
    assert staging.bucket.look(KEY)


def test_what_was_seen_can_be_removed_twice(staging: Bucket) -> None:
    staging.post(KEY, b"a photo")
    found = staging.bucket.get(KEY, most=7)
    assert found is not None

    staging.bucket.remove(KEY, found.version)
    staging.bucket.remove(KEY, found.version)

    assert staging.bucket.look(KEY) is None


def test_what_was_posted_since_is_not_removed(staging: Bucket) -> None:
    staging.post(KEY, b"a photo")
    found = staging.bucket.get(KEY, most=7)
    assert found is not None
    staging.post(KEY, b"another")

    staging.bucket.remove(KEY, found.version)

    assert staging.bucket.look(KEY)


def test_a_form_allows_one_photo_at_one_place(aws: boto3.session.Session) -> None:
    request = upload_request(content_type="image/png")

    bucket = StagingBucket(aws.client("s3"), "staging")
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
    with running_aws(session, lambda _moto: {}, Engines()) as aws:
        distribution = Distribution(aws.client("cloudfront"), DISTRIBUTION_ID)

        assert all(distribution.invalidate("public/x/1/", "x-1") for _ in range(times))
