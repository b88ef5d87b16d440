"""The values that Polly's SSML attributes take, as numbers.

All from "Supported SSML tags" in Polly's Developer Guide; how much louder "loud" is, it does not
say. Functions take a tag's attributes and raise ``InvalidSsmlException`` for what is not allowed.
"""

import re
from collections.abc import Mapping
from typing import Final

from local.services.polly.script import SpokenAs
from local.services.service_error import ServiceError

Attributes = Mapping[str, str]

SENTENCE_PAUSE: Final = 0.3
"""Seconds, like espeak-ng's own pause after a sentence."""
PARAGRAPH_PAUSE: Final = 0.6

_LONGEST_BREAK: Final = 10.0
_BREAKS: Final = {
    "none": 0.0,
    "x-weak": 0.0,
    "weak": 0.15,
    "medium": 0.15,
    "strong": SENTENCE_PAUSE,
    "x-strong": PARAGRAPH_PAUSE,
}
_RATES: Final = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "fast": 1.25, "x-fast": 1.5}
_RATE_RANGE: Final = (20.0, 200.0)
_DECIBELS: Final = {
    "default": 0.0,
    "silent": -float("inf"),
    "x-soft": -12.0,
    "soft": -6.0,
    "medium": 0.0,
    "loud": 4.0,
    "x-loud": 8.0,
}
_PITCHES: Final = {
    "default": 1.0,
    "x-low": 0.7,
    "low": 0.85,
    "medium": 1.0,
    "high": 1.15,
    "x-high": 1.3,
}
_EMPHASIS: Final = {"strong": (0.8, 4.0), "moderate": (0.9, 2.0), "reduced": (1.1, -3.0)}
_SPOKEN_AS: Final = {
    "characters": SpokenAs.SPELLED_OUT,
    "spell-out": SpokenAs.SPELLED_OUT,
    "digits": SpokenAs.SPELLED_OUT,
    "telephone": SpokenAs.SPELLED_OUT,
    **dict.fromkeys(
        ("cardinal", "number", "ordinal", "fraction", "unit", "date", "time", "address"),
        SpokenAs.TEXT,
    ),
    "expletive": SpokenAs.BEEP,
}


def invalid(message: str = "Invalid SSML request") -> ServiceError:
    return ServiceError("InvalidSsmlException", message)


def required(attributes: Attributes, name: str) -> str:
    """The value of an attribute that must be there."""
    try:
        return attributes[name]
    except KeyError as error:
        raise invalid() from error


def break_seconds(attributes: Attributes) -> float:
    """The pause of a ``break``: its time, else its strength, else a comma's."""
    if "time" not in attributes:
        return _named(_BREAKS, attributes.get("strength", "medium"))
    match = re.fullmatch(r"\+?(\d+(?:\.\d+)?)(s|ms)", attributes["time"].strip())
    if match is None:
        raise invalid()
    seconds = float(match[1]) / (1000 if match[2] == "ms" else 1)
    if seconds > _LONGEST_BREAK:
        raise invalid()
    return seconds


def rate(value: str) -> float:
    """Speed, 1 being ordinary, from a name or a percentage."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)%", value.strip())
    if match is None:
        return _named(_RATES, value)
    lowest, highest = _RATE_RANGE
    if not lowest <= float(match[1]) <= highest:
        raise invalid()
    return float(match[1]) / 100


def decibels(value: str) -> float:
    """Loudness in dB more than ordinary, from a name or a signed number of dB."""
    match = re.fullmatch(r"([+-]\d+(?:\.\d+)?)dB", value.strip(), re.IGNORECASE)
    return _named(_DECIBELS, value) if match is None else float(match[1])


def pitch(value: str) -> float:
    """Pitch, 1 being ordinary, from a name or a signed percentage."""
    match = re.fullmatch(r"([+-]\d+(?:\.\d+)?)%", value.strip())
    return _named(_PITCHES, value) if match is None else 1 + float(match[1]) / 100


def emphasis(attributes: Attributes) -> tuple[float, float]:
    """Speed (1 being ordinary) and dB of an ``emphasis``."""
    try:
        return _EMPHASIS[attributes.get("level", "moderate").lower()]
    except KeyError as error:
        raise invalid() from error


def spoken_as(attributes: Attributes) -> SpokenAs:
    """How a ``say-as`` wants its content read."""
    try:
        return _SPOKEN_AS[required(attributes, "interpret-as")]
    except KeyError as error:
        raise invalid() from error


def _named(values: Mapping[str, float], name: str) -> float:
    try:
        return values[name]
    except KeyError as error:
        raise invalid() from error
