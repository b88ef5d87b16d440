"""SNS as the announcer: confirmed e-mail subscribers get the notices."""

from typing import TYPE_CHECKING

from chalicelib.aws.requests import request

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class NotificationTopic:
    def __init__(self, client: "SNSClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, subject: str, body: str) -> None:
        request(self._client.publish, TopicArn=self._arn, Subject=subject, Message=body)
