"""dlib's face models. Slow to import; ``detect`` and ``descriptor`` hold Python's global lock.

The models are the files of ``face_recognition_models``. This module does not import that package,
which needs ``pkg_resources``: newer setuptools lack it.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Final

import dlib
import numpy as np

from local.engines.face_models import Descriptor, FaceBox, Finding, Pixels, Points

_PACKAGE: Final = "face_recognition_models"
_DOUBTFUL: Final = -0.3
"""The least score of a proposal: faces have 0 and more, and each proposal is verified."""


class DlibModels:
    """All of them, loaded by the constructor (see ``FaceModels``)."""

    def __init__(self) -> None:
        self._detector: Any = dlib.cnn_face_detection_model_v1(_file("mmod_human_face_detector"))
        self._proposer: Any = dlib.get_frontal_face_detector()
        self._predictor: Any = dlib.shape_predictor(_file("shape_predictor_68_face_landmarks"))
        self._describer: Any = dlib.face_recognition_model_v1(
            _file("dlib_face_recognition_resnet_model_v1")
        )

    def detect(self, picture: Pixels) -> list[Finding]:
        return [Finding(_box(each.rect), each.confidence) for each in self._detector(picture, 0)]

    def propose(self, grey: Pixels) -> list[FaceBox]:
        rectangles, _scores, _poses = self._proposer.run(grey, 0, _DOUBTFUL)
        return [_box(each) for each in rectangles]

    def landmarks(self, picture: Pixels, box: FaceBox) -> Points:
        shape = self._predictor(picture, _rectangle(box))
        return np.array([(point.x, point.y) for point in shape.parts()], np.float64)

    def descriptor(self, picture: Pixels, points: Points) -> Descriptor:
        height, width = picture.shape[:2]
        parts = [dlib.point(round(x), round(y)) for x, y in points.tolist()]
        shape = dlib.full_object_detection(dlib.rectangle(0, 0, width - 1, height - 1), parts)
        return np.array(self._describer.compute_face_descriptor(picture, shape), np.float64)


def _file(name: str) -> str:
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise ModuleNotFoundError(f"{_PACKAGE} is not installed", name=_PACKAGE)
    return str(Path(package.origin).with_name("models") / f"{name}.dat")


def _box(rectangle: Any) -> FaceBox:
    return FaceBox(
        rectangle.left(), rectangle.top(), rectangle.right() + 1.0, rectangle.bottom() + 1.0
    )


def _rectangle(box: FaceBox) -> Any:
    return dlib.rectangle(
        round(box.left), round(box.top), round(box.right) - 1, round(box.bottom) - 1
    )
