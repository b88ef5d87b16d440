"""How faces are looked for, told with models to which coloured squares are faces."""

import io

import numpy as np
import pytest
from PIL import Image

from local.engines.face_models import FaceBox
from local.engines.face_reader import FaceReader
from tests.local.services.faces import RED, ColouredFaces, Square, squares


def picture(*faces: Square, size: tuple[int, int] = (480, 320)) -> Image.Image:
    return Image.open(io.BytesIO(squares(*faces, size=size)))


def place(
    left: int, top: int, side: int, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    width, height = size
    return left / width, top / height, (left + side) / width, (top + side) / height


def test_a_face_is_where_it_is_in_its_picture() -> None:
    (face,) = FaceReader(ColouredFaces).read(picture((RED, 120, 80, 160)))
    left, top = face.points.min(axis=0).tolist()
    right, bottom = face.points.max(axis=0).tolist()
    assert (left, right) == pytest.approx((120 / 480 + 0.033, 280 / 480 - 0.033), abs=0.01)
    assert bottom == pytest.approx(80 / 320 + 0.9 * 0.5, abs=0.02)
    assert top == pytest.approx(80 / 320 + 0.25 * 0.5, abs=0.02)


@pytest.mark.parametrize("side", [60, 160, 300])
def test_portraits_are_of_one_size(side: int) -> None:
    (face,) = FaceReader(ColouredFaces).read(picture((RED, 10, 10, side)))
    assert face.portrait.pixels.shape == (400, 400, 3)
    assert np.ptp(face.portrait.points, axis=0).max() == pytest.approx(192, abs=12)
    assert face.portrait.points.mean(axis=0) == pytest.approx([200, 200], abs=12)


def test_a_face_at_the_edge_is_completed_with_black() -> None:
    (face,) = FaceReader(ColouredFaces).read(picture((RED, 0, 0, 160)))
    assert face.portrait.pixels[:40].max() == 0
    assert face.portrait.pixels[100:].max() > 0


@pytest.mark.parametrize(
    ("face", "size", "looked_at"),
    [((RED, 300, 300, 600), (1920, 1440), (480, 360)), ((RED, 10, 10, 60), (90, 80), (180, 160))],
)
def test_a_large_picture_is_reduced_and_a_small_one_enlarged_twice_at_most(
    face: Square, size: tuple[int, int], looked_at: tuple[int, int]
) -> None:
    models = ColouredFaces()
    FaceReader(lambda: models).read(picture(face, size=size))
    assert models.detected == [looked_at]


def test_a_small_face_that_is_proposed_is_looked_at_closely() -> None:
    size = (1920, 1440)
    models = ColouredFaces([place(1000, 700, 60, size)], smallest=40)
    (face,) = FaceReader(lambda: models).read(picture((RED, 1000, 700, 60), size=size))
    assert models.detected == [(480, 360), (192, 192)]
    assert face.points.mean(axis=0) == pytest.approx([1030 / 1920, 730 / 1440], abs=0.01)


@pytest.mark.parametrize(
    ("proposed", "looks"), [((125, 85, 150), 1), ((140, 100, 80), 2)], ids=["the same", "a part"]
)
def test_a_face_that_is_found_and_proposed_is_one(
    proposed: tuple[int, int, int], looks: int
) -> None:
    """A proposal may cover so little of a face that only a close look tells that it is the same."""
    models = ColouredFaces([place(*proposed, (480, 320))])
    assert len(FaceReader(lambda: models).read(picture((RED, 120, 80, 160)))) == 1
    assert len(models.detected) == looks


def test_a_face_beside_a_proposal_is_not_taken_for_it() -> None:
    """It may be cut off there, and has a proposal of its own."""
    size = (1920, 1440)
    models = ColouredFaces([place(1060, 700, 70, size)], smallest=40)
    assert FaceReader(lambda: models).read(picture((RED, 1000, 700, 60), size=size)) == []
    assert models.detected == [(480, 360), (192, 192)]


def test_a_proposal_without_a_face_and_a_doubtful_detection_are_dropped() -> None:
    models = ColouredFaces([(0.1, 0.1, 0.2, 0.2)])
    assert FaceReader(lambda: models).read(picture()) == []
    assert len(models.detected) == 2
    assert FaceReader(lambda: ColouredFaces(score=0.4)).read(picture((RED, 9, 9, 90))) == []


def test_only_the_hundred_largest_proposals_are_looked_at() -> None:
    small = [(0.0, 0.0, 0.1, 0.1)] * 100
    models = ColouredFaces([*small, place(1000, 700, 300, (1920, 1440))], smallest=80)
    faces = FaceReader(lambda: models).read(picture((RED, 1000, 700, 300), size=(1920, 1440)))
    assert len(faces) == 1
    assert len(models.detected) == 1 + 100


def test_the_models_load_with_the_first_picture_and_only_then() -> None:
    loaded: list[ColouredFaces] = []

    def load() -> ColouredFaces:
        loaded.append(ColouredFaces())
        return loaded[-1]

    reader = FaceReader(load)
    assert loaded == []
    (face,) = reader.read(picture((RED, 100, 60, 200)))
    reader.describe(face)
    assert len(loaded) == 1


def test_boxes_overlap_by_what_they_share_of_both() -> None:
    box = FaceBox(0, 0, 10, 10)
    assert box.overlap(box) == 1
    assert box.overlap(FaceBox(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert box.overlap(FaceBox(10, 10, 20, 20)) == 0
    assert box.overlap(FaceBox(20, 20, 30, 30)) == 0
