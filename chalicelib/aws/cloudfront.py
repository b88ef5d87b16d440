"""CloudFront as the CDN: drops copies of deleted files."""

from typing import TYPE_CHECKING

import msgspec

from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import CdnBusyError

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient


class Distribution(msgspec.Struct, frozen=True):
    client: "CloudFrontClient"
    distribution_id: str

    def invalidate(self, prefix: str, reference: str) -> bool:
        # A second request with the same reference and path starts no second invalidation: it gets
        # the status of the first one (API reference, "CreateInvalidation").
        try:
            answer = request(
                self.client.create_invalidation,
                DistributionId=self.distribution_id,
                InvalidationBatch={
                    "Paths": {"Quantity": 1, "Items": [f"/{prefix}*"]},
                    "CallerReference": reference,
                },
            )
        except RequestFailedError as failure:
            if failure.aws_code == "TooManyInvalidationsInProgress":
                raise CdnBusyError(failure.message) from failure
            raise
        return answer["Invalidation"]["Status"] == "Completed"
