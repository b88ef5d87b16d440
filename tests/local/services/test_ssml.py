"""The local Polly takes the SSML that Polly takes, engine by engine, and no other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.services.polly.script import (
    Boundary,
    Mark,
    Pause,
    ScriptCharacter,
    SpokenAs,
    Style,
    Text,
)
from local.services.polly.ssml import read_ssml
from local.services.service_error import ServiceError

STANDARD_ONLY = [
    "<emphasis>x</emphasis>",
    '<emphasis level="strong">x</emphasis>',
    '<prosody pitch="high">x</prosody>',
    '<prosody rate="fast" pitch="+5%">x</prosody>',
    '<prosody amazon:max-duration="2s">x</prosody>',
    '<amazon:effect name="whispered">x</amazon:effect>',
    '<amazon:effect phonation="soft">x</amazon:effect>',
    '<amazon:effect vocal-tract-length="+10%">x</amazon:effect>',
    "<amazon:breath/>",
    "<amazon:auto-breaths>x</amazon:auto-breaths>",
]
EVERYWHERE = [
    "x",
    "<p>x</p>",
    "<s>x</s>",
    "<break/>",
    '<break time="10s"/>',
    '<break time="250ms"/>',
    '<break strength="x-weak"/>',
    '<lang xml:lang="fr-FR">x</lang>',
    '<mark name="here"/>',
    '<phoneme alphabet="ipa" ph="wɛl">well</phoneme>',
    '<prosody rate="85%">x</prosody>',
    '<prosody volume="-6dB" rate="x-slow">x</prosody>',
    '<say-as interpret-as="date" format="mdy">12-31-1900</say-as>',
    '<say-as interpret-as="spell-out">abc</say-as>',
    '<sub alias="Mercury">Hg</sub>',
    '<w role="amazon:VB">read</w>',
]
NOWHERE = [
    "<audio src='x'/>",
    "<voice name='Amy'>x</voice>",
    "<speak>x</speak>",
    "<b>x</b>",
    "x < y",
    "Tom & Jerry",
    "<p>x",
    "x\0",
    "&nbsp;",
    "<mark/>",
    "<break time='11s'/>",
    "<break time='1'/>",
    "<break strength='mighty'/>",
    "<prosody>x</prosody>",
    "<prosody rate='19%'>x</prosody>",
    "<prosody rate='201%'>x</prosody>",
    "<prosody rate='brisk'>x</prosody>",
    "<prosody volume='6dB'>x</prosody>",
    "<sub>Hg</sub>",
    "<lang xml:lang='tlh'>x</lang>",
    "<lang>x</lang>",
    "<phoneme ph='x'>x</phoneme>",
    "<say-as>12</say-as>",
    "<say-as interpret-as='joke'>12</say-as>",
    "<w>read</w>",
]


def document(content: str) -> str:
    return f"<speak>{content}</speak>"


def refused(content: str, engine: str = "standard", voice: str = "Joanna") -> str:
    with pytest.raises(ServiceError) as caught:
        read_ssml(document(content), engine, voice)
    assert caught.value.code == "InvalidSsmlException"
    return str(caught.value.message)


@pytest.mark.parametrize("engine", ["standard", "neural", "long-form", "generative"])
@pytest.mark.parametrize("content", EVERYWHERE)
def test_tags_that_every_engine_takes(content: str, engine: str) -> None:
    assert read_ssml(document(content), engine, "Joanna")


@pytest.mark.parametrize("content", STANDARD_ONLY)
def test_tags_that_only_the_standard_engine_takes(content: str) -> None:
    read_ssml(document(content), "standard", "Joanna")
    assert refused(content, "neural") == "Unsupported Neural feature"
    refused(content, "long-form")
    refused(content, "generative")


@pytest.mark.parametrize("content", NOWHERE)
def test_what_no_engine_takes(content: str) -> None:
    assert refused(content) == "Invalid SSML request"


@pytest.mark.parametrize("text", ["plain text", "", "<p>x</p>", "<speak>x</speak>y", "<speak"])
def test_a_document_is_one_speak_element(text: str) -> None:
    with pytest.raises(ServiceError):
        read_ssml(text, "standard", "Joanna")


def test_entities_cannot_be_declared() -> None:
    with pytest.raises(ServiceError):
        read_ssml('<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>', "standard", "Joanna")


def test_compression_is_for_all_engines_but_the_generative() -> None:
    content = '<amazon:effect name="drc">x</amazon:effect>'
    for engine in ("standard", "neural", "long-form"):
        read_ssml(document(content), engine, "Joanna")
    refused(content, "generative")


def test_the_news_is_for_some_neural_voices() -> None:
    content = '<amazon:domain name="news">x</amazon:domain>'
    read_ssml(document(content), "neural", "Matthew")
    refused(content, "neural", "Kevin")
    refused(content, "standard", "Matthew")


def test_a_document_becomes_a_script_with_byte_offsets() -> None:
    text = '<speak>é<mark name="m"/><break time="1s"></break><s>&lt;</s></speak>'
    assert read_ssml(text, "neural", "Joanna") == [
        Text((ScriptCharacter("é", 7, 9),)),
        Mark("m", 9, 25),
        Pause(1.0, 25, 50),
        Boundary(0.0),
        Text((ScriptCharacter("<", 53, 57),)),
        Boundary(0.3),
    ]


def test_a_windows_line_end_is_one_character_of_two_bytes() -> None:
    (text,) = read_ssml("<speak>a\r\nb</speak>", "neural", "Joanna")
    assert text == Text(
        (ScriptCharacter("a", 7, 8), ScriptCharacter("\n", 8, 10), ScriptCharacter("b", 10, 11))
    )


def test_nested_styles_add_up() -> None:
    content = (
        '<prosody rate="50%" volume="+2dB"><prosody rate="50%" volume="+1dB">x</prosody>y</prosody>'
    )
    inner, outer = read_ssml(document(content), "neural", "Joanna")
    assert isinstance(inner, Text)
    assert isinstance(outer, Text)
    assert inner.style == Style(rate=0.25, decibels=3.0)
    assert outer.style == Style(rate=0.5, decibels=2.0)


def test_say_as_and_sub_say_how_to_speak() -> None:
    content = (
        '<say-as interpret-as="telephone">12</say-as><say-as interpret-as="ordinal">3</say-as>'
        '<say-as interpret-as="expletive">darn</say-as><sub alias="Mercury">Hg</sub>'
    )
    parts = read_ssml(document(content), "neural", "Joanna")
    assert [(part.spoken_as, part.alias) for part in parts if isinstance(part, Text)] == [
        (SpokenAs.SPELLED_OUT, None),
        (SpokenAs.TEXT, None),
        (SpokenAs.BEEP, None),
        (SpokenAs.TEXT, "Mercury"),
    ]


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<s>", "</s>", "<break/>", "&amp;", "é", " ", "<", "&", "]]>", "x"]
        ),
        max_size=12,
    ).map("".join)
)
@settings(deadline=None)
def test_any_document_is_read_or_refused(content: str) -> None:
    try:
        parts = read_ssml(document(content), "neural", "Joanna")
    except ServiceError as error:
        assert error.code == "InvalidSsmlException"  # noqa: PT017
        return
    source = document(content).encode()
    for part in parts:
        if isinstance(part, Text):
            for character in part.characters:
                written = source[character.start : character.end].decode()
                assert written in (character.text, "&amp;")
