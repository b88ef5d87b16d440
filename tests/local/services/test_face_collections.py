"""Collections of faces, told with coloured squares for faces."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
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

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
NOBODY = "00000000-0000-4000-8000-999999999999"

ALL_THREE = squares((RED, 20, 20, 120), (GREEN, 180, 20, 160), (BLUE, 370, 20, 90))


@pytest.fixture
def faces() -> FaceClient:
    numbers = count(1)
    client = coloured(
        now=lambda: NOON, new_face_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012}"
    )
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


def listed(faces: FaceClient, **options: Any) -> list[str]:
    answer = faces("ListFaces", CollectionId="people", **options)
    return [face["FaceId"] for face in answer["Faces"]]


def test_a_new_collection_is_empty_and_has_an_arn(faces: FaceClient) -> None:
    created = faces("CreateCollection", CollectionId="others", Tags={"a": "b"})
    assert created["StatusCode"] == 200
    assert created["CollectionArn"].endswith(":collection/others")
    described = faces("DescribeCollection", CollectionId="others")
    assert described["FaceCount"] == 0
    assert described["CreationTimestamp"] == NOON
    assert described["CollectionARN"].startswith("arn:aws:rekognition:us-east-1:")
    assert described["FaceModelVersion"] == MODEL_VERSION


def test_a_collection_is_created_once(faces: FaceClient) -> None:
    error = faces.error("CreateCollection", CollectionId="people")
    assert error.code == "ResourceAlreadyExistsException"
    assert error.message == "The collection id: people already exists"
    faces("CreateCollection", CollectionId="People")


@pytest.mark.parametrize(
    ("operation", "rest"),
    [
        ("DescribeCollection", {}),
        ("DeleteCollection", {}),
        ("IndexFaces", {"Image": {"Bytes": ALL_THREE}}),
        ("IndexFaces", {"Image": {"Bytes": b"no image"}}),
        ("SearchFacesByImage", {"Image": {"Bytes": b"no image"}}),
        ("ListFaces", {}),
        ("DeleteFaces", {"FaceIds": [NOBODY]}),
    ],
)
def test_an_unknown_collection_is_not_found(
    faces: FaceClient, operation: str, rest: dict[str, Any]
) -> None:
    code = faces.code(operation, CollectionId="nowhere", **rest)
    assert code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("operation", "rest"),
    [
        ("CreateCollection", {"CollectionId": "with space"}),
        ("CreateCollection", {"CollectionId": "x" * 256}),
        ("IndexFaces", {"Image": {"Bytes": b"x"}, "ExternalImageId": "with space"}),
        ("IndexFaces", {"Image": {"Bytes": b"x"}, "MaxFaces": 0}),
        ("IndexFaces", {"Image": {"Bytes": b"x"}, "QualityFilter": "BEST"}),
        ("IndexFaces", {"Image": {"Bytes": b"x"}, "DetectionAttributes": ["HAIR"]}),
        ("SearchFacesByImage", {"Image": {"Bytes": b"x"}, "FaceMatchThreshold": 100.5}),
        ("SearchFacesByImage", {"Image": {"Bytes": b"x"}, "MaxFaces": 4097}),
        ("ListFaces", {"MaxResults": 4097}),
        ("DeleteFaces", {"FaceIds": []}),
        ("DeleteFaces", {"FaceIds": ["me"]}),
        ("DeleteFaces", {}),
    ],
)
def test_requests_are_held_to_the_model(
    faces: FaceClient, operation: str, rest: dict[str, Any]
) -> None:
    request = {"CollectionId": "people"} | rest
    assert faces.code(operation, **request) == "ValidationException"


def test_a_collection_must_be_named(faces: FaceClient) -> None:
    assert faces.code("CreateCollection") == "ValidationException"


def test_collections_are_listed_page_by_page(faces: FaceClient) -> None:
    for name in ("b", "a"):
        faces("CreateCollection", CollectionId=name)
    first = faces("ListCollections", MaxResults=2)
    assert first["CollectionIds"] == ["a", "b"]
    assert first["FaceModelVersions"] == [MODEL_VERSION] * 2
    second = faces("ListCollections", MaxResults=2, NextToken=first["NextToken"])
    assert second["CollectionIds"] == ["people"]
    assert "NextToken" not in second


def test_a_deleted_collection_takes_its_faces_along(faces: FaceClient) -> None:
    index(faces, one(RED))
    assert faces("DeleteCollection", CollectionId="people") == {"StatusCode": 200}
    faces("CreateCollection", CollectionId="people")
    assert listed(faces) == []


def test_faces_are_indexed_the_largest_first(faces: FaceClient) -> None:
    answer = faces(
        "IndexFaces",
        CollectionId="people",
        Image={"Bytes": ALL_THREE},
        ExternalImageId="three:of_them",
    )
    records = answer["FaceRecords"]
    assert [round(each["Face"]["BoundingBox"]["Left"], 1) for each in records] == [0.4, 0.1, 0.8]
    assert {each["Face"]["ExternalImageId"] for each in records} == {"three:of_them"}
    assert len({each["Face"]["ImageId"] for each in records}) == 1
    assert len({each["Face"]["FaceId"] for each in records}) == 3
    assert answer["UnindexedFaces"] == []
    assert faces("DescribeCollection", CollectionId="people")["FaceCount"] == 3
    for record in records:
        assert record["FaceDetail"]["BoundingBox"] == record["Face"]["BoundingBox"]
        assert set(record["FaceDetail"]) == {
            "BoundingBox",
            "Confidence",
            "Landmarks",
            "Pose",
            "Quality",
        }


def test_the_smallest_faces_exceed_max_faces(faces: FaceClient) -> None:
    answer = faces(
        "IndexFaces",
        CollectionId="people",
        Image={"Bytes": ALL_THREE},
        MaxFaces=2,
        DetectionAttributes=["SMILE"],
    )
    assert len(answer["FaceRecords"]) == 2
    (left_out,) = answer["UnindexedFaces"]
    assert left_out["Reasons"] == ["EXCEEDS_MAX_FACES"]
    assert left_out["FaceDetail"]["BoundingBox"]["Left"] > 0.7
    assert "Smile" in left_out["FaceDetail"]
    assert len(listed(faces)) == 2


def test_a_blurred_face_is_not_indexed_unless_told(faces: FaceClient) -> None:
    blurred = {"Bytes": squares((RED, 100, 60, 200), blurred=True)}
    answer = faces("IndexFaces", CollectionId="people", Image=blurred)
    assert answer["FaceRecords"] == []
    assert [each["Reasons"] for each in answer["UnindexedFaces"]] == [["LOW_SHARPNESS"]]
    assert len(index(faces, blurred, QualityFilter="NONE")) == 1


def test_an_image_without_faces_is_indexed_as_nothing(faces: FaceClient) -> None:
    assert index(faces, {"Bytes": squares()}) == []


def test_the_same_image_under_the_same_name_is_indexed_once(faces: FaceClient) -> None:
    first = index(faces, one(RED), ExternalImageId="me")
    assert index(faces, one(RED), ExternalImageId="me") == first
    assert listed(faces) == first


def test_more_of_the_same_image_adds_what_is_new(faces: FaceClient) -> None:
    image = {"Bytes": ALL_THREE}
    (first,) = index(faces, image, ExternalImageId="us", MaxFaces=1)
    ids = index(faces, image, ExternalImageId="us")
    assert ids[0] == first
    assert len(listed(faces)) == 3


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({"ExternalImageId": "me"}, {"ExternalImageId": "again"}),
        ({"ExternalImageId": "me"}, {}),
    ],
)
def test_an_image_under_another_name_or_none_is_indexed_again(
    faces: FaceClient, first: dict[str, str], second: dict[str, str]
) -> None:
    assert index(faces, one(RED), **first) != index(faces, one(RED), **second)
    assert len(listed(faces)) == 2


def test_another_image_under_the_same_name_is_indexed(faces: FaceClient) -> None:
    index(faces, one(RED), ExternalImageId="me")
    index(faces, one(GREEN), ExternalImageId="me")
    assert len(listed(faces)) == 2


def test_an_image_indexed_many_times_at_once_is_indexed_once(faces: FaceClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: index(faces, one(RED), ExternalImageId="me"), range(8)))
    assert listed(faces) == ids[0]
    assert all(each == ids[0] for each in ids)


def test_a_search_finds_the_largest_face_of_the_image(faces: FaceClient) -> None:
    red, green = index(faces, one(RED))[0], index(faces, one(GREEN))[0]
    both = {"Bytes": squares((RED, 20, 20, 100), (GREEN, 200, 20, 200))}
    answer = faces("SearchFacesByImage", CollectionId="people", Image=both)
    (match,) = answer["FaceMatches"]
    assert match["Face"]["FaceId"] == green != red
    assert match["Similarity"] > 99.9
    assert answer["SearchedFaceBoundingBox"]["Left"] > 0.4
    assert answer["SearchedFaceConfidence"] > 99


def test_a_search_does_not_find_other_faces_above_its_threshold(faces: FaceClient) -> None:
    index(faces, one(RED))
    assert search(faces, one(GREEN)) == []
    assert len(search(faces, one(GREEN), FaceMatchThreshold=0.0)) == 1


def test_the_most_similar_come_first_up_to_max_faces(faces: FaceClient) -> None:
    green, red = index(faces, one(GREEN))[0], index(faces, one(RED))[0]
    assert search(faces, one(RED), FaceMatchThreshold=0.0) == [red, green]
    assert search(faces, one(RED), FaceMatchThreshold=0.0, MaxFaces=1) == [red]


@pytest.mark.parametrize(
    ("image", "options"),
    [
        (squares(), {}),
        (squares((RED, 100, 60, 200), blurred=True), {"QualityFilter": "AUTO"}),
    ],
    ids=["no face", "none that is good enough"],
)
def test_a_search_needs_a_face(faces: FaceClient, image: bytes, options: dict[str, str]) -> None:
    error = faces.error(
        "SearchFacesByImage", CollectionId="people", Image={"Bytes": image}, **options
    )
    assert error.code == "InvalidParameterException"
    assert error.message == "There are no faces in the image. Should be at least 1."


def test_a_blurred_face_is_searched_for_unless_told(faces: FaceClient) -> None:
    (red,) = index(faces, one(RED))
    assert search(faces, {"Bytes": squares((RED, 100, 60, 200), blurred=True)}) == [red]


def test_faces_are_listed_page_by_page_while_others_go(faces: FaceClient) -> None:
    ids = [index(faces, one(RED))[0] for _ in range(5)]
    first = faces("ListFaces", CollectionId="people", MaxResults=2)
    assert [face["FaceId"] for face in first["Faces"]] == ids[:2]
    faces("DeleteFaces", CollectionId="people", FaceIds=[ids[1]])
    second = faces("ListFaces", CollectionId="people", MaxResults=3, NextToken=first["NextToken"])
    assert [face["FaceId"] for face in second["Faces"]] == ids[2:]
    assert "NextToken" not in second


def test_pages_do_not_repeat_a_face(faces: FaceClient) -> None:
    ids = [index(faces, one(RED))[0] for _ in range(5)]
    pages: list[list[str]] = []
    token: dict[str, str] = {}
    for _ in range(3):
        page = faces("ListFaces", CollectionId="people", MaxResults=2, **token)
        pages.append([face["FaceId"] for face in page["Faces"]])
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert pages == [ids[:2], ids[2:4], ids[4:]]


def test_listed_faces_are_chosen_by_their_ids(faces: FaceClient) -> None:
    ids = [index(faces, one(RED))[0] for _ in range(3)]
    assert listed(faces, FaceIds=[ids[2], NOBODY, ids[0]]) == [ids[0], ids[2]]


def test_no_face_belongs_to_a_user(faces: FaceClient) -> None:
    index(faces, one(RED))
    assert listed(faces, UserId="someone") == []


@pytest.mark.parametrize("token", ["no token", "%", "é", "MQ"])
def test_a_made_up_page_token_is_refused(faces: FaceClient, token: str) -> None:
    code = faces.code("ListFaces", CollectionId="people", NextToken=token)
    assert code == "InvalidPaginationTokenException"
    assert faces.code("ListCollections", NextToken=token) == "InvalidPaginationTokenException"


def test_deletion_tells_which_faces_there_are_not(faces: FaceClient) -> None:
    red, green = index(faces, one(RED))[0], index(faces, one(GREEN))[0]
    answer = faces("DeleteFaces", CollectionId="people", FaceIds=[red, NOBODY, red])
    assert answer["DeletedFaces"] == [red]
    assert answer["UnsuccessfulFaceDeletions"] == [
        {"FaceId": NOBODY, "Reasons": ["FACE_NOT_FOUND"]}
    ]
    assert listed(faces) == [green]
    assert search(faces, one(RED)) == []


class SlowFaces(ColouredFaces):
    """Models that stop at each detection until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.looking, self.go_on = threading.Event(), threading.Event()

    def detect(self, picture: Any) -> Any:
        self.looking.set()
        assert self.go_on.wait(30)
        return super().detect(picture)


def test_a_collection_answers_while_an_image_is_looked_at() -> None:
    models = SlowFaces()
    faces = coloured(models)
    faces("CreateCollection", CollectionId="people")
    with ThreadPoolExecutor(1) as pool:
        indexing = pool.submit(index, faces, one(RED))
        assert models.looking.wait(30)
        assert listed(faces) == []
        models.go_on.set()
        assert listed(faces, FaceIds=indexing.result()) == indexing.result()


def test_a_collection_deleted_meanwhile_takes_no_face() -> None:
    models = SlowFaces()
    faces = coloured(models)
    faces("CreateCollection", CollectionId="people")
    with ThreadPoolExecutor(1) as pool:
        code = pool.submit(faces.code, "IndexFaces", CollectionId="people", Image=one(RED))
        assert models.looking.wait(30)
        faces("DeleteCollection", CollectionId="people")
        models.go_on.set()
        assert code.result() == "ResourceNotFoundException"
