import pytest

from chalicelib.delivery import messages
from chalicelib.delivery.messages import StoryMessage
from chalicelib.errors import InvalidRequestError
from tests.fakes.builders import story


def test_a_message_carries_an_id_and_a_generation_and_nothing_else() -> None:
    body = messages.encode(messages.about(story(id="x", generation="g", text="Once.")))

    assert body == '{"id":"x","generation":"g"}'


def test_a_message_is_decoded_as_it_was_encoded() -> None:
    message = messages.about(story())

    assert messages.decode(messages.encode(message), StoryMessage) == message


@pytest.mark.parametrize(
    "body",
    ["", "hello", "[]", "{}", '{"id": 7, "generation": "g"}', "\ud800", '{"x": ' + "[" * 5000],
)
def test_a_malformed_message_is_refused(body: str) -> None:
    with pytest.raises(InvalidRequestError):
        messages.decode(body, StoryMessage)
