"""What is paid for is counted where AWS answers, by the very requests that the adapters send."""

import io
from collections.abc import Callable
from typing import Any, Final

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.aws.polly import PollySpeaker
from chalicelib.aws.rekognition import RekognitionFaceCollection, RekognitionTextDetector
from chalicelib.aws.requests import count_paid_requests
from chalicelib.aws.textract import TextractTextDetector
from chalicelib.errors import RejectedError, ThrottledError, TransientError
from chalicelib.profiles.faces import Owner
from chalicelib.telemetry import CHARACTERS_NARRATED, PAID_CALLS
from tests.fakes.outputs import Measurements

OWNER = Owner("5a1f9f52-6b1c-5f0e-9d3c-0123456789ab", "a1b2c3d4")


class Counted:
    """A client with scripted answers, and its counted requests."""

    def __init__(self, session: boto3.session.Session, service: str) -> None:
        self.meter = Measurements()
        client: Any = session.client(service)  # type: ignore[call-overload]
        self.client = count_paid_requests(client, self.meter)
        self.answers = Stubber(self.client)
        self.answers.activate()

    def paid(self) -> list[str | None]:
        return [by for by, _ in self.meter.of(PAID_CALLS)]


@pytest.fixture
def rekognition(boto3_session: boto3.session.Session) -> Counted:
    return Counted(boto3_session, "rekognition")


@pytest.fixture
def polly(boto3_session: boto3.session.Session) -> Counted:
    return Counted(boto3_session, "polly")


@pytest.fixture
def textract(boto3_session: boto3.session.Session) -> Counted:
    return Counted(boto3_session, "textract")


JOANNA: Final[Any] = {"language": "en-US", "voice": "Joanna", "engine": "neural"}
SPEAKER_METHODS = pytest.mark.parametrize("method", [PollySpeaker.speak, PollySpeaker.marks])
_Method = Callable[..., bytes]


def speech(polly: Counted, *, length: int = 3) -> PollySpeaker:
    audio = StreamingBody(io.BytesIO(b"mp3"), length)
    polly.answers.add_response("synthesize_speech", {"AudioStream": audio, "RequestCharacters": 17})
    return PollySpeaker(polly.client)


@pytest.mark.parametrize(
    ("method", "output"),
    [
        (PollySpeaker.speak, {"OutputFormat": "mp3"}),
        (PollySpeaker.marks, {"OutputFormat": "json", "SpeechMarkTypes": ["sentence", "word"]}),
    ],
)
def test_speech_and_its_marks_are_asked_for_with_the_same_words(
    polly: Counted, method: _Method, output: dict[str, Any]
) -> None:
    asked = {"Engine": "long-form", "LanguageCode": "en-US", "VoiceId": "Ruth", "TextType": "ssml"}
    polly.answers.add_response(
        "synthesize_speech",
        {"AudioStream": StreamingBody(io.BytesIO(b"answer"), 6)},
        {**asked, "Text": "<speak>Once.</speak>", **output},
    )
    ruth: Any = {"language": "en-US", "voice": "Ruth", "engine": "long-form"}

    assert method(PollySpeaker(polly.client), "<speak>Once.</speak>", **ruth) == b"answer"


@SPEAKER_METHODS
@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("InvalidSsmlException", "Invalid SSML request", RejectedError),
        ("ValidationException", "1 validation error detected: text", RejectedError),
        ("ValidationException", "This voice does not support the selected engine: neural", None),
        ("EngineNotSupportedException", "This engine is not compatible with the voice", None),
    ],
)
def test_a_region_without_the_engine_is_not_the_fault_of_the_text(
    polly: Counted, method: _Method, code: str, message: str, error: type[Exception] | None
) -> None:
    """It may be set right, so the story is tried again."""
    polly.answers.add_client_error("synthesize_speech", code, message)

    with pytest.raises(error or TransientError):
        method(PollySpeaker(polly.client), "Once.", **JOANNA)


def test_speech_marks_that_are_refused_have_their_own_sentence(polly: Counted) -> None:
    code = "MarksNotSupportedForFormatException"
    polly.answers.add_client_error("synthesize_speech", code, "Speech marks are not supported")

    with pytest.raises(RejectedError, match=r"^Polly makes no speech marks of what Joanna says$"):
        PollySpeaker(polly.client).marks("Once.", **JOANNA)
    with pytest.raises(RejectedError, match=r"^Polly's generative engine makes no speech marks$"):
        PollySpeaker(polly.client).marks("Once.", **{**JOANNA, "engine": "generative"})

    assert polly.paid() == []


