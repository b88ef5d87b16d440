import re
from xml.etree import ElementTree

import pytest

from chalicelib.pages.ssml import MAX_BILLED, MAX_TOTAL, ssml_requests


def spoken(ssml: str) -> str:
    """What a listener hears: the text of a document, its paragraphs apart."""
    return "\n".join(paragraph.text or "" for paragraph in ElementTree.fromstring(ssml))  # noqa: S314  # ours


def billed(ssml: str) -> int:
    return len("".join(ElementTree.fromstring(ssml).itertext()))  # noqa: S314  # our own SSML


def test_every_paragraph_is_spoken_as_one() -> None:
    assert ssml_requests("Once.\nTwice.") == ["<speak><p>Once.</p><p>Twice.</p></speak>"]


def test_special_characters_of_xml_are_escaped() -> None:
    assert ssml_requests("Tom & Jerry <3") == ["<speak><p>Tom &amp; Jerry &lt;3</p></speak>"]


def test_characters_that_xml_forbids_are_left_out() -> None:
    assert ssml_requests("a\x00b\x0bc\ud800d") == ["<speak><p>abcd</p></speak>"]


def test_text_at_the_limit_is_one_request() -> None:
    assert len(ssml_requests("x" * MAX_BILLED)) == 1


def test_text_beyond_the_limit_is_split_at_a_sentence_end() -> None:
    sentence = "The ant carried a crumb. "
    text = (sentence * 200).strip()

    requests = ssml_requests(text)

    assert len(requests) == 2
    assert all(spoken(ssml).endswith("crumb.") for ssml in requests)
    assert " ".join(spoken(ssml) for ssml in requests) == text


def test_a_closing_quote_stays_with_its_sentence() -> None:
    text = ("“Wait!” " * 500).strip()

    assert all(spoken(ssml).endswith("Wait!”") for ssml in ssml_requests(text))


def test_a_sentence_beyond_the_limit_is_split_between_clauses() -> None:
    text = ", ".join(["and one more step along the wall"] * 150)

    assert all(spoken(ssml).endswith(("wall,", "wall")) for ssml in ssml_requests(text))


@pytest.mark.parametrize(
    "text",
    [
        "word " * 3000,
        "x" * 10_000,
        "&" * 7000,  # five characters each once escaped
        "a\n" * 4000,  # many tags, few billed characters
        "。".join(["雪が降っていた"] * 900),
        "One. " * 50 + "x" * 3001 + ", and so on. " * 400,
    ],
    ids=["words", "one-word", "entities", "paragraphs", "japanese", "mixed"],
)
def test_no_request_breaks_a_limit_and_no_word_is_lost(text: str) -> None:
    requests = ssml_requests(text)

    assert max(len(ssml) for ssml in requests) <= MAX_TOTAL
    assert max(billed(ssml) for ssml in requests) <= MAX_BILLED
    heard = "".join(spoken(ssml) for ssml in requests)
    assert re.sub(r"\s", "", heard) == re.sub(r"\s", "", text)
