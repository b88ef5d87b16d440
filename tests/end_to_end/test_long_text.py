"""A text beyond one request's limit becomes one playable MP3."""

import io
import uuid

import pytest
import requests
import soundfile

from chalicelib.assembly import utc_now
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.aws.sqs import SqsQueue
from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status
from local.runner.launcher import RunningStack
from tests.end_to_end.client import TIMEOUT, Client
from tests.fakes.builders import story

pytestmark = pytest.mark.engines

SENTENCE = "The ant carried one more crumb along the wall and set it down. "


def test_a_long_text_is_read_to_its_end_in_one_file(client: Client, stack: RunningStack) -> None:
    """DetectText ends after 100 words, so the text is put where reading would put it."""
    text = (SENTENCE * 110).strip()
    long = story(
        id=str(uuid.uuid4()), status=Status.READ, text=text, page="public/x", enqueued_at=utc_now()
    )
    StoriesTable(stack.clients.dynamodb, stack.environment["STORIES_TABLE"]).claim(long)
    queue = SqsQueue[StoryMessage](
        stack.clients.sqs, stack.environment["QUEUE_URL_PREFIX"] + Step.NARRATION
    )
    client.start_afresh()

    queue.send(about(long))

    ready = client.ended(long.id).json()
    assert client.requests_made()["polly.SynthesizeSpeech"] == 3
    audio = requests.get(ready["audio_url"], timeout=TIMEOUT).content
    wave, rate = soundfile.read(io.BytesIO(audio))
    words_a_minute = len(text.split()) / (len(wave) / rate / 60)
    assert 90 < words_a_minute < 240
    assert soundfile.info(io.BytesIO(audio)).duration == pytest.approx(len(wave) / rate, abs=0.2)
    assert abs(wave[-rate * 3 :]).max() > 0.1
