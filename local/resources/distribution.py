"""The distribution of infrastructure/template.yaml, as its stand-in needs it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from infrastructure.stage import API_STAGE
from local.resources.environment import local_template
from local.resources.template import StageTemplate
from local.services.cloudfront.behaviors import (
    AddedHeaders,
    Behavior,
    BucketAccess,
    Configuration,
)
from local.services.cloudfront.edge_cache import CacheTimes

API: Final = API_STAGE
"""The id of the API's origin."""

_CACHING_DISABLED: Final = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""CloudFront's managed policy, whose times are all 0."""


def configuration() -> Configuration:
    """Return the distribution of the stage ``local``."""
    template = local_template("")
    (distribution,) = template.of_type("CloudFront::Distribution")
    config = distribution["DistributionConfig"]
    errors = {
        each["ErrorCode"]: each["ErrorCachingMinTTL"] for each in config["CustomErrorResponses"]
    }
    written = (*config["CacheBehaviors"], {"PathPattern": "*", **config["DefaultCacheBehavior"]})
    return Configuration(
        behaviors=[
            Behavior(
                pattern=each["PathPattern"],
                origin=each["TargetOriginId"],
                methods=frozenset(each["AllowedMethods"]),
                times=_times(template, each["CachePolicyId"], errors),
                added=_added_headers(template, each["ResponseHeadersPolicyId"]),
                is_compressed=each["Compress"],
            )
            for each in written
        ],
        buckets={
            each["Id"]: _access(template, each)
            for each in config["Origins"]
            if "S3OriginConfig" in each
        },
        root=config["DefaultRootObject"],
    )


def _access(template: StageTemplate, origin: Mapping[str, Any]) -> BucketAccess:
    """Return the bucket of an origin, and what its policy lets the distribution read."""
    name = template.resources[_logical_id(origin["DomainName"])]["BucketName"]
    (prefix,) = (
        statement["Resource"].partition(f":::{name}/")[2].removesuffix("*")
        for policy in template.of_type("S3::BucketPolicy")
        if policy["Bucket"] == name
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    )
    return BucketAccess(name, prefix)


def _times(template: StageTemplate, policy: str, errors: Mapping[int, int]) -> CacheTimes:
    if policy == _CACHING_DISABLED:
        return CacheTimes(0, 0, 0, errors)
    times = template.resources[_logical_id(policy)]["CachePolicyConfig"]
    return CacheTimes(times["MinTTL"], times["DefaultTTL"], times["MaxTTL"], errors)


def _added_headers(template: StageTemplate, policy: str) -> AddedHeaders:
    wanted = template.resources[_logical_id(policy)]["ResponseHeadersPolicyConfig"]
    security, cors = wanted["SecurityHeadersConfig"], wanted.get("CorsConfig", {})
    age = security["StrictTransportSecurity"]["AccessControlMaxAgeSec"]
    custom = wanted.get("CustomHeadersConfig", {"Items": []})["Items"]
    exposed = cors.get("AccessControlExposeHeaders", {"Items": []})["Items"]
    return AddedHeaders(
        always={
            "Strict-Transport-Security": f"max-age={age}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
            "X-Frame-Options": security["FrameOptions"]["FrameOption"],
            "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
            **{each["Header"]: each["Value"] for each in custom},
        },
        of_cors={"Access-Control-Expose-Headers": ",".join(exposed)},
        allowed_origins=cors.get("AccessControlAllowOrigins", {"Items": []})["Items"],
    )


def _logical_id(reference: str) -> str:
    """Return the resource that a reference of the resolved template names."""
    found = re.fullmatch(r"<(\w+)(\.\w+)?>", reference)
    if found is None:
        raise ValueError(f"{reference!r} is no resource of the template")
    return found[1]
