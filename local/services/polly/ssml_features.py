"""Which SSML tags each of Polly's engines takes ("Supported SSML tags" in the Developer Guide)."""

from collections.abc import Mapping
from typing import Final

from local.services.polly.ssml_values import invalid

_TAGS: Final = frozenset(
    {"speak", "p", "s", "break", "mark", "prosody", "emphasis", "say-as", "sub", "lang", "phoneme"}
    | {"w", "amazon:effect", "amazon:breath", "amazon:auto-breaths", "amazon:domain"}
)
_STANDARD_ONLY: Final = frozenset({"emphasis", "amazon:breath", "amazon:auto-breaths"})
_NEWSCASTERS: Final = frozenset({"Amy", "Joanna", "Lupe", "Matthew"})
"""The neural voices with ``<amazon:domain name="news">``."""


def check_tag(tag: str, attributes: Mapping[str, str], engine: str, voice: str) -> None:
    """Refuse a tag that does not exist, or that the engine does not take.

    Raises:
        ServiceError: ``InvalidSsmlException``.
    """
    if tag not in _TAGS:
        raise invalid()
    if not _is_available(tag, attributes, engine, voice):
        raise invalid(f"Unsupported {engine.capitalize()} feature")


def _is_available(tag: str, attributes: Mapping[str, str], engine: str, voice: str) -> bool:
    if tag == "amazon:domain":
        return engine == "neural" and voice in _NEWSCASTERS and attributes.get("name") == "news"
    if engine == "standard":
        return True
    if tag == "prosody":
        return "pitch" not in attributes and "amazon:max-duration" not in attributes
    if tag == "amazon:effect":
        return dict(attributes) == {"name": "drc"} and engine != "generative"
    return tag not in _STANDARD_ONLY
