"""Collections of faces, told with coloured squares for faces."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.services.rekognition.face_recognition import MODEL_VERSION
from tests.local.services.faces import (
    BLUE,
    GREEN,
    RED,
    ColouredFaces,
    FaceClient,
    coloured,
    squares,
)

NOBODY = "00000000-0000-4000-8000-999999999999"
ALL_THREE = {"Bytes": squares((RED, 20, 20, 120), (GREEN, 180, 20, 160), (BLUE, 370, 20, 90))}
BLURRED = {"Bytes": squares((RED, 100, 60, 200), blurred=True)}
NO_IMAGE = {"Bytes": b"no image"}
NOWHERE: dict[str, Any] = {"CollectionId": "nowhere"}
PEOPLE: dict[str, Any] = {"CollectionId": "people", "Image": ALL_THREE}


@pytest.fixture
def faces() -> FaceClient:
    client = coloured()
    client("CreateCollection", CollectionId="people")
    return client


def one(colour: tuple[int, int, int]) -> dict[str, bytes]:
    return {"Bytes": squares((colour, 100, 60, 200))}


def index(faces: FaceClient, image: dict[str, bytes], **options: Any) -> list[str]:
    answer = faces("IndexFaces", CollectionId="people", Image=image, **options)
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def search(faces: FaceClient, image: dict[str, bytes], **options: Any) -> list[str]:
    answer = faces("SearchFacesByImage", CollectionId="people", Image=image, **options)
    return [match["Face"]["FaceId"] for match in answer["FaceMatches"]]


def listed(faces: FaceClient) -> list[str]:
    return [face["FaceId"] for face in faces("ListFaces", CollectionId="people")["Faces"]]


def test_a_new_collection_is_empty_and_has_an_arn(faces: FaceClient) -> None:
    created = faces("CreateCollection", CollectionId="others", Tags={"a": "b"})
    described = faces("DescribeCollection", CollectionId="others")

    assert created["StatusCode"] == 200
    assert created["CollectionArn"].endswith(":collection/others")
    assert abs(datetime.now(UTC) - described.pop("CreationTimestamp")) < timedelta(minutes=10)
    assert described == {
        "CollectionARN": "arn:aws:rekognition:us-east-1:123456789012:collection/others",
        "FaceCount": 0,
        "FaceModelVersion": MODEL_VERSION,
        "UserCount": 0,
    }
    assert faces("ListCollections")["CollectionIds"] == ["others", "people"]


def test_a_collection_is_created_once(faces: FaceClient) -> None:
    error = faces.error("CreateCollection", CollectionId="people")

    sentence = "The collection id: people already exists"
    assert (error.code, error.message) == ("ResourceAlreadyExistsException", sentence)


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("ResourceNotFoundException", "DescribeCollection", NOWHERE),
    ("ResourceNotFoundException", "DeleteCollection", NOWHERE),
    ("ResourceNotFoundException", "IndexFaces", NOWHERE | {"Image": NO_IMAGE}),
    ("ResourceNotFoundException", "SearchFacesByImage", NOWHERE | {"Image": NO_IMAGE}),
    ("ResourceNotFoundException", "ListFaces", NOWHERE),
    ("ResourceNotFoundException", "DeleteFaces", NOWHERE | {"FaceIds": [NOBODY]}),
    ("ValidationException", "CreateCollection", {"CollectionId": "with space"}),
    ("ValidationException", "CreateCollection", {"CollectionId": "x" * 256}),
    ("ValidationException", "IndexFaces", PEOPLE | {"MaxFaces": 0}),
    ("ValidationException", "SearchFacesByImage", PEOPLE | {"FaceMatchThreshold": 100.5}),
    ("ValidationException", "DeleteFaces", {"CollectionId": "people", "FaceIds": []}),
    ("NotImplemented", "DetectFaces", {"Image": ALL_THREE, "Attributes": ["ALL"]}),
    ("NotImplemented", "IndexFaces", PEOPLE | {"QualityFilter": "HIGH"}),
    ("NotImplemented", "SearchFacesByImage", PEOPLE | {"QualityFilter": "AUTO"}),
]


@pytest.mark.parametrize(("code", "operation", "request_"), REFUSED)
def test_an_unknown_collection_a_bad_value_and_an_unused_option_are_refused(
    faces: FaceClient, code: str, operation: str, request_: dict[str, Any]
) -> None:
    assert faces.code(operation, **request_) == code


def test_attributes_come_only_on_request(faces: FaceClient) -> None:
    default = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    for asked, more in (([], set()), (["DEFAULT", "EYES_OPEN"], {"EyesOpen"})):
        (face,) = faces("DetectFaces", Image=one(RED), Attributes=asked)["FaceDetails"]
        assert set(face) == default | more


def test_faces_are_indexed_the_largest_first(faces: FaceClient) -> None:
    answer = faces("IndexFaces", **PEOPLE, ExternalImageId="three:of_them")

    records = answer["FaceRecords"]
    assert [round(each["Face"]["BoundingBox"]["Left"], 1) for each in records] == [0.4, 0.1, 0.8]
    assert {each["Face"]["ExternalImageId"] for each in records} == {"three:of_them"}
    assert len({each["Face"]["ImageId"] for each in records}) == 1
    assert len({each["Face"]["FaceId"] for each in records}) == 3
    assert answer["UnindexedFaces"] == []
    assert faces("DescribeCollection", CollectionId="people")["FaceCount"] == 3
    for record in records:
        assert record["FaceDetail"]["BoundingBox"] == record["Face"]["BoundingBox"]


def test_the_smallest_faces_exceed_max_faces(faces: FaceClient) -> None:
    answer = faces("IndexFaces", **PEOPLE, MaxFaces=2)

    (left_out,) = answer["UnindexedFaces"]
    assert len(answer["FaceRecords"]) == 2
    assert left_out["Reasons"] == ["EXCEEDS_MAX_FACES"]
    assert left_out["FaceDetail"]["BoundingBox"]["Left"] > 0.7
    assert len(listed(faces)) == 2


def test_a_blurred_face_is_not_indexed_without_permission(faces: FaceClient) -> None:
    answer = faces("IndexFaces", CollectionId="people", Image=BLURRED)

    assert answer["FaceRecords"] == []
    assert [each["Reasons"] for each in answer["UnindexedFaces"]] == [["LOW_SHARPNESS"]]
    assert len(index(faces, BLURRED, QualityFilter="NONE")) == 1
    assert index(faces, {"Bytes": squares()}) == []


def test_an_image_indexed_many_times_at_once_is_indexed_once(faces: FaceClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: index(faces, one(RED), ExternalImageId="me"), range(8)))

    assert ids == [listed(faces)] * 8
    index(faces, one(GREEN), ExternalImageId="me")
    assert len(listed(faces)) == 2


def test_a_search_finds_the_largest_face_of_the_image(faces: FaceClient) -> None:
    red, green = index(faces, one(RED))[0], index(faces, one(GREEN))[0]
    both = {"Bytes": squares((RED, 20, 20, 100), (GREEN, 200, 20, 200))}

    answer = faces("SearchFacesByImage", CollectionId="people", Image=both)

    (match,) = answer["FaceMatches"]
    assert match["Face"]["FaceId"] == green != red
    assert match["Similarity"] > 99.9
    assert answer["SearchedFaceBoundingBox"]["Left"] > 0.4
    assert answer["SearchedFaceConfidence"] > 99


def test_faces_over_the_threshold_are_found_the_most_similar_first(faces: FaceClient) -> None:
    (green,) = index(faces, one(GREEN))
    assert search(faces, one(RED)) == []
    (red,) = index(faces, one(RED))

    assert search(faces, one(RED), FaceMatchThreshold=0.0) == [red, green]
    assert search(faces, one(RED), FaceMatchThreshold=0.0, MaxFaces=1) == [red]


def test_a_search_needs_a_face_however_blurred(faces: FaceClient) -> None:
    (red,) = index(faces, one(RED))

    error = faces.error("SearchFacesByImage", CollectionId="people", Image={"Bytes": squares()})

    assert error.code == "InvalidParameterException"
    assert error.message == "There are no faces in the image. Should be at least 1."
    assert search(faces, BLURRED) == [red]


def test_deletion_names_the_missing_faces(faces: FaceClient) -> None:
    red, green = index(faces, one(RED))[0], index(faces, one(GREEN))[0]

    answer = faces("DeleteFaces", CollectionId="people", FaceIds=[red, NOBODY, red])

    assert answer["DeletedFaces"] == [red]
    assert answer["UnsuccessfulFaceDeletions"] == [
        {"FaceId": NOBODY, "Reasons": ["FACE_NOT_FOUND"]}
    ]
    assert listed(faces) == [green]
    assert search(faces, one(RED)) == []


def test_a_collection_answers_while_an_image_is_looked_at() -> None:
    looking, go_on = threading.Event(), threading.Event()

    class SlowFaces(ColouredFaces):
        def detect(self, picture: Any) -> Any:
            looking.set()
            assert go_on.wait(60)
            return super().detect(picture)

    slow = coloured(SlowFaces())
    slow("CreateCollection", CollectionId="people")
    with ThreadPoolExecutor(1) as pool:
        indexing = pool.submit(index, slow, one(RED))
        assert looking.wait(60)
        assert listed(slow) == []
        go_on.set()
        indexed = indexing.result()
    assert listed(slow) == indexed
