"""What is said of a face, and how surely, from the numbers that were taken of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from local.services.rekognition.face_measures import FaceMeasures

_SHADES_LIGHT, _SHADES_SPREAD = 0.8, 0.05
"""Where the light around the eyes is as likely behind glasses as in the open, and how fast that
changes. Measured: 0.3 to 0.5 behind black glasses, 0.7 behind light ones, 0.95 to 1.2 without."""
_OPEN_HEIGHT, _OPEN_SPREAD = 0.17, 0.02
_LID_LIGHT, _LID_SPREAD = 0.82, 0.03
_PARTED_LIPS, _LIPS_SPREAD = 0.09, 0.02
_SMILE_WIDTH, _SMILE_SPREAD = 0.95, 0.04
_FACE_SCORE, _SCORE_SPREAD = 0.5, 0.1
_UNSEEN: Final = 50.0


@dataclass(frozen=True)
class Judgement:
    """A yes or no, with a confidence from 50 (no idea) to 100."""

    value: bool
    confidence: float


@dataclass(frozen=True)
class FaceAttributes:
    """What can be seen of a face, and nothing else."""

    sunglasses: Judgement
    eyes_open: Judgement
    mouth_open: Judgement
    smile: Judgement
    occluded: Judgement


def attributes_of(measures: FaceMeasures) -> FaceAttributes:
    """Judge a face by its measures.

    Behind dark glasses nobody sees whether eyes are open: the darker, the less is it known.
    Of what can cover a face only dark glasses are seen, so that "not occluded" is no more than a
    guess.
    """
    shaded = _likelihood(_SHADES_LIGHT - measures.eye_light, _SHADES_SPREAD)
    opened = min(
        _likelihood(measures.eye_opening - _OPEN_HEIGHT, _OPEN_SPREAD),
        _likelihood(_LID_LIGHT - measures.iris_light, _LID_SPREAD),
    )
    sunglasses = _judgement(shaded)
    return FaceAttributes(
        sunglasses=sunglasses,
        eyes_open=_judgement(0.5 + (opened - 0.5) * (1 - shaded)),
        mouth_open=_judgement(_likelihood(measures.mouth_opening - _PARTED_LIPS, _LIPS_SPREAD)),
        smile=_judgement(_likelihood(measures.mouth_width - _SMILE_WIDTH, _SMILE_SPREAD)),
        occluded=sunglasses if sunglasses.value else Judgement(value=False, confidence=_UNSEEN),
    )


def face_confidence(score: float) -> float:
    """Confidence from 0 to 100 that there is a face, by the detector's score: 1 is 99.3."""
    return 100 * _likelihood(score - _FACE_SCORE, _SCORE_SPREAD)


def _likelihood(excess: float, spread: float) -> float:
    return 1 / (1 + math.exp(-max(min(excess / spread, 50.0), -50.0)))


def _judgement(likelihood: float) -> Judgement:
    value = likelihood >= 0.5  # noqa: PLR2004  # as likely as not
    return Judgement(value, 100 * (likelihood if value else 1 - likelihood))
