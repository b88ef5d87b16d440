"""The adapters of both services that read text, on the local AWS. Both must pass the same tests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.stub import Stubber
from PIL import Image

from chalicelib.aws.rekognition import RekognitionTextDetector
from chalicelib.aws.requests import Clients
from chalicelib.aws.textract import TextractTextDetector
from chalicelib.errors import RejectedError, TransientError
from chalicelib.pages.detection import Kind, TextDetection, box_of, words_by_line
from chalicelib.stories.ports import TextDetector
from local.engines.text_lines import Line
from local.engines.text_models import ReadCharacter
from local.engines.text_reader import TextReader
from local.services.rekognition.detect_text import Rekognition
from local.services.textract import Textract
from tests.fakes.builders import jpeg
from tests.fakes.outputs import Measurements
from tests.local.conftest import running_aws


class Seeing(TextReader):
    """Sees two lines on every picture, each in a half of it."""

    def __init__(self) -> None:
        """Load no models."""

    def read(self, picture: Image.Image, *, upside_down: bool = False) -> list[Line]:
        def seen(text: str, top: float) -> Line:
            quad = np.array([[0.0, top], [1.0, top], [1.0, top + 0.5], [0.0, top + 0.5]])
            characters = [
                ReadCharacter(each, 0.9, (at + 0.5) / len(text)) for at, each in enumerate(text)
            ]
            return Line(tuple(characters), quad, 0)

        return [seen("Once upon", 0.0), seen("a time.", 0.5)]


@dataclass(frozen=True)
class Service:
    """One of the services: its adapter with a client, and its names by boto3."""

    adapter: Callable[[Any], TextDetector]
    name: str
    operation: str
    too_large: str


SERVICES = {
    "rekognition": Service(
        RekognitionTextDetector, "rekognition", "detect_text", "ImageTooLargeException"
    ),
    "textract": Service(
        TextractTextDetector, "textract", "detect_document_text", "DocumentTooLargeException"
    ),
}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    return SERVICES[request.param]


def on_local_aws(
    session: boto3.session.Session, service: Service, image: bytes
) -> list[TextDetection]:
    engines = {
        "rekognition.DetectText": Rekognition(Seeing()).detect_text,
        "textract.DetectDocumentText": Textract(Seeing()).detect_document_text,
    }
    with running_aws(session, engines) as aws:
        return service.adapter(aws.client(service.name)).detect(image)


def test_words_are_tied_to_their_lines(
    boto3_session: boto3.session.Session, service: Service
) -> None:
    found = on_local_aws(boto3_session, service, jpeg())

    lines = [each for each in found if each.kind is Kind.LINE]
    assert [line.text for line in lines] == ["Once upon", "a time."]
    assert [[word.text for word in words] for words in words_by_line(found)] == [
        ["Once", "upon"],
        ["a", "time."],
    ]
    assert box_of(lines[1]) == pytest.approx((0, 0.5, 1, 1), abs=0.1)
    assert all(80 < each.confidence <= 100 for each in found)


@pytest.mark.parametrize("image", [b"not a picture", b""], ids=["no-picture", "nothing"])
def test_what_can_never_be_read_is_rejected(
    boto3_session: boto3.session.Session, service: Service, image: bytes
) -> None:
    with pytest.raises((RejectedError, TransientError)) as refused:
        on_local_aws(boto3_session, service, image)

    assert isinstance(refused.value, RejectedError), refused.value


@pytest.mark.parametrize(("is_final", "raised"), [(True, RejectedError), (False, TransientError)])
def test_only_a_fault_of_the_image_is_final(
    boto3_session: boto3.session.Session,
    service: Service,
    is_final: bool,
    raised: type[Exception],
) -> None:
    client: Any = boto3_session.client(service.name)  # type: ignore[call-overload]
    code = service.too_large if is_final else "ProvisionedThroughputExceededException"
    with Stubber(client) as answers:
        answers.add_client_error(service.operation, code, http_status_code=400)

        with pytest.raises(raised):
            service.adapter(client).detect(b"jpeg")


def block(kind: str, number: int, **more: Any) -> dict[str, Any]:
    polygon = [{"X": x, "Y": y} for x, y in ((0.1, 0.1), (0.1, 0.1), (0.1, 0.1), (-0.2, 1.3))]
    geometry = {"BoundingBox": {}, "Polygon": polygon}
    return {
        "BlockType": kind,
        "Id": str(number),
        "Text": f"w{number}",
        "Confidence": 99.0,
        "Geometry": geometry,
        **more,
    }


def test_textract_may_answer_with_loose_words_and_odd_boxes(
    boto3_session: boto3.session.Session,
) -> None:
    client: Any = boto3_session.client("textract")
    blocks = [
        {"BlockType": "PAGE", "Id": "page", "Relationships": [{"Type": "CHILD", "Ids": ["1"]}]},
        block("WORD", 2),
        block("LINE", 1, Relationships=[{"Type": "CHILD", "Ids": ["3", "gone"]}]),
        block("LINE", 4),
        block("WORD", 3),
    ]
    with Stubber(client) as answers:
        answers.add_response("detect_document_text", {"Blocks": blocks})

        found = TextractTextDetector(client).detect(b"jpeg")

    assert [(each.text, each.line) for each in found] == [
        ("w2", None),
        ("w1", None),
        ("w4", None),
        ("w3", 1),
    ]


def test_a_service_may_be_in_another_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    clients = Clients(Measurements)

    assert clients.paid("rekognition").meta.region_name == "sa-east-1"
    elsewhere = clients.paid("textract", "us-east-1")
    assert elsewhere.meta.endpoint_url == "https://textract.us-east-1.amazonaws.com"
