"""A client is answered before API Gateway gives up, however slow AWS is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from chalicelib.aws.requests import RequestFailedError, end_in_time, request
from chalicelib.delivery import deadlines
from tests.local.conftest import running_aws


@pytest.fixture
def client(boto3_session: boto3.session.Session) -> Iterator[Any]:
    with running_aws(boto3_session, {}) as aws:
        yield end_in_time(aws.client("sqs"))


@contextmanager
def seconds_ago(seconds: float) -> Iterator[None]:
    """A client's request that began so long ago."""
    with deadlines.answering(lambda: time.monotonic() - seconds):
        yield


def test_no_request_begins_when_the_time_is_over(client: Any) -> None:
    with seconds_ago(22), pytest.raises(RequestFailedError, match="NoTimeLeftError"):
        request(client.list_queues)


def test_requests_are_made_before_and_outside_of_a_clients_request(client: Any) -> None:
    with seconds_ago(20):
        request(client.list_queues)
    request(client.list_queues)
