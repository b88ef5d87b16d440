"""A bulk load: many pages at once, more than the quotas of Rekognition and Polly allow a second.

Functions are greenlets in simulated time: one that waits lets the others go on.
"""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from greenlet import getcurrent, greenlet

from chalicelib.errors import ThrottledError
from chalicelib.pages.detection import TextDetection
from chalicelib.speech.voices import Engine
from chalicelib.stories.queues import PARKED, Step
from chalicelib.stories.story import Status
from tests.fakes.builders import jpeg
from tests.fakes.clock import NOW, Clock
from tests.fakes.engines import ScriptedSpeaker, ScriptedTextDetector
from tests.fakes.world import World
from tests.pipeline.test_reading import CLEAR
from tests.unit.test_mp3 import tone

FUNCTIONS = 20  # for each queue, as in prod
DETECT_TEXT, SPEECH = 5, 8  # requests a second: the default quotas of many regions
SECONDS_FOR_A_REQUEST = 1.5
SECONDS_BETWEEN_POLLS = 1.0
AT_MOST = timedelta(minutes=20)


class Simulator:
    """Runs functions in simulated time."""

    def __init__(self) -> None:
        self.clock = Clock()
        self._due: list[tuple[datetime, int, greenlet]] = []
        self._numbers = itertools.count()
        self._scheduler = getcurrent()

    def start(self, function: Callable[[], None]) -> None:
        self._wake(greenlet(function), 0)

    def sleep(self, seconds: float) -> None:
        self._wake(getcurrent(), seconds)
        self._scheduler.switch()

    def run(self) -> None:
        while self._due:
            self.clock.now, _, function = heapq.heappop(self._due)
            function.switch()

    def _wake(self, function: greenlet, seconds: float) -> None:
        due = self.clock.now + timedelta(seconds=seconds)
        heapq.heappush(self._due, (due, next(self._numbers), function))


class Quota:
    """A token bucket: so many requests a second, and as many at once."""

    def __init__(self, simulator: Simulator, a_second: int) -> None:
        self._simulator = simulator
        self._a_second = a_second
        self._tokens = float(a_second)
        self._filled_at = NOW
        self.throttled = 0

    def take(self) -> None:
        now = self._simulator.clock.now
        new = (now - self._filled_at).total_seconds() * self._a_second
        self._tokens, self._filled_at = min(self._tokens + new, self._a_second), now
        if self._tokens < 1:
            self.throttled += 1
            raise ThrottledError("AWS is busy")
        self._tokens -= 1
        self._simulator.sleep(SECONDS_FOR_A_REQUEST)


class BusyReader(ScriptedTextDetector):
    def __init__(self, quota: Quota) -> None:
        super().__init__()
        self.quota = quota

    def detect(self, image: bytes) -> list[TextDetection]:
        self.quota.take()
        self.images.append(image)
        return CLEAR


class BusyVoice(ScriptedSpeaker):
    def __init__(self, quota: Quota) -> None:
        super().__init__()
        self.quota = quota

    def speak(self, ssml: str, *, language: str, voice: str, engine: Engine) -> bytes:
        self.quota.take()
        self.spoken.append((ssml, language, voice, engine))
        return tone(0.5)


def functions_of(world: World, simulator: Simulator, step: Step, pages: int) -> None:
    """Start what Lambda starts for a queue; they end when all is done, or after a while."""
    queue, handle = world.queues[step], world.part.handler(step)

    def work() -> None:
        while len(world.outbox.notices) < pages and simulator.clock.now < NOW + AT_MOST:
            delivery = queue.receive()
            if delivery is None:
                simulator.sleep(SECONDS_BETWEEN_POLLS)
                continue
            try:
                handle(delivery)
            except ThrottledError:
                continue
            queue.delete(delivery.receipt)

    for _ in range(FUNCTIONS):
        simulator.start(work)


@pytest.mark.parametrize("pages", [100, pytest.param(1000, marks=pytest.mark.prove)])
def test_of_many_pages_at_once_none_fails_and_none_is_paid_twice(pages: int) -> None:
    simulator = Simulator()
    reader = BusyReader(Quota(simulator, DETECT_TEXT))
    voice = BusyVoice(Quota(simulator, SPEECH))
    world = World(detector=reader, speaker=voice, pause=simulator.sleep)
    simulator.clock = world.clock
    for _ in range(pages):
        world.upload(jpeg(), deduplicate=False)

    for step in (Step.READING, Step.NARRATION):
        functions_of(world, simulator, step, pages)
    simulator.run()

    assert {story.status for story in world.stories.kept.values()} == {Status.READY}
    assert (len(reader.images), len(voice.spoken)) == (pages, pages)
    assert [world.part.queue(step, PARKED).kept for step in (Step.READING, Step.NARRATION)] == [
        [],
        [],
    ]
    assert reader.quota.throttled > 0
    least = pages / DETECT_TEXT
    assert (world.clock.now - NOW).total_seconds() < 2 * least + 60
