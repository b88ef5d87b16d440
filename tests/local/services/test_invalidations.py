"""CloudFront's invalidations, and what the CDN forgets by them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.datastructures import Headers

from local.resources.names import DISTRIBUTION_ID, MEDIA_BUCKET
from local.services.cloudfront.edge_cache import CacheTimes, EdgeCache, OriginAnswer
from tests.local.conftest import Aws, Edge, refusal

KEYS = (
    "public/one/first/page.jpg",
    "public/one/first/ünï code.mp3",
    "public/one/second/page.jpg",
    "public/two/first/page.jpg",
)


@pytest.fixture
def cloudfront(aws: Aws) -> Any:
    return aws.client("cloudfront")


@pytest.fixture
def _deleted_but_cached(aws: Aws, edge: Edge) -> None:
    """Every key was fetched once, and is gone from the bucket."""
    s3 = aws.stack_client("s3")
    s3.create_bucket(Bucket=MEDIA_BUCKET)
    for key in KEYS:
        s3.put_object(Bucket=MEDIA_BUCKET, Key=key, Body=b"x")
    assert cached(edge) == set(KEYS)
    for key in KEYS:
        s3.delete_object(Bucket=MEDIA_BUCKET, Key=key)
    assert cached(edge) == set(KEYS)


def cached(edge: Edge) -> set[str]:
    return {key for key in KEYS if edge.http("GET", quote(f"/{key}")).status == 200}


def invalidate(
    cloudfront: Any, *paths: str, reference: str = "r", distribution: str = DISTRIBUTION_ID
) -> Any:
    batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": reference}
    return cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)


@pytest.mark.usefixtures("_deleted_but_cached")
@pytest.mark.parametrize(
    ("paths", "forgotten"),
    [
        ("/public/one/first/*", KEYS[:2]),
        ("/public/one/first/page.jpg", KEYS[:1]),
        ("/public/one/first/page", ()),
        ("/public/one/first/page*", KEYS[:1]),
        ("/public/one/first/%C3%BCn%C3%AF%20code.mp3", KEYS[1:2]),
        ("/*", KEYS),
        ("/public/one/first/* /public/two/first/page.jpg", (*KEYS[:2], KEYS[3])),
    ],
)
def test_the_paths_of_an_invalidation_are_not_served_any_more(
    edge: Edge, cloudfront: Any, paths: str, forgotten: tuple[str, ...]
) -> None:
    invalidate(cloudfront, *paths.split())

    assert cached(edge) == set(KEYS) - set(forgotten)


def test_an_invalidation_says_what_cloudfronts_says_and_is_complete_at_once(
    cloudfront: Any,
) -> None:
    created = invalidate(cloudfront, "/a", "/b/*", reference="mine")

    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    invalidation = created["Invalidation"]
    assert created["Location"].endswith(f"/{DISTRIBUTION_ID}/invalidation/{invalidation['Id']}")
    assert abs(datetime.now(UTC) - invalidation["CreateTime"]) < timedelta(minutes=10)
    assert invalidation["Status"] == "Completed"
    assert invalidation["InvalidationBatch"] == {
        "Paths": {"Quantity": 2, "Items": ["/a", "/b/*"]},
        "CallerReference": "mine",
    }


@pytest.mark.usefixtures("_deleted_but_cached")
def test_the_same_reference_with_the_same_paths_is_the_same_invalidation(
    edge: Edge, cloudfront: Any
) -> None:
    first = invalidate(cloudfront, "/public/one/*")["Invalidation"]
    again = invalidate(cloudfront, "/public/one/*")["Invalidation"]
    another = invalidate(cloudfront, "/public/one/*", reference="another")["Invalidation"]

    assert again == first
    assert another["Id"] != first["Id"]
    assert refusal(lambda: invalidate(cloudfront, "/public/two/*")) == (
        "InvalidationBatchAlreadyExists",
        400,
    )
    assert cached(edge) == {"public/two/first/page.jpg"}


@pytest.mark.parametrize(
    "path",
    ["public/one/*", "", "/public/*/page.jpg", "/public/**", "/ünï", "/a b", "/" + "x" * 4000],
)
def test_a_path_begins_with_a_slash_is_encoded_and_has_a_wildcard_at_its_end_only(
    cloudfront: Any, path: str
) -> None:
    assert refusal(lambda: invalidate(cloudfront, "/fine", path)) == ("InvalidArgument", 400)
    invalidate(cloudfront, "/" + "x" * 3999)


def test_no_paths_and_another_distribution_are_refused(cloudfront: Any) -> None:
    assert refusal(lambda: invalidate(cloudfront)) == ("InvalidArgument", 400)
    elsewhere = refusal(lambda: invalidate(cloudfront, "/*", distribution="EANOTHER"))
    assert elsewhere == ("NoSuchDistribution", 404)


def test_other_requests_to_cloudfront_are_not_implemented(cloudfront: Any) -> None:
    assert refusal(cloudfront.list_distributions) == ("NotImplemented", 501)


def test_a_file_is_fetched_again_after_an_invalidation(
    aws: Aws, edge: Edge, cloudfront: Any
) -> None:
    s3 = aws.stack_client("s3")
    s3.create_bucket(Bucket=MEDIA_BUCKET)
    s3.put_object(Bucket=MEDIA_BUCKET, Key=KEYS[0], Body=b"first")
    assert cached(edge) == {KEYS[0]}
    s3.put_object(Bucket=MEDIA_BUCKET, Key=KEYS[0], Body=b"second")
    assert edge.http("GET", f"/{KEYS[0]}").data == b"first"

    invalidate(cloudfront, "/public/one/first/*")

    assert edge.http("GET", f"/{KEYS[0]}").data == b"second"


def test_a_file_that_is_invalidated_while_it_is_fetched_is_not_kept() -> None:
    cache = EdgeCache(lambda: datetime.now(UTC))

    def deleted_meanwhile() -> OriginAnswer:
        cache.forget(["/public/one/*"])
        return OriginAnswer(200, Headers(), b"deleted")

    cache.fetch("/public/one/page.jpg", CacheTimes(1, 60, 60, {}), deleted_meanwhile)

    assert cache.find("/public/one/page.jpg") is None
