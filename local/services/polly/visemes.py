# ruff: noqa: RUF001  # IPA is full of look-alikes
"""The shapes of the mouth that Polly names in viseme marks, by the sounds that they belong to.

From the phoneme and viseme tables of Polly's Developer Guide; sounds that only some languages have
take the shape of their nearest English relative.
"""

from typing import Final

SILENCE: Final = "sil"

_SOUNDS: Final = {
    "p": "p b m",
    "t": "t d n l ɾ ɫ ɭ ɳ ʈ ɖ ɬ ʎ ɲ",
    "S": "ʃ ʒ ɕ ʑ ʂ ʐ",
    "T": "θ ð",
    "f": "f v ʋ ɱ",
    "k": "k g ɡ ŋ h ɦ x ɣ χ ʁ q ʔ ħ ʕ c ɟ ç",
    "i": "i j ɪ y ʏ ɨ",
    "r": "ɹ r ɻ ʀ ɽ",
    "s": "s z",
    "u": "u w ʊ ʉ ɯ ɥ",
    "@": "ə ɚ ɐ ᵻ",
    "a": "a æ ɑ",
    "e": "e ø",
    "E": "ɛ ɜ ɝ ʌ œ",
    "o": "o ɤ",
    "O": "ɔ ɒ",
}
_SHAPES: Final = {sound: shape for shape, sounds in _SOUNDS.items() for sound in sounds.split()}
_AFFRICATES: Final = ("tʃ", "dʒ")


def viseme(ipa: str) -> str:
    """The shape of the mouth for a sound in IPA, its stress marks included."""
    sounds = "".join(sign for sign in ipa if sign in _SHAPES)
    if not sounds:
        return SILENCE
    return "S" if sounds.startswith(_AFFRICATES) else _SHAPES[sounds[0]]
