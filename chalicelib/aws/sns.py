"""SNS as the announcer: confirmed e-mail subscribers get the notices."""

from typing import TYPE_CHECKING

import msgspec

from chalicelib.aws.requests import request

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class NotificationTopic(msgspec.Struct, frozen=True):
    client: "SNSClient"
    arn: str

    def publish(self, subject: str, body: str) -> None:
        request(self.client.publish, TopicArn=self.arn, Subject=subject, Message=body)
