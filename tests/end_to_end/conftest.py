"""One stack for all tests of a process: the app over the local AWS, as `make run` starts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.runner.launcher import RunningStack, launched
from tests.end_to_end.client import TIMEOUT, Client
from tests.infrastructure import calls


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    log = tmp_path_factory.mktemp("stack") / "log.jsonl"
    with launched(log=log) as stack:
        yield stack
        calls.add(requests.get(f"{stack.aws_url}/_local/calls", timeout=TIMEOUT).json())


@pytest.fixture
def client(stack: RunningStack) -> Client:
    """A client of a stack whose counters, inbox and faults start empty."""
    client = Client(stack)
    client.start_afresh()
    return client


@pytest.fixture
def log_file(stack: RunningStack) -> Path:
    return stack.log
