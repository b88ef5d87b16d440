"""What one page costs on AWS beside the engines: requests, and what DynamoDB bills for writes."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest
from boto3.dynamodb.types import TypeDeserializer

from chalicelib.aws.dynamodb.items import story_item
from chalicelib.aws.requests import PAID_OPERATIONS
from chalicelib.steps.intake import Intake
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Story
from local.resources.environment import local_template
from tests.fakes.builders import line, upload, with_words
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.world import MemoryTools, assembled
from tests.proof.recording import RecordedTools
from tests.proof.tape import Process, Request, Tape
from tests.unit.test_mp3 import tone

TEXT: Final = (
    "Every night the lighthouse keeper's cat counted the boats home. One, two, three, four.",
    "Tonight the fifth was late. Somebody left the fog on, said Biscuit, and she put one paw",
    "on the great brass lamp. The light swung round, wide and gold. Far out, a small bell",
    "answered. There you are, purred Biscuit. Supper is getting cold.",
)
PAGE: Final = with_words(*(line(each, 0.1, 0.1 + n * 0.05) for n, each in enumerate(TEXT)))
_KB: Final = 1024
_plain = TypeDeserializer().deserialize


def requests_of_a_page(**fields: Any) -> list[Request]:
    """A page from its upload to its notice and its renditions.

    Args:
        fields: Of its `Upload`.
    """
    tools = MemoryTools(
        ScriptedTextDetector(PAGE), ScriptedTextDetector(), ScriptedSpeaker(tone(0.5))
    )
    tape = Tape(tools.clock)
    part = assembled(RecordedTools(tools, tape), tools.clock)
    with tape.process(Process("page")):
        part(Intake).take_in(upload(**fields))
        for step in (Step.READING, Step.RENDITIONS, Step.NARRATION):
            delivery = tools.queues[step].receive()
            assert delivery
            part.handler(step)(delivery)
    (story,) = tools.stories.kept.values()
    assert story.audio
    assert story.renditions
    assert tools.announcer.notices
    return tape.requests


def test_a_page_takes_few_requests() -> None:
    assert len(requests_of_a_page()) <= 36


@pytest.mark.parametrize(("read_along", "of_polly"), [(True, 2), (False, 1)])
def test_a_page_is_read_once_and_spoken_once_and_its_times_cost_a_request_more(
    read_along: bool, of_polly: int
) -> None:
    asked = Counter(each.operation for each in requests_of_a_page(read_along=read_along))

    paid = {f"{service}.{name}" for service, names in PAID_OPERATIONS.items() for name in names}
    assert {name: count for name, count in asked.items() if name in paid} == {
        "rekognition.DetectText": 1,
        "polly.SynthesizeSpeech": of_polly,
    }


def test_a_page_takes_few_write_units() -> None:
    assert sum(units for _, units in writes_of_a_page()) <= 16


def writes_of_a_page() -> Iterator[tuple[str, int]]:
    """Each write, and what DynamoDB bills for it (DynamoDB, "Write request units")."""
    writes = [(str(each), stored_by(each)) for each in requests_of_a_page()]
    states = [(written, story_item(story)) for written, story in writes if story]
    befores: list[Mapping[str, Any]] = [{}, *(item for _, item in states)]
    for before, (written, item) in zip(befores, states, strict=False):
        units = _units(max(_size(before), _size(item)))
        units += sum(_units_of_index(index, before, item) for index in _indexes())
        yield written, units


def stored_by(request: Request) -> Story | None:
    match request.detail:
        case ("claim", Story() as story, *_):
            return story
        case ("lease" | "apply", *_):
            stored: Story = request.result
            return stored
    return None


@cache
def _indexes() -> list[Any]:
    (table,) = local_template("").of_type("DynamoDB::Table")
    return list(table["GlobalSecondaryIndexes"])


def _units_of_index(index: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    """An entry that is added, changed or removed; one that gets another place is both."""
    places = [each["AttributeName"] for each in index["KeySchema"]]
    is_whole = index["Projection"]["ProjectionType"] == "ALL"
    entries = [
        {name: value for name, value in item.items() if is_whole or name in {"pk", *places}}
        for item in (before, after)
        if item.keys() >= set(places)
    ]
    changed = entries if len(entries) == 1 or entries[:1] != entries[1:] else []
    if len({str([entry[name] for name in places]) for entry in changed}) == 1:
        return max(_units(_size(entry)) for entry in changed)
    return sum(_units(_size(entry)) for entry in changed)


def _units(size: int) -> int:
    return math.ceil(size / _KB)


def _size(item: Mapping[str, Any]) -> int:
    """Bytes (DynamoDB, "Item sizes and formats"); a number has one for two digits, and one."""
    return sum(len(name.encode()) + _size_of(_plain(value)) for name, value in item.items())


def _size_of(value: Any) -> int:
    match value:
        case str():
            return len(value.encode())
        case None | bool():
            return 1
        case dict():
            return 3 + sum(1 + len(name.encode()) + _size_of(each) for name, each in value.items())
        case list():
            return 3 + sum(1 + _size_of(each) for each in value)
    return math.ceil(len(str(value).replace(".", "").strip("0")) / 2) + 1
