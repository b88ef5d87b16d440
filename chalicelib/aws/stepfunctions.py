"""Step Functions as the workflow for profile photos."""

import json
from typing import TYPE_CHECKING

import msgspec

from chalicelib.aws.requests import RequestFailedError, request

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class StateMachine(msgspec.Struct, frozen=True):
    client: "SFNClient"
    arn: str
    media_bucket: str

    def start(self, execution: str, user_id: str, key: str) -> None:
        sent = {"userId": user_id, "s3Bucket": self.media_bucket, "s3Key": key}
        try:
            request(
                self.client.start_execution,
                stateMachineArn=self.arn,
                name=execution,
                input=json.dumps(sent),
            )
        except RequestFailedError as failure:
            # It has ended. While it runs, a second start with the same input is no error.
            if failure.aws_code != "ExecutionAlreadyExists":
                raise

    def is_running(self, execution: str) -> bool:
        arn = f"{self.arn.replace(':stateMachine:', ':execution:')}:{execution}"
        try:
            answer = request(self.client.describe_execution, executionArn=arn)
        except RequestFailedError as failure:
            if failure.aws_code == "ExecutionDoesNotExist":  # never started, or ended 90 days ago
                return False
            raise
        return answer["status"] in {"RUNNING", "PENDING_REDRIVE"}
