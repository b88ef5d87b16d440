"""Which faces are good enough to be searched for: the ``QualityFilter``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from local.services.rekognition.face_attributes import face_confidence

if TYPE_CHECKING:
    from local.services.rekognition.seen_face import SeenFace


@dataclass(frozen=True)
class QualityBar:
    """What a face must have; AWS does not publish its own bars.

    Attributes:
        confidence: That it is a face, 0 to 100.
        side: Of the face's longer side, as a share of the picture's longer side.
        turn: Degrees of yaw, up or down as well.
    """

    confidence: float = 0.0
    brightness: float = 0.0
    sharpness: float = 0.0
    side: float = 0.0
    turn: float = 180.0


_BARS: Final = {
    "NONE": QualityBar(),
    "LOW": QualityBar(confidence=80, brightness=5, sharpness=3, side=0.01, turn=75),
    "MEDIUM": QualityBar(confidence=90, brightness=12, sharpness=12, side=0.02, turn=60),
    "HIGH": QualityBar(confidence=95, brightness=25, sharpness=30, side=0.04, turn=45),
}
_AUTO: Final = "LOW"


def shortcomings(face: SeenFace, quality_filter: str) -> list[str]:
    """Rekognition's reasons for which a filter leaves a face out; none if it passes."""
    bar = _BARS[_AUTO if quality_filter == "AUTO" else quality_filter]
    measures = face.measures
    turn = max(abs(measures.pose.yaw), abs(measures.pose.pitch))
    checks = {
        "EXTREME_POSE": turn <= bar.turn,
        "LOW_BRIGHTNESS": measures.brightness >= bar.brightness,
        "LOW_SHARPNESS": measures.sharpness >= bar.sharpness,
        "LOW_CONFIDENCE": face_confidence(face.score) >= bar.confidence,
        "SMALL_BOUNDING_BOX": face.share >= bar.side,
    }
    return [reason for reason, passes in checks.items() if not passes]