@SPEAKER_METHODS
def test_speech_that_is_throttled_is_told_from_speech_that_fails(
    polly: Counted, method: _Method
) -> None:
    polly.answers.add_client_error("synthesize_speech", "ThrottlingException")

    with pytest.raises(ThrottledError):
        method(PollySpeaker(polly.client), "Once.", **JOANNA)


def test_every_request_about_a_picture_is_paid_and_the_removal_of_a_face_is_not(
    rekognition: Counted,
) -> None:
    client, answers = rekognition.client, rekognition.answers
    faces = RekognitionFaceCollection(client, "faces", quick=client)
    answers.add_response("detect_text", {"TextDetections": []})
    answers.add_response("detect_faces", {"FaceDetails": []})
    answers.add_response("search_faces_by_image", {"FaceMatches": []})
    answers.add_response("index_faces", {"FaceRecords": []})
    answers.add_response("delete_faces", {})

    RekognitionTextDetector(client).detect(b"jpeg")
    faces.detect(b"jpeg")
    faces.search(b"jpeg")
    faces.add(b"jpeg", OWNER)
    faces.remove(["face-1"])

    paid = ["DetectText", "DetectFaces", "SearchFacesByImage", "IndexFaces"]
    assert rekognition.paid() == paid


def test_a_document_is_paid_for(textract: Counted) -> None:
    textract.answers.add_response("detect_document_text", {"Blocks": []})

    TextractTextDetector(textract.client).detect(b"jpeg")

    assert textract.paid() == ["DetectDocumentText"]


@SPEAKER_METHODS
def test_speech_is_paid_for_by_the_characters_that_polly_counts(
    polly: Counted, method: _Method
) -> None:
    method(speech(polly), "<speak>Once.</speak>", **JOANNA)

    assert polly.paid() == ["SynthesizeSpeech"]
    assert polly.meter.of(CHARACTERS_NARRATED) == [(None, 17)]


@SPEAKER_METHODS
def test_speech_that_got_lost_on_its_way_was_paid_for_all_the_same(
    polly: Counted, method: _Method
) -> None:
    speaker = speech(polly, length=4)

    with pytest.raises(TransientError):
        method(speaker, "<speak>Once.</speak>", **JOANNA)

    assert polly.paid() == ["SynthesizeSpeech"]


@pytest.mark.parametrize(
    ("code", "raised"),
    [("ThrottlingException", TransientError), ("InvalidImageFormatException", RejectedError)],
)
def test_a_refused_request_is_not_paid(
    rekognition: Counted, code: str, raised: type[Exception]
) -> None:
    rekognition.answers.add_client_error("detect_text", code, http_status_code=400)

    with pytest.raises(raised):
        RekognitionTextDetector(rekognition.client).detect(b"jpeg")

    assert rekognition.paid() == []


@pytest.mark.parametrize(
    ("code", "is_busy"),
    [
        ("ThrottlingException", True),
        ("ProvisionedThroughputExceededException", True),
        ("LimitExceededException", True),
        ("InternalServerError", False),
    ],
)
def test_a_paid_request_that_is_throttled_is_told_from_one_that_fails(
    rekognition: Counted, code: str, *, is_busy: bool
) -> None:
    rekognition.answers.add_client_error("detect_text", code)

    with pytest.raises(TransientError) as failed:
        RekognitionTextDetector(rekognition.client).detect(b"jpeg")

    assert isinstance(failed.value, ThrottledError) is is_busy
    assert rekognition.paid() == []


def test_a_table_that_is_throttled_fails_like_any_other_request(
    boto3_session: boto3.session.Session,
) -> None:
    """Its quota is no bulk load's bound: SQS counts the attempt, as always."""
    client = boto3_session.client("dynamodb")
    with Stubber(client) as answers:
        answers.add_client_error("get_item", "ProvisionedThroughputExceededException")

        with pytest.raises(TransientError) as failed:
            StoriesTable(client, "stories").find("x")

    assert not isinstance(failed.value, ThrottledError)
