import pytest

from chalicelib.errors import InvalidRequestError
from chalicelib.speech.voices import VOICES, chosen, engine_for


@pytest.mark.parametrize("language", [None, "", "auto", " AUTO "])
def test_without_a_language_the_page_decides(language: str | None) -> None:
    assert chosen(language, None) == ("auto", "Joanna")


@pytest.mark.parametrize(
    ("voice", "language"), [("Vicki", "de-DE"), ("amy", "en-GB"), ("Joanna", "en-US")]
)
def test_a_voice_without_a_language_means_its_own(voice: str, language: str) -> None:
    assert chosen(None, voice) == (language, voice.title())


def test_the_error_of_an_unknown_voice_lists_all_voices() -> None:
    with pytest.raises(InvalidRequestError, match=r"Joanna, .*Vicki, .*Miguel\.") as refused:
        chosen("auto", "Nobody")
    assert refused.value.code == "unknown_voice"


def test_a_language_has_a_voice_of_its_own() -> None:
    assert chosen("de-DE", None) == ("de-DE", "Vicki")


def test_capitals_do_not_matter() -> None:
    assert chosen("EN-gb", "brian") == ("en-GB", "Brian")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", "de-DE"),
        ("de_DE", "de-DE"),
        ("de-LU", "de-DE"),
        ("en", "en-US"),
        ("en_gb", "en-GB"),
        ("es", "es-ES"),
        ("es-419", "es-MX"),
        ("es-AR", "es-MX"),
        ("pt", "pt-BR"),
        ("ar", "arb"),
        ("ar-EG", "arb"),
        ("ru", "ru-RU"),
    ],
)
def test_a_tag_means_the_nearest_language(tag: str, language: str) -> None:
    assert chosen(tag, None)[0] == language


def test_the_error_of_an_unknown_language_lists_all_languages() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        chosen("tlh", None)
    assert all(language in refused.value.message for language in VOICES)


def test_the_error_of_a_voice_of_another_language_lists_voices() -> None:
    with pytest.raises(InvalidRequestError, match="Camila, Vitoria, Thiago, Ricardo"):
        chosen("pt-BR", "Joanna")


@pytest.mark.parametrize(
    ("language", "voice", "preferred", "engine"),
    [
        ("en-US", "Joanna", "neural", "neural"),
        ("en-US", "Joanna", "standard", "standard"),
        ("ru-RU", "Tatyana", "neural", "standard"),
        ("en-US", "Ruth", "standard", "neural"),
        ("en-US", "Ruth", "generative", "generative"),
        ("en-US", "Ruth", "long-form", "long-form"),
        ("en-US", "Joanna", "long-form", "neural"),
        ("ru-RU", "Tatyana", "generative", "standard"),
        ("en-US", "Vicki", "standard", "standard"),
    ],
)
def test_the_preferred_engine_is_used_where_the_voice_has_it(
    language: str, voice: str, preferred: str, engine: str
) -> None:
    assert engine_for(language, voice, preferred) == engine  # type: ignore[arg-type]
