"""The local Polly refuses what Polly refuses, with Polly's codes."""

from typing import Any

import pytest

from local.services.polly.synthesis import Polly
from tests.local.services.engine_shapes import assert_fits, operation_model, refusal


@pytest.fixture(scope="module")
def polly() -> Polly:
    return Polly()


def request(**members: Any) -> dict[str, Any]:
    return {"OutputFormat": "mp3", "VoiceId": "Joanna", "Text": "Hello."} | members


def ssml(content: str, **members: Any) -> dict[str, Any]:
    return request(Text=f"<speak>{content}</speak>", TextType="ssml", **members)


@pytest.mark.parametrize(
    "members",
    [
        {"OutputFormat": "wav"},
        {"VoiceId": "Nobody"},
        {"Engine": "quantum"},
        {"LanguageCode": "tlh"},
        {"TextType": "markdown"},
        {"LexiconNames": ["a", "b", "c", "d", "e", "f"]},
        {"LexiconNames": ["no-dashes"]},
        {"SpeechMarkTypes": ["smell"], "OutputFormat": "json"},
        {"OutputFormat": "json"},
        {"Text": ""},
    ],
)
def test_values_outside_the_api_model_are_refused_at_the_front_door(
    polly: Polly, members: dict[str, Any]
) -> None:
    assert refusal(polly.synthesize_speech, request(**members)) == "ValidationException"


def test_all_faults_are_named_at_once(polly: Polly) -> None:
    with pytest.raises(Exception, match=r"2 validation errors detected: .*engine.*voiceId"):
        polly.synthesize_speech(request(Engine="quantum", VoiceId="Nobody"))


def test_missing_members_are_refused(polly: Polly) -> None:
    assert refusal(polly.synthesize_speech, {"OutputFormat": "mp3"}) == "ValidationException"


@pytest.mark.parametrize(
    "members",
    [
        {"VoiceId": "Carla", "Engine": "neural"},
        {"VoiceId": "Olivia"},
        {"VoiceId": "Olivia", "Engine": "standard"},
        {"VoiceId": "Joanna", "Engine": "long-form"},
    ],
    ids=["standard only", "neural only, by default", "neural only", "no long form"],
)
def test_a_voice_without_the_engine_is_refused(polly: Polly, members: dict[str, str]) -> None:
    """Polly answers with a ValidationException, not with its EngineNotSupportedException."""
    assert refusal(polly.synthesize_speech, request(**members)) == "ValidationException"


@pytest.mark.parametrize(("voice", "language"), [("Joanna", "fr-FR"), ("Aditi", "en-US")])
def test_a_voice_that_does_not_speak_the_language_is_refused(
    polly: Polly, voice: str, language: str
) -> None:
    members = request(VoiceId=voice, LanguageCode=language)
    assert refusal(polly.synthesize_speech, members) == "LanguageNotSupportedException"


@pytest.mark.parametrize(
    ("audio_format", "rate"),
    [
        ("mp3", "11025"),
        ("mp3", "loud"),
        ("ogg_vorbis", "1"),
        ("pcm", "22050"),
        ("ogg_opus", "24000"),
        ("mulaw", "16000"),
        ("alaw", "16000"),
    ],
)
def test_sample_rates_depend_on_the_format(polly: Polly, audio_format: str, rate: str) -> None:
    members = request(OutputFormat=audio_format, SampleRate=rate)
    assert refusal(polly.synthesize_speech, members) == "InvalidSampleRateException"


def test_3000_characters_are_spoken_and_one_more_is_not(polly: Polly) -> None:
    marks = {"OutputFormat": "json", "SpeechMarkTypes": ["sentence"]}
    longest = request(Text="word " * 600, **marks)
    assert polly.synthesize_speech(longest)["RequestCharacters"] == 3000
    longest["Text"] += "."
    assert refusal(polly.synthesize_speech, longest) == "TextLengthExceededException"


def test_tags_are_free_up_to_6000_characters_in_all(polly: Polly) -> None:
    """Of 6,000 characters 3,000 may be text; an entity is one character of text."""
    marks = {"OutputFormat": "json", "SpeechMarkTypes": ["sentence"]}
    content = "word " * 599 + "&lt;fin"
    content += '<mark name="here"/>' * 150
    name = "x" * (6000 - len(f'<speak>{content}<mark name=""/></speak>'))
    longest = ssml(f'{content}<mark name="{name}"/>', **marks)
    assert len(longest["Text"]) == 6000
    assert polly.synthesize_speech(longest)["RequestCharacters"] == 2999
    too_long = ssml(f'{content}<mark name="{name}x"/>', **marks)
    assert refusal(polly.synthesize_speech, too_long) == "TextLengthExceededException"
    too_much_text = ssml("word " * 600 + ".", **marks)
    assert refusal(polly.synthesize_speech, too_much_text) == "TextLengthExceededException"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"SpeechMarkTypes": ["word"]}, "MarksNotSupportedForFormatException"),
        (
            {"SpeechMarkTypes": ["ssml"], "OutputFormat": "json"},
            "SsmlMarksNotSupportedForTextTypeException",
        ),
        ({"LexiconNames": ["mine"]}, "LexiconNotFoundException"),
        ({"Text": "half a \ud83d"}, "SerializationException"),
    ],
)
def test_what_does_not_go_together_is_refused(
    polly: Polly, members: dict[str, Any], code: str
) -> None:
    assert refusal(polly.synthesize_speech, request(**members)) == code


def test_bad_ssml_is_refused(polly: Polly) -> None:
    members = ssml("never <closed")
    assert refusal(polly.synthesize_speech, members) == "InvalidSsmlException"


def test_voices_are_listed_by_engine_and_language(polly: Polly) -> None:
    everyone = polly.describe_voices({})
    assert_fits(everyone, "polly", "DescribeVoices")
    neural = polly.describe_voices({"Engine": "neural", "LanguageCode": "en-US"})
    assert_fits(neural, "polly", "DescribeVoices")
    assert {"Joanna", "Matthew", "Ruth"} <= {voice["Id"] for voice in neural["Voices"]}
    assert all(
        voice["LanguageCode"] == "en-US" and "neural" in voice["SupportedEngines"]
        for voice in neural["Voices"]
    )
    assert len(neural["Voices"]) < len(everyone["Voices"])


def test_bilingual_voices_are_listed_under_their_second_language_on_demand(polly: Polly) -> None:
    hindi = {"LanguageCode": "hi-IN"}
    assert polly.describe_voices(hindi)["Voices"] == []
    both = polly.describe_voices(hindi | {"IncludeAdditionalLanguageCodes": True})
    assert {voice["Id"] for voice in both["Voices"]} == {"Aditi", "Kajal"}


def test_a_bad_listing_is_refused(polly: Polly) -> None:
    assert refusal(polly.describe_voices, {"Engine": "quantum"}) == "ValidationException"
    assert refusal(polly.describe_voices, {"NextToken": "2"}) == "InvalidNextTokenException"


def test_every_voice_is_one_of_the_api_model(polly: Polly) -> None:
    shape = operation_model("polly", "SynthesizeSpeech").input_shape
    assert shape is not None
    listed = {voice["Id"]: voice for voice in polly.describe_voices({})["Voices"]}
    assert set(listed) <= set(shape.members["VoiceId"].metadata["enum"])
    codes = {voice["LanguageCode"] for voice in listed.values()}
    codes |= {code for each in listed.values() for code in each.get("AdditionalLanguageCodes", [])}
    assert codes == set(shape.members["LanguageCode"].metadata["enum"])
