"""Judges a face by its measures: sunglasses, open eyes, and whether it is a face."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from local.services.rekognition.face_measures import FaceMeasures

_SHADES_LIGHT, _SHADES_SPREAD = 0.8, 0.05
"""Where the light around the eyes is as likely behind glasses as in the open, and how fast that
changes. Measured: 0.3 to 0.5 behind black glasses, 0.7 behind light ones, 0.95 to 1.2 without."""
_OPEN_HEIGHT, _OPEN_SPREAD = 0.17, 0.02
_LID_LIGHT, _LID_SPREAD = 0.82, 0.03
_FACE_SCORE: Final = 0.5
_SCORE_SPREAD: Final = 0.1


@dataclass(frozen=True)
class Judgement:
    """A yes or no, with a confidence from 50 (no idea) to 100."""

    value: bool
    confidence: float


def sunglasses(measures: FaceMeasures) -> Judgement:
    return _judgement(_shaded(measures))


def eyes_open(measures: FaceMeasures) -> Judgement:
    """Judge the eyes; the darker the glasses in front of them, the lower the confidence."""
    opened = min(
        _likelihood(measures.eye_opening - _OPEN_HEIGHT, _OPEN_SPREAD),
        _likelihood(_LID_LIGHT - measures.iris_light, _LID_SPREAD),
    )
    return _judgement(0.5 + (opened - 0.5) * (1 - _shaded(measures)))


def face_confidence(score: float) -> float:
    """Return the confidence, 0 to 100, that there is a face; a detector's score of 1 is 99.3."""
    return 100 * _likelihood(score - _FACE_SCORE, _SCORE_SPREAD)


def _shaded(measures: FaceMeasures) -> float:
    return _likelihood(_SHADES_LIGHT - measures.eye_light, _SHADES_SPREAD)


def _likelihood(excess: float, spread: float) -> float:
    return 1 / (1 + math.exp(-max(min(excess / spread, 50.0), -50.0)))


def _judgement(likelihood: float) -> Judgement:
    value = likelihood >= 0.5  # noqa: PLR2004  # as likely as not
    return Judgement(value, 100 * (likelihood if value else 1 - likelihood))
