"""What the docs say a stage costs is what its template and its requests cost.

Prices: us-east-1, in dollars, from the services' pages ("AWS Lambda Pricing", "Amazon SQS pricing",
"Amazon CloudWatch Pricing" and so on) at the beginning of 2026. Free tiers that end after a year
are left out; those of every month are counted where the docs say so.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest

from chalicelib.delivery.timeouts import SWEEP_EVERY
from chalicelib.speech.voices import ENGINES_WITH_MARKS, Engine
from chalicelib.stories.story import Story
from infrastructure.stack.template import WATCH
from local.resources.environment import app_environment
from tests.infrastructure.projects import functions_of
from tests.infrastructure.resolved import Stack
from tests.proof.simulated_aws import MemoryBackend
from tests.proof.simulation import Simulation
from tests.proof.tape import Tape

ROOT: Final = Path(__file__).parent.parent
SECTION: Final = (
    (ROOT / "docs/deploy.md").read_text().split("## What it costs")[1].split("\n## ")[0]
)
MILLION: Final = 1_000_000
MONTH: Final = timedelta(days=30)
PAGES: Final = 1000

GATEWAY_REQUEST: Final = 3.50 / MILLION
SQS_REQUEST, FREE_SQS_REQUESTS = 0.40 / MILLION, MILLION
LAMBDA_REQUEST, LAMBDA_SECOND = 0.20 / MILLION, 0.0000166667  # of 1 GB
S3_PUT, S3_GET, S3_STORED = 0.005 / 1000, 0.0004 / 1000, 0.023  # LIST costs as PUT; a GB a month
WRITE_UNIT, READ_UNIT = 0.625 / MILLION, 0.125 / MILLION
E_MAIL, PUBLISH = 2.00 / 100_000, 0.50 / MILLION
ALARM, FREE_ALARMS = 0.10, 10
LOGGED, TRACE = 0.50, 5.00 / MILLION  # a GB
DETECT_TEXT, DETECT_DOCUMENT_TEXT = 0.001, 0.0015
CHARACTER: Final[Mapping[Engine, float]] = {
    "standard": 4 / MILLION,
    "neural": 16 / MILLION,
    "generative": 30 / MILLION,
    "long-form": 100 / MILLION,
}
"""Of speech, and the same of speech marks ("Amazon Polly Pricing")."""

# Of an idle queue (AWS Lambda, "Configuring scaling behavior for SQS event source mappings"). Each
# request waits for 20 seconds.
POLLERS, POLLERS_WITH_MAXIMUM = 2, 5
POLL: Final = timedelta(seconds=20)

# Assumed of a page: the docs say so.
CHARACTERS, POLLS, STORED_MB, LOGGED_KB = 450, 2, 1.5, 12
SECONDS: Final = {
    "api_handler": 0.5 + POLLS * 0.05,
    "read_page": 2.5,
    "narrate": 2.5,
    "make_renditions": 1.5,
}
SWEEP_SECONDS: Final = 1.0

APP_FACTS: Final = """
import json
from app import app
sources = [each for each in app.event_sources if hasattr(each, "queue")]
print(json.dumps({each.queue: each.maximum_concurrency for each in sources}))
"""


def concurrency_of_queues() -> dict[str, int | None]:
    """The maximum concurrency of each queue's trigger."""
    told = subprocess.run(  # noqa: S603  # the command is ours
        [sys.executable, "-c", APP_FACTS],
        cwd=ROOT,
        env=os.environ | app_environment(1),
        check=True,
        capture_output=True,
    )
    found: dict[str, int | None] = json.loads(told.stdout)
    return found


def requests_of(play: Any) -> Counter[str]:
    """The AWS requests of the app in a simulation."""
    backend = MemoryBackend()
    run = Simulation(backend, Tape(backend.clock))
    play(run)
    return Counter(each.operation for each in run.tape.requests)


def told(title: str) -> dict[str, float]:
    """The lines of one of the tables, and the dollars that they say."""
    table = SECTION.split(f"\n| {title} |")[1].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return {name: float(dollars.strip("*$")) for name, _, dollars in rows}


def idle() -> dict[str, float]:
    """Each line of a month without use."""
    pollers = [
        POLLERS if maximum is None else POLLERS_WITH_MAXIMUM
        for maximum in concurrency_of_queues().values()
    ]
    polls = sum(pollers) * (MONTH / POLL)
    sweeps = MONTH / SWEEP_EVERY
    asked = requests_of(Simulation.sweep)
    gigabytes = functions_of("dev")["sweep"]["lambda_memory_size"] / 1024
    alarms = len(Stack("dev", WATCH).of_type("CloudWatch::Alarm"))
    a_sweep = (
        asked.pop("s3.ListObjectsV2") * S3_PUT
        + asked.pop("sqs.GetQueueAttributes") * SQS_REQUEST
        + asked.pop("dynamodb.Scan") * READ_UNIT
        + LAMBDA_REQUEST
        + SWEEP_SECONDS * gigabytes * LAMBDA_SECOND
    )
    assert not asked
    return {
        "SQS": (polls - FREE_SQS_REQUESTS) * SQS_REQUEST,
        "alarms": (alarms - FREE_ALARMS) * ALARM,
        "sweeper": sweeps * a_sweep,
        "dashboard": 0,
    }


