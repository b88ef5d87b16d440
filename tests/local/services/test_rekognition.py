"""The local DetectText reads drawn pages, and answers in Rekognition's shapes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from local.services.rekognition.detect_text import Rekognition
from tests.local.services.engine_pages import (
    Page,
    as_jpeg,
    as_png,
    detections,
    draw_page,
    submit,
    texts,
)
from tests.local.services.engine_shapes import assert_fits

pytestmark = pytest.mark.engines

LINES = [
    '"Where is my hat?" asked the fox.',
    "Nobody knew, for it was a well-kept",
    "secret of 12 owls.",
]


def no_object(bucket: str, key: str, version: str | None) -> bytes:
    raise KeyError((bucket, key, version))


@pytest.fixture(scope="module")
def rekognition() -> Rekognition:
    return Rekognition(no_object)


@pytest.fixture(scope="module")
def page() -> Page:
    return draw_page(LINES)


@pytest.fixture(scope="module")
def response(rekognition: Rekognition, page: Page) -> dict[str, Any]:
    return rekognition.detect_text(submit(as_jpeg(page.image)))


def test_a_page_is_read_line_by_line(response: dict[str, Any]) -> None:
    assert_fits(response, "rekognition", "DetectText")
    assert texts(response) == LINES
    assert response["TextModelVersion"] == "3.0"


def test_words_keep_their_punctuation_and_belong_to_their_line(response: dict[str, Any]) -> None:
    lines = {line["Id"]: line for line in detections(response, "LINE")}
    words = detections(response, "WORD")
    assert [word["DetectedText"] for word in words] == " ".join(LINES).split()
    for number, line in lines.items():
        own = [word["DetectedText"] for word in words if word["ParentId"] == number]
        assert " ".join(own) == line["DetectedText"]
    assert all("ParentId" not in line for line in lines.values())


def test_ids_are_the_places_in_the_list(response: dict[str, Any]) -> None:
    ids = [each["Id"] for each in response["TextDetections"]]
    assert ids == list(range(len(ids)))


def test_confidence_is_high_on_clear_print(response: dict[str, Any]) -> None:
    assert all(90 < each["Confidence"] <= 100 for each in response["TextDetections"])


def test_each_word_is_where_it_was_drawn(response: dict[str, Any], page: Page) -> None:
    width, height = page.image.size
    for word in detections(response, "WORD"):
        left, top, right, bottom = page.words[word["DetectedText"]]
        box = word["Geometry"]["BoundingBox"]
        middle = box["Left"] + box["Width"] / 2, box["Top"] + box["Height"] / 2
        assert left < middle[0] * width < right
        assert top < middle[1] * height < bottom
        assert box["Width"] * width == pytest.approx(right - left, abs=30)


def test_polygons_go_clockwise_from_the_top_left(response: dict[str, Any]) -> None:
    for each in response["TextDetections"]:
        assert len(each["Geometry"]["Polygon"]) == 4
        assert all(0 <= point[axis] <= 1 for point in each["Geometry"]["Polygon"] for axis in "XY")
        first, second, third, fourth = each["Geometry"]["Polygon"]
        assert first["X"] < second["X"]
        assert second["Y"] < third["Y"]
        assert third["X"] > fourth["X"]
        assert fourth["Y"] > first["Y"]


def test_the_box_is_the_outline_of_the_polygon(response: dict[str, Any]) -> None:
    for each in response["TextDetections"]:
        box, polygon = each["Geometry"]["BoundingBox"], each["Geometry"]["Polygon"]
        assert box["Left"] == min(point["X"] for point in polygon)
        assert box["Top"] == min(point["Y"] for point in polygon)
        assert box["Left"] + box["Width"] == pytest.approx(max(p["X"] for p in polygon))
        assert box["Top"] + box["Height"] == pytest.approx(max(p["Y"] for p in polygon))


@pytest.mark.parametrize(
    ("transpose", "first_corner", "second_corner"),
    [
        (Image.Transpose.ROTATE_90, "bottom", "top"),
        (Image.Transpose.ROTATE_270, "top", "bottom"),
    ],
)
def test_text_on_its_side_is_read_and_its_polygons_turn_with_it(
    rekognition: Rekognition,
    page: Page,
    transpose: Image.Transpose,
    first_corner: str,
    second_corner: str,
) -> None:
    turned = rekognition.detect_text(submit(as_jpeg(page.image.transpose(transpose))))
    assert sorted(texts(turned)) == sorted(LINES)
    for line in detections(turned, "LINE"):
        first, second = line["Geometry"]["Polygon"][:2]
        heights = {first_corner: first["Y"], second_corner: second["Y"]}
        assert heights["top"] < heights["bottom"]
        assert first["X"] == pytest.approx(second["X"], abs=0.05)


@pytest.mark.parametrize("degrees", [-70, 30])
def test_slanted_text_is_read(rekognition: Rekognition, page: Page, degrees: int) -> None:
    slanted = page.image.rotate(degrees, expand=True, fillcolor="white")
    assert sorted(texts(rekognition.detect_text(submit(as_jpeg(slanted))))) == sorted(LINES)


def test_a_page_number_is_read_even_when_the_page_lies_on_its_side(
    rekognition: Rekognition,
) -> None:
    page = draw_page([*LINES, "17"]).image.transpose(Image.Transpose.ROTATE_90)
    assert "17" in texts(rekognition.detect_text(submit(as_jpeg(page))))


def test_upside_down_text_is_not_read(rekognition: Rekognition, page: Page) -> None:
    turned = page.image.transpose(Image.Transpose.ROTATE_180)
    response = rekognition.detect_text(submit(as_jpeg(turned)))
    assert_fits(response, "rekognition", "DetectText")
    assert not set(texts(response)) & set(LINES)
    assert all(line["Confidence"] < 80 for line in detections(response, "LINE"))


def test_a_jpeg_is_read_as_its_exif_turns_it(rekognition: Rekognition, page: Page) -> None:
    """Coordinates belong to the corrected image, so they are those of the upright page."""
    sideways = as_jpeg(page.image.transpose(Image.Transpose.ROTATE_90), orientation=6)
    corrected = rekognition.detect_text(submit(sideways))
    assert texts(corrected) == LINES
    for line in detections(corrected, "LINE"):
        first, second = line["Geometry"]["Polygon"][:2]
        assert first["Y"] == pytest.approx(second["Y"], abs=0.05)


def test_exif_in_a_png_is_ignored(rekognition: Rekognition, page: Page) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    response = rekognition.detect_text(submit(as_png(page.image, exif=exif)))
    assert texts(response) == LINES


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1"])
def test_any_colour_mode_is_read(rekognition: Rekognition, mode: str) -> None:
    page = draw_page(["one grey line"], width=400)
    response = rekognition.detect_text(submit(as_png(page.image.convert(mode))))
    assert texts(response) == ["one grey line"]


def test_a_blank_page_has_no_text(rekognition: Rekognition) -> None:
    response = rekognition.detect_text(submit(as_jpeg(Image.new("RGB", (600, 400), "white"))))
    assert_fits(response, "rekognition", "DetectText")
    assert response["TextDetections"] == []


def test_more_than_a_hundred_words_are_silently_missing(rekognition: Rekognition) -> None:
    lines = [" ".join(f"w{row}x{column}" for column in range(12)) for row in range(10)]
    response = rekognition.detect_text(submit(as_jpeg(draw_page(lines, width=1280).image)))
    words = detections(response, "WORD")
    assert len(words) == 100
    for line in detections(response, "LINE"):
        own = [word["DetectedText"] for word in words if word["ParentId"] == line["Id"]]
        assert line["DetectedText"] == " ".join(own)


def test_filters_choose_by_size_and_place(rekognition: Rekognition, page: Page) -> None:
    request = submit(as_jpeg(page.image))
    upper_line = {"BoundingBox": {"Left": 0.0, "Top": 0.0, "Width": 1.0, "Height": 0.33}}
    lower_line = {"Polygon": [{"X": x, "Y": y} for x, y in ((0, 0.6), (1, 0.6), (1, 1), (0, 1))]}
    filters = {"RegionsOfInterest": [upper_line, lower_line]}
    kept = rekognition.detect_text(request | {"Filters": filters})
    assert texts(kept) == [LINES[0], LINES[2]]

    filters_by_width = {"WordFilter": {"MinBoundingBoxWidth": 0.1}}
    kept = rekognition.detect_text(request | {"Filters": filters_by_width})
    assert "is" not in texts(kept, "WORD")
    assert "well-kept" in texts(kept, "WORD")


def test_calls_from_several_threads_do_not_mix(rekognition: Rekognition) -> None:
    lines = [f"reader number {number}" for number in range(4)]
    photos = [as_jpeg(draw_page([line], width=500).image) for line in lines]
    with ThreadPoolExecutor(len(photos)) as pool:
        answers = pool.map(lambda photo: rekognition.detect_text(submit(photo)), photos)
        assert [texts(answer) for answer in answers] == [[line] for line in lines]
