"""CloudFront as the CDN that is told what to forget."""

from typing import TYPE_CHECKING

import msgspec

from chalicelib.aws.requests import request

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient


class Distribution(msgspec.Struct, frozen=True):
    client: "CloudFrontClient"
    distribution_id: str

    def invalidate(self, prefix: str, reference: str) -> bool:
        # Asked again with the same reference and path, CloudFront answers with the same
        # invalidation, and how far it is (API reference, "CreateInvalidation").
        answer = request(
            self.client.create_invalidation,
            DistributionId=self.distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": 1, "Items": [f"/{prefix}*"]},
                "CallerReference": reference,
            },
        )
        return answer["Invalidation"]["Status"] == "Completed"