def of_a_thousand_pages() -> dict[str, float]:
    """Each line of a thousand pages, without the engines."""

    def one_page(run: Simulation) -> None:
        run.upload().settle()
        for _ in range(POLLS):
            run.poll()

    asked = requests_of(one_page)
    messages = asked["sqs.SendMessage"]
    functions = functions_of("dev")
    gigabyte_seconds = sum(
        seconds * functions[name].get("lambda_memory_size", 256) / 1024
        for name, seconds in SECONDS.items()
    )
    invocations = 1 + POLLS + messages
    reads = asked["s3.GetObject"] + asked["s3.HeadObject"]
    writes = asked["dynamodb.PutItem"] + asked["dynamodb.UpdateItem"]
    units = writes * units_of_a_write()
    return {
        "Lambda": PAGES * (invocations * LAMBDA_REQUEST + gigabyte_seconds * LAMBDA_SECOND),
        "S3, requests": PAGES * (asked["s3.PutObject"] * S3_PUT + reads * S3_GET),
        "S3, storage": PAGES * STORED_MB / 1024 * S3_STORED,
        "DynamoDB": PAGES * (units * WRITE_UNIT + asked["dynamodb.GetItem"] * READ_UNIT),
        "SNS": PAGES * asked["sns.Publish"] * (PUBLISH + E_MAIL),
        "API Gateway": PAGES * (1 + POLLS) * GATEWAY_REQUEST,
        "logs and traces": PAGES * (LOGGED_KB / 1024**2 * LOGGED + (1 + POLLS) * TRACE),
        "SQS": PAGES * 3 * messages * SQS_REQUEST,  # sent, received, deleted
    }


def units_of_a_write() -> int:
    """DynamoDB's write units of one write to a story: of the table, and of each index."""
    backend = MemoryBackend()
    story = Simulation(backend, Tape(backend.clock)).upload().settle().story
    found = backend.stories.find(story.id)
    assert isinstance(found, Story)
    page = {"text": "x" * CHARACTERS}
    size = len(msgspec.json.encode({**msgspec.to_builtins(found), **page}))
    (table,) = Stack("dev").of_type("DynamoDB::Table")
    whole = [each["Projection"]["ProjectionType"] for each in table["GlobalSecondaryIndexes"]]
    units = ceil(size / 1024)
    return units + sum(units if projection == "ALL" else 1 for projection in whole)


def assert_told(told: dict[str, float], computed: dict[str, float]) -> None:
    in_all = told.pop("**in all**")
    assert in_all == pytest.approx(sum(told.values()), abs=0.0005)
    assert told == pytest.approx(computed, rel=0.15, abs=0.001)


def test_a_stage_without_use_costs_at_most_three_dollars_a_month() -> None:
    computed = idle()

    assert sum(computed.values()) <= 3
    assert_told(told("a month without use"), computed)


def test_the_costs_of_a_thousand_pages_are_those_of_their_requests() -> None:
    assert_told(told("1,000 pages, without the engines"), of_a_thousand_pages())


def test_the_costs_of_the_engines_are_those_of_a_page() -> None:
    assert told("1,000 pages, the engines") == {
        "DetectText": PAGES * DETECT_TEXT,
        "DetectDocumentText": PAGES * DETECT_DOCUMENT_TEXT,
        "Polly, neural": pytest.approx(PAGES * CHARACTERS * CHARACTER["neural"]),
        "Polly, speech marks": pytest.approx(PAGES * CHARACTERS * CHARACTER["neural"]),
    }
    assert re.search(rf"\b{CHARACTERS} characters", SECTION)


def test_the_costs_of_each_engine_are_those_of_its_characters() -> None:
    marks = {engine: 2 if engine in ENGINES_WITH_MARKS else 1 for engine in CHARACTER}

    assert set(CHARACTER) == set(get_args(Engine))
    assert told("1,000 pages, by `SPEECH_ENGINE`") == {
        f"`{engine}`": pytest.approx(marks[engine] * PAGES * CHARACTERS * price)
        for engine, price in CHARACTER.items()
    }


def test_only_queues_that_need_it_have_a_maximum_concurrency() -> None:
    """A trigger with one polls an empty queue more often."""
    assert {queue for queue, maximum in concurrency_of_queues().items() if maximum is None} == {
        f"storytime-local-{step}-dead"
        for step in ("intake", "reading", "narration", "renditions", "deletion")
    }
