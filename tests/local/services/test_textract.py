"""The local DetectDocumentText reads drawn pages, and answers in Textract's shapes."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from local.engines.text_lines import Line
from local.engines.text_models import ReadCharacter
from local.services.textract import Textract
from tests.local.conftest import Aws
from tests.local.services.engine_pages import as_jpeg, as_png, draw_page, encoded
from tests.local.services.engine_shapes import assert_fits, refusal
from tests.local.services.test_submitted_image import png_header

TEN_MEGABYTES = 10 * 1024 * 1024
LINES = ["Where is my hat?", "Nobody knew it."]
PAGE = draw_page(LINES, width=500).image
UPPER_HALF = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.5], [0.0, 0.5]])
TEXTRACT = Textract()


def submit(data: bytes) -> dict[str, Any]:
    return {"Document": {"Bytes": data}}


def answer(textract: Textract, image: Image.Image = PAGE) -> dict[str, Any]:
    response = textract.detect_document_text(submit(as_jpeg(image)))
    assert_fits(response, "textract", "DetectDocumentText")
    return response


def seeing(*texts: str, turns: int = 0) -> Textract:
    """Textract with a reader that sees these lines, each in the upper half of any page."""

    def read(_picture: Image.Image, *, upside_down: bool) -> list[Line]:
        assert upside_down
        return [
            Line(
                tuple(
                    ReadCharacter(each, 0.9, (at + 0.5) / len(text)) for at, each in enumerate(text)
                ),
                UPPER_HALF,
                turns,
            )
            for text in texts
        ]

    reader: Any = SimpleNamespace(read=read)
    return Textract(reader)


def blocks(response: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in response["Blocks"] if each["BlockType"] == kind]


def children(response: dict[str, Any], parent: dict[str, Any]) -> list[dict[str, Any]]:
    by_id = {each["Id"]: each for each in response["Blocks"]}
    (relationship,) = parent["Relationships"]
    assert relationship["Type"] == "CHILD"
    return [by_id[each] for each in relationship["Ids"]]


def test_a_page_has_lines_and_a_line_has_words() -> None:
    response = answer(seeing("one two", "three"))

    (page,) = blocks(response, "PAGE")
    lines = children(response, page)
    assert [line["Text"] for line in lines] == ["one two", "three"]
    assert [[word["Text"] for word in children(response, line)] for line in lines] == [
        ["one", "two"],
        ["three"],
    ]
    kinds = [block["BlockType"] for block in response["Blocks"]]
    assert kinds == ["PAGE", "LINE", "LINE", "WORD", "WORD", "WORD"]
    assert len({block["Id"] for block in response["Blocks"]}) == 6
    assert response["DocumentMetadata"] == {"Pages": 1}


def test_each_kind_of_block_has_the_members_that_textract_gives_it() -> None:
    """https://docs.aws.amazon.com/textract/latest/dg/how-it-works-lines-words.html shows them."""
    response = answer(seeing("one"))
    everywhere = {"BlockType", "Id", "Geometry"}
    of_text = everywhere | {"Text", "Confidence"}

    members = {block["BlockType"]: set(block) for block in response["Blocks"]}
    assert members == {
        "PAGE": everywhere | {"Relationships"},
        "LINE": of_text | {"Relationships"},
        "WORD": of_text | {"TextType"},
    }
    (word,) = blocks(response, "WORD")
    assert (word["TextType"], word["Confidence"]) == ("PRINTED", pytest.approx(90))


def test_places_are_ratios_of_the_page() -> None:
    page, line, word = answer(seeing("one"))["Blocks"]

    whole = {"Left": 0.0, "Top": 0.0, "Width": 1.0, "Height": 1.0}
    assert page["Geometry"]["BoundingBox"] == whole
    for block in (line, word):
        assert block["Geometry"]["BoundingBox"] == whole | {"Height": 0.5}
        assert block["Geometry"]["Polygon"][2] == {"X": 1.0, "Y": 0.5}
    assert word["Geometry"]["RotationAngle"] == 0


def test_a_page_has_any_number_of_words_and_other_scripts_are_dropped() -> None:
    response = answer(seeing(*["word " * 50] * 30, "Привет", "Ελλάδα"))

    assert len(blocks(response, "WORD")) == 1500
    assert len(blocks(response, "LINE")) == 30


def test_a_page_without_text_has_no_children() -> None:
    (page,) = answer(seeing())["Blocks"]

    assert "Relationships" not in page


@pytest.mark.engines
@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 150])
def test_text_is_read_whichever_way_it_is_turned(degrees: int) -> None:
    response = answer(TEXTRACT, PAGE.rotate(-degrees, expand=True, fillcolor="white"))

    assert sorted(line["Text"] for line in blocks(response, "LINE")) == sorted(LINES)
    if degrees % 90 == 0:
        angles = {word["Geometry"]["RotationAngle"] for word in blocks(response, "WORD")}
        assert angles == {degrees}


@pytest.mark.parametrize(
    ("code", "document"),
    [
        ("UnsupportedDocumentException", b"no document"),
        ("UnsupportedDocumentException", encoded(PAGE, "GIF")),
        ("NotImplemented", b"%PDF-1.7"),
        ("NotImplemented", encoded(PAGE, "TIFF")),
        ("BadDocumentException", as_jpeg(PAGE)[:-200]),
        ("BadDocumentException", as_png(PAGE)[:-60]),
        ("BadDocumentException", png_header(10_001, 100)),
        ("BadDocumentException", b"\xff\xd8\xff".ljust(TEN_MEGABYTES)),
        ("DocumentTooLargeException", b"\xff\xd8\xff".ljust(TEN_MEGABYTES + 1)),
        ("InvalidParameterException", b""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_textract_refuses_documents_with_its_own_codes(code: str, document: bytes) -> None:
    assert refusal(TEXTRACT.detect_document_text, submit(document)) == code


def test_a_request_needs_a_document() -> None:
    detect = TEXTRACT.detect_document_text
    in_s3 = {"S3Object": {"Bucket": "media", "Name": "page.jpg"}}

    assert refusal(detect, {}) == "InvalidParameterException"
    assert refusal(detect, {"Document": {}}) == "InvalidParameterException"
    assert refusal(detect, {"Document": in_s3}) == "NotImplemented"


def test_boto3_gets_the_engines_answer(aws: Aws) -> None:
    answered = aws.client("textract").detect_document_text(**submit(b"\xff\xd8"))

    assert [block["BlockType"] for block in answered["Blocks"]] == ["PAGE"]
    assert aws.engines.asked == [submit(b"\xff\xd8")]
    assert aws.control("requests") == {"textract.DetectDocumentText": 1}
