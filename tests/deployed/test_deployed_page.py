"""The page's files at the emulator's distribution, and what the distribution does with /api/*."""

import re
from typing import Any, Final

import pytest

from infrastructure import website
from infrastructure.api_tokens import digests
from tests.deployed.stage import NAME, DeployedStage
from tests.infrastructure.printed import hurdles

pytestmark = pytest.mark.deployed

SECURITY: Final = {
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
ALL_METHODS: Final = {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}


def distribution(stage: DeployedStage) -> Any:
    return stage.account.client("cloudfront").get_distribution_config(
        Id=stage.settings["DISTRIBUTION_ID"]
    )["DistributionConfig"]


def test_the_distribution_serves_every_file_of_the_page(stage: DeployedStage) -> None:
    files = website.files_of(stage.project / "web")
    (index,) = (each for each in files if each.key == "index.html")
    assert stage.get("/").content == index.content

    for file in files:
        answer = stage.get(f"/{file.key}")

        assert (answer.status_code, answer.content) == (200, file.content), file.key
        assert answer.headers["Content-Type"] == file.content_type
        assert answer.headers["Cache-Control"] == file.cache_control
        assert {name: answer.headers[name] for name in SECURITY} == SECURITY
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'; ")


def test_nothing_else_of_the_buckets_is_served(stage: DeployedStage) -> None:
    media = [key for key in stage.keys("MEDIA_BUCKET", "") if not key.startswith("public/")]
    assert "deployment/chalice.json" in media

    for key in ("", *media, "public/", "public/none.jpg", "v-000000000000/app/main.js"):
        assert stage.get(f"/{key}").status_code == (200 if key == "" else 403), key


def test_the_api_is_beside_the_page(stage: DeployedStage) -> None:
    """Statically: the emulator asks no API for its distributions."""
    (api,) = stage.account.client("apigateway").get_rest_apis()["items"]
    config = distribution(stage)
    origins = {each["Id"]: each for each in config["Origins"]["Items"]}
    (behavior,) = (
        each for each in config["CacheBehaviors"]["Items"] if each["PathPattern"] == "/api/*"
    )
    origin = origins[behavior["TargetOriginId"]]

    assert origin["DomainName"] == f"{api['id']}.execute-api.us-east-1.amazonaws.com"
    assert origin.get("OriginPath", "") == ""  # "api" is the API's stage, and stays in the path
    assert stage.api.endswith("/api")
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert {*behavior["AllowedMethods"]["Items"]} == ALL_METHODS
    assert names_of_policies(stage, behavior) == {
        "Managed-CachingDisabled",
        "Managed-AllViewerExceptHostHeader",
    }


def names_of_policies(stage: DeployedStage, behavior: Any) -> set[str]:
    """The names of CloudFront's own policies for what is cached, and what the origin is sent."""
    client = stage.account.client("cloudfront")
    caching = client.get_cache_policy(Id=behavior["CachePolicyId"])["CachePolicy"]
    sending = client.get_origin_request_policy(Id=behavior["OriginRequestPolicyId"])[
        "OriginRequestPolicy"
    ]
    return {
        caching["CachePolicyConfig"]["Name"],
        sending["OriginRequestPolicyConfig"]["Name"],
    }


def test_no_error_is_cached(stage: DeployedStage) -> None:
    errors = distribution(stage)["CustomErrorResponses"]["Items"]

    assert {403, 404, 500, 502, 503, 504} <= {each["ErrorCode"] for each in errors}
    assert {each["ErrorCachingMinTTL"] for each in errors} == {0}


def test_another_version_of_the_page_replaces_the_one_before(stage: DeployedStage) -> None:
    s3, outputs = stage.account.client("s3"), stage.outputs
    before = website.files_of(stage.project / "web")
    files = [stage.project / "web" / name for name in ("index.html", "style/base.css")]
    contents = [file.read_bytes() for file in files]
    s3.put_object(Bucket=outputs["WebBucket"], Key="forgotten.html", Body=b"by an older version")
    try:
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content + b"\n")
        after = website.files_of(stage.project / "web")

        said = stage.make("deploy")

        assert re.search(r"web page \.+ [\d.]+ s, \d+ files uploaded, 1 older ones removed", said)
        for each in after:
            assert stage.get(f"/{each.key}").content == each.content
        # A page that is open may still load something of its own version.
        kept = [each for each in before if "immutable" in each.cache_control]
        assert {stage.get(f"/{each.key}").status_code for each in kept} == {200}
        assert stage.get("/forgotten.html").status_code == 403
    finally:
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        website.publish(s3, outputs["WebBucket"], before)


def test_a_new_token_comes_with_the_link_to_join(stage: DeployedStage) -> None:
    tokens = stage.project / ".chalice" / "tokens" / NAME
    before = tokens.read_bytes()
    try:
        said = stage.make("token", "NAME=phone")
        known = digests(NAME, tokens.parent)
    finally:
        tokens.write_bytes(before)

    token, page = said.splitlines()[0], stage.settings["MEDIA_BASE_URL"]
    assert said.splitlines()[-1].strip() == f"{page}/#join={token}"
    assert len(known) == len(before.splitlines()) + 1
    assert hurdles(said, stage.project) == []


def test_the_deployment_says_where_the_page_is(stage: DeployedStage) -> None:
    page = stage.settings["MEDIA_BASE_URL"]

    assert f"\nPage       {page}\n" in stage.said
    assert f"{page}/#join=<token>" in stage.said
    assert re.search(r"/api in CloudFront \.+ [\d.]+ s, up to date", stage.said)
    assert re.search(r"web page \.+ [\d.]+ s, \d+ files uploaded, 0 older", stage.said)
