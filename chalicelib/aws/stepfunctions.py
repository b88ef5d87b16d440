"""Step Functions as the workflow for profile photos."""

import json
from typing import TYPE_CHECKING

from chalicelib.aws.requests import RequestFailedError, request

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class StateMachine:
    def __init__(self, client: "SFNClient", arn: str, *, media_bucket: str) -> None:
        self._client = client
        self._arn = arn
        self._media_bucket = media_bucket

    def start(self, execution: str, user_id: str, key: str) -> None:
        sent = {"userId": user_id, "s3Bucket": self._media_bucket, "s3Key": key}
        try:
            request(
                self._client.start_execution,
                stateMachineArn=self._arn,
                name=execution,
                input=json.dumps(sent),
            )
        except RequestFailedError as failure:
            # It has ended. While it runs, a second start with the same input is no error.
            if failure.aws_code != "ExecutionAlreadyExists":
                raise

    def is_running(self, execution: str) -> bool:
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{execution}"
        try:
            answer = request(self._client.describe_execution, executionArn=arn)
        except RequestFailedError as failure:
            if failure.aws_code == "ExecutionDoesNotExist":  # never started, or ended 90 days ago
                return False
            raise
        return answer["status"] in {"RUNNING", "PENDING_REDRIVE"}
