"""The SSML of a story's text: what is said, with which pauses, within Polly's limits."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.speech.ssml import MAX_BILLED, MAX_TOTAL, ssml_requests
from chalicelib.speech.voices import VOICES
from local.services.polly.ssml import read_ssml
from local.services.service_error import ServiceError

MAY_HOLD = {
    "speak": {"p", "s", "break"},
    "p": {"s"},
    "s": {"break", "sub"},
    "break": set[str](),
    "sub": set[str](),
}
"""Tags that every engine takes, and where (Polly, "Supported SSML tags")."""


def one(text: str, language: str = "en-US") -> str:
    """The content of the only document."""
    (document,) = ssml_requests(text, language)
    assert document.startswith("<speak>")
    return document.removeprefix("<speak>").removesuffix("</speak>")


def sentences(text: str, language: str = "en-US") -> list[str]:
    return ["".join(each.itertext()) for each in parsed(text, language).iter("s")]


def parsed(text: str, language: str = "en-US") -> ElementTree.Element:
    return ElementTree.fromstring(f"<speak>{one(text, language)}</speak>")  # noqa: S314  # ours


def printed(ssml: str) -> str:
    """What stands on the page: the text of a document."""
    return " ".join("".join(s.itertext()) for s in ElementTree.fromstring(ssml).iter("s"))  # noqa: S314  # ours


def billed(ssml: str) -> int:
    return len("".join(ElementTree.fromstring(ssml).itertext()))  # noqa: S314  # ours


# Paragraphs, sentences, verses.


def test_every_paragraph_and_every_sentence_is_one() -> None:
    assert one("Once. Twice!\nThen.") == "<p><s>Once.</s><s>Twice!</s></p><p><s>Then.</s></p>"


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("Dr. Smith met Mr. Fox. They ran.", "en-US", 2),
        ("J. K. Rowling wrote it. I read it.", "en-US", 2),
        ("“Wait!” he said. “No.”", "en-US", 2),
        ("“Wait!” He ran.", "en-US", 2),
        ("She saw bees, ants, etc. Then she slept.", "en-US", 2),
        ("She lives in Mary St. He does not.", "en-US", 2),
        ("It cost 3.50 at no. 5 today.", "en-US", 1),
        ("Well… perhaps. Or not…", "en-US", 2),
        ("Add ½. Then stir.", "en-US", 2),
        ("Am 3. Mai kam der Bär. Er blieb.", "de-DE", 2),
        ("Er wohnt in der Langen Str. 5 ganz allein.", "de-DE", 1),
        ("Er aß Äpfel, Birnen usw. Dann schlief er.", "de-DE", 2),
        ("M. Dupont dort. Mme Dupont lit.", "fr-FR", 2),
        ("Il Sig. Rossi dorme. La Sig.ra legge.", "it-IT", 2),
        ("¿Dónde está? ¡Aquí! El Sr. Oso duerme.", "es-ES", 3),
        ("Vive en EE. UU. desde hoy. Ana no.", "es-ES", 2),
        ("A Dra. Ana chegou. Todos riram.", "pt-BR", 2),
        ("Мыши, коты и т. д. Все спали.", "ru-RU", 2),
        ("Жди 10 мин. Потом ешь.", "ru-RU", 2),
        ("Стоит 3 руб. 50 коп. за штуку.", "ru-RU", 1),
        ("أين القط؟ هنا. نام الجميع!", "arb", 3),
    ],
)
def test_sentences(text: str, language: str, count: int) -> None:
    found = sentences(text, language)

    assert len(found) == count
    assert re.sub(r"[\s\"“”]", "", "".join(found)) == re.sub(r"[\s\"“”]", "", text)


POEM = "Twinkle, twinkle, little star,\nHow I wonder what you are!\nUp above the world\nIn the sky."


def test_verses_have_a_short_pause_where_no_sentence_ends() -> None:
    pause = '<break time="250ms"/>'

    assert one(POEM) == (
        f"<p><s>Twinkle, twinkle, little star, {pause}How I wonder what you are!</s>"
        f"<s>Up above the world {pause}In the sky.</s></p>"
    )
    assert one("One, two,\nbuckle my shoe.") == f"<p><s>One, two, {pause}buckle my shoe.</s></p>"


def test_stanzas_are_paragraphs() -> None:
    assert [len(list(p)) for p in parsed(f"{POEM}\n\n{POEM}").iter("p")] == [2, 2]


def test_a_heading_has_a_longer_pause() -> None:
    assert one("The Old House\nOnce there was a house.") == (
        '<p><s>The Old House</s></p><break time="500ms"/><p><s>Once there was a house.</s></p>'
    )


@pytest.mark.parametrize(
    "text", ["“Yes,” said Ann.\n“No,” said Bob.", "The end.\nThe beginning.", "Alone"]
)
def test_other_lines_are_paragraphs(text: str) -> None:
    assert "<break" not in one(text)
    assert one(text).count("<p>") == len(text.split("\n"))


# What is said.


def test_special_characters_of_xml_are_escaped() -> None:
    assert one("Tom is &amp; 3") == '<p><s>Tom is <sub alias="and ">&amp;</sub>amp; 3</s></p>'


def test_markup_on_the_page_is_text() -> None:
    assert one("Say <break/> now.") == "<p><s>Say  break/  now.</s></p>"


def test_characters_that_cannot_be_seen_or_spoken_are_left_out() -> None:
    assert one("a\x00b\x0bc\ud800d won\u00adder\ufeff") == "<p><s>abcd wonder</s></p>"
    assert one("Hm ♪ la 🐻 la ★") == "<p><s>Hm   la   la</s></p>"


@pytest.mark.parametrize("text", ["", "♪ ♪ ♪", "***\n\n?!", "…", "🐻🐻", "“ ”"])
def test_nothing_audible_is_no_request(text: str) -> None:
    assert ssml_requests(text, "en-US") == []


def test_a_sign_that_is_spoken_is_audible() -> None:
    assert one('"&"') == '<p><s>"<sub alias="and">&amp;</sub>"</s></p>'


def test_capitals_are_words() -> None:
    assert one("MAMA saw a TV. ONCE I WAS.") == "<p><s>mama saw a TV.</s><s>once I was.</s></p>"


# Limits.


def test_text_at_the_limit_is_one_request() -> None:
    assert len(ssml_requests("x" * MAX_BILLED, "en-US")) == 1


def test_text_beyond_the_limit_is_split_at_a_sentence_end() -> None:
    text = ("The ant carried a crumb. " * 200).strip()

    requests = ssml_requests(text, "en-US")

    assert len(requests) == 2
    assert all(printed(ssml).endswith("crumb.") for ssml in requests)
    assert " ".join(printed(ssml) for ssml in requests) == text


def test_a_sentence_beyond_the_limit_is_split_between_clauses() -> None:
    text = ", ".join(["and one more step along the wall"] * 150)

    assert all(printed(ssml).endswith(("wall,", "wall")) for ssml in ssml_requests(text, "en-US"))


def assert_valid(requests: list[str]) -> None:
    for ssml in requests:
        assert len(ssml) <= MAX_TOTAL
        assert billed(ssml) <= MAX_BILLED
        root = ElementTree.fromstring(ssml)  # noqa: S314  # ours
        assert root.tag == "speak"
        for element in root.iter():
            assert {child.tag for child in element} <= MAY_HOLD[element.tag]
            assert (element.text or "").strip() == "" or element.tag in {"s", "sub"}
        try:
            read_ssml(ssml)
        except ServiceError as error:  # the local Polly checks the same
            pytest.fail(f"{error}: {ssml}")


@pytest.mark.parametrize(
    "text",
    [
        "word " * 3000,
        "x" * 10_000,
        "&" * 7000,  # each is spoken "and"
        "a\n" * 4000,  # many tags, few billed characters
        "。".join(["雪が降っていた"] * 900),
        "One. " * 50 + "x" * 3001 + ", and so on. " * 400,
        "3½ kg, " * 2000,
        "MAMA! " * 2000,
    ],
    ids=["words", "one-word", "signs", "paragraphs", "japanese", "mixed", "forms", "capitals"],
)
def test_no_request_breaks_a_limit_and_no_word_is_lost(text: str) -> None:
    requests = ssml_requests(text, "en-US")

    assert_valid(requests)
    heard = "".join(printed(ssml) for ssml in requests)
    assert re.sub(r"\s", "", heard).lower() == re.sub(r"\s", "", text).lower()


FORMS = "Dr.|St.|No. 5|3½|5–7 kg|25 °C|MAMA|♪|www.a.example|a@b.example|z. B.|и т. д.|№ 7|Act IV"
SIGNS = "&|<break/>|</speak>|\"|“Oh!”|…|,|.|?|\n|\n\n| | |؟|。|\u00ad|\u200d|🐻|l'été|дом|قط|雪"
PIECES = st.sampled_from([*FORMS.split("|"), *SIGNS.split("|"), "x" * 700]) | st.text(max_size=8)


@given(st.lists(PIECES, max_size=60).map("".join), st.sampled_from(sorted(VOICES)))
@settings(deadline=None, max_examples=100)
def test_every_document_is_valid_and_says_every_word(text: str, language: str) -> None:
    requests = ssml_requests(text, language)

    assert_valid(requests)
    heard = re.findall(r"[^\W_]", "".join(printed(ssml) for ssml in requests).lower())
    assert heard == re.findall(r"[^\W_\u0640]", text.lower())  # but the tatweel
