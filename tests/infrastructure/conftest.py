"""The local AWS, as its own tests have it."""

from tests.local.conftest import aws, boto3_session

__all__ = ["aws", "boto3_session"]
