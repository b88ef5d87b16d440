"""The real engines through the front: errors arrive in boto3 as the services' own."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from PIL import Image

from local.demo import pictures_of_faces
from local.runner.stack import real_engines
from tests.local.conftest import Aws, refusal, running_aws
from tests.local.services.engine_pages import as_jpeg

SPEECH = {"Text": "Hello there.", "VoiceId": "Joanna", "OutputFormat": "mp3"}


@pytest.fixture
def aws(boto3_session: boto3.session.Session) -> Iterator[Aws]:
    with running_aws(boto3_session, real_engines()) as aws:
        yield aws


def test_detect_text_refuses_a_bad_image(aws: Aws) -> None:
    small = io.BytesIO()
    Image.new("RGB", (79, 200)).save(small, "PNG")
    detect = aws.client("rekognition").detect_text

    assert refusal(detect, Image={"Bytes": b"text"}) == ("InvalidImageFormatException", 400)
    assert refusal(detect, Image={"Bytes": small.getvalue()}) == ("InvalidParameterException", 400)


def test_a_collection_is_created_used_and_deleted(aws: Aws) -> None:
    rekognition = aws.client("rekognition")
    created = rekognition.create_collection(CollectionId="people", Tags={"for": "tests"})
    described = rekognition.describe_collection(CollectionId="people")

    assert created["StatusCode"] == 200
    assert described["FaceCount"] == 0
    assert abs(datetime.now(UTC) - described["CreationTimestamp"]) < timedelta(minutes=10)
    assert rekognition.list_collections()["CollectionIds"] == ["people"]
    assert rekognition.list_faces(CollectionId="people")["Faces"] == []
    people = {"CollectionId": "people"}
    assert refusal(rekognition.create_collection, **people) == (
        "ResourceAlreadyExistsException",
        400,
    )
    bad = ("InvalidImageFormatException", 400)
    assert refusal(rekognition.index_faces, **people, Image={"Bytes": b"text"}) == bad
    rekognition.delete_collection(CollectionId="people")
    assert refusal(rekognition.list_faces, **people) == ("ResourceNotFoundException", 400)


@pytest.mark.engines
@pytest.mark.xdist_group("faces")
def test_a_face_is_indexed_found_and_forgotten(aws: Aws) -> None:
    rekognition = aws.client("rekognition")
    image = {"Bytes": as_jpeg(pictures_of_faces.portrait().resize((128, 128)))}
    rekognition.create_collection(CollectionId="people")

    indexed = rekognition.index_faces(CollectionId="people", Image=image, ExternalImageId="me")
    face_id = indexed["FaceRecords"][0]["Face"]["FaceId"]
    found = rekognition.search_faces_by_image(CollectionId="people", Image=image)
    deleted = rekognition.delete_faces(CollectionId="people", FaceIds=[face_id])

    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [face_id]
    assert deleted["DeletedFaces"] == [face_id]
    assert aws.control("timings")["rekognition.IndexFaces"]["calls"] == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Text": "x" * 3001}, "TextLengthExceededException"),
        ({"VoiceId": "Ruth", "Engine": "standard"}, "ValidationException"),
        ({"VoiceId": "Nobody"}, "ValidationException"),
        ({"Text": "<speak>", "TextType": "ssml"}, "InvalidSsmlException"),
    ],
)
def test_polly_refuses_with_its_own_codes(aws: Aws, change: dict[str, str], code: str) -> None:
    assert refusal(aws.client("polly").synthesize_speech, **SPEECH | change) == (code, 400)


@pytest.mark.engines
def test_polly_streams_an_mp3(aws: Aws) -> None:
    answer = aws.client("polly").synthesize_speech(**SPEECH)

    assert answer["AudioStream"].read()[:1] in {b"\xff", b"I"}
    assert answer["ContentType"] == "audio/mpeg"
    assert answer["RequestCharacters"] == len(SPEECH["Text"])
