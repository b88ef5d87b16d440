"""What each function may do: it has a role with exactly the actions and resources that it uses.

Each function that works on a queue may receive its messages; `QUEUES` says which. `_OWN` has all
other permissions. tests/infrastructure/test_permissions.py compares the result with the calls that
the functions made, in both directions.
"""

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Final

from chalicelib.stories.queues import DEAD_LETTERS, PARKED, QUEUES, Step
from infrastructure.iam import grants as may
from infrastructure.iam.grants import Grant, policy
from infrastructure.iam.names import Names
from infrastructure.stage import API_HANDLER

_MEDIA: Final = "{media_bucket}"
_INTAKE_BUCKET: Final = "{intake_bucket}"
# The folder of a story is its id, a UUID. So this pattern excludes profiles/, people's photos.
_STORY_PRIVATE: Final = f"{_MEDIA}/private/????????-*"
_STORY_PUBLIC: Final = f"{_MEDIA}/public/????????-*"
_STORY_FILES: Final = (_STORY_PRIVATE, _STORY_PUBLIC)
_PROFILE_PRIVATE: Final = f"{_MEDIA}/private/profiles/*"
_PROFILE_PUBLIC: Final = f"{_MEDIA}/public/profiles/*"
_PROFILE_FILES: Final = (_PROFILE_PRIVATE, _PROFILE_PUBLIC)
_UPLOADED: Final = f"{_INTAKE_BUCKET}/images/*"
_UPLOADED_PROFILES: Final = f"{_INTAKE_BUCKET}/profiles/*"
_REJECTED: Final = f"{_INTAKE_BUCKET}/rejected/*"
# S3 announces nothing below it: a person puts a photo there, and starts the workflow.
_BY_HAND: Final = f"{_INTAKE_BUCKET}/by-hand/*"

_STORIES, _UPLOADS, _PROFILES = ("story#*",), ("upload#*",), ("profile#*",)

# A function lists a story's folder until it is empty.
_remove_story_files: Final = (may.know_absent(_MEDIA), may.delete(*_STORY_FILES))
_remove_profile_files: Final = may.delete(*_PROFILE_FILES)
_update_stories: Final = may.records(_STORIES, "GetItem", "UpdateItem")
_update_profiles: Final = may.records(_PROFILES, "GetItem", "PutItem")

_end_attempt: Final = (
    _update_profiles,
    may.get(_PROFILE_PRIVATE),
    may.know_absent(_MEDIA),
    _remove_profile_files,
    may.faces("SearchFacesByImage", "DeleteFaces"),
    may.invalidate,
    may.send_email,
)
_fail_story: Final = (
    _update_stories,
    may.list_only(*_STORY_FILES),
    may.delete(*_STORY_FILES),
    may.publish,
)

_OWN: Final[Mapping[str, tuple[Grant, ...]]] = {
    "authorize": (),  # the tokens' digests are in its environment
    API_HANDLER: (
        may.records(_STORIES, "GetItem", "BatchGetItem", "PutItem", "UpdateItem"),
        may.records(_UPLOADS, "GetItem", "PutItem", "UpdateItem"),
        _update_profiles,
        may.query("listing"),
        may.get(_STORY_PRIVATE, _PROFILE_PRIVATE, _UPLOADED),
        may.know_absent(_MEDIA, _INTAKE_BUCKET),
        may.put(_STORY_PRIVATE, _PROFILE_PRIVATE, _UPLOADED, _UPLOADED_PROFILES),
        may.delete(*_STORY_FILES, *_PROFILE_FILES),
        may.send_to(Step.INTAKE, Step.READING, Step.NARRATION, Step.DELETION),
        may.faces("DeleteFaces"),
        may.invalidate,
        may.start_workflow,
        may.look_at_workflow,
        may.publish,
    ),
    "announce_staged": (may.send_to(Step.INTAKE),),
    "take_in_staged": (
        # IAM checks each step of a transaction, perhaps with the keys of all steps.
        may.records(_STORIES + _UPLOADS, "GetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),
        _update_profiles,
        may.get(_PROFILE_PRIVATE, _UPLOADED, _UPLOADED_PROFILES, _REJECTED),
        may.know_absent(_MEDIA, _INTAKE_BUCKET),
        may.put(_STORY_PRIVATE, _PROFILE_PRIVATE, _REJECTED),
        may.delete(*_STORY_FILES, *_PROFILE_FILES, _UPLOADED, _UPLOADED_PROFILES, _REJECTED),
        may.send_to(Step.READING, Step.NARRATION, Step.DELETION, f"{Step.INTAKE}{PARKED}"),
        may.faces("DeleteFaces"),
        may.invalidate,
        may.start_workflow,
        may.look_at_workflow,
        may.publish,
    ),
    "read_page": (
        _update_stories,
        may.get(_STORY_PRIVATE),
        may.put(*_STORY_FILES),
        may.read_text,
        may.send_to(Step.READING, Step.NARRATION, Step.RENDITIONS),
        may.publish,
        *_remove_story_files,
    ),
    "narrate": (
        _update_stories,
        may.get(*_STORY_FILES),
        may.put(*_STORY_FILES),
        may.speak,
        may.send_to(Step.NARRATION),
        may.publish,
        *_remove_story_files,
    ),
    "make_renditions": (
        _update_stories,
        may.get(_STORY_PUBLIC),
        may.put(_STORY_PUBLIC),
        *_remove_story_files,
    ),
    "erase": (
        _update_stories,
        may.records(_UPLOADS, "BatchGetItem", "UpdateItem"),
        may.query("listing"),
        may.list_only(*_STORY_FILES),
        may.delete(*_STORY_FILES, _UPLOADED),
        may.get(_UPLOADED),
        may.know_absent(_INTAKE_BUCKET),
        may.send_to(Step.DELETION),
        may.invalidate,
    ),
    "detect_face": (
        _update_profiles,
        may.get(_PROFILE_PRIVATE, _BY_HAND),
        may.know_absent(_MEDIA, _INTAKE_BUCKET),
        may.put(_PROFILE_PRIVATE),
        may.detect_faces,
    ),
    "check_face_duplicate": (
        _update_profiles,
        may.get(_PROFILE_PRIVATE),
        may.know_absent(_MEDIA),
        may.faces("SearchFacesByImage"),
    ),
    "add_face_to_index": (
        _update_profiles,
        may.get(_PROFILE_PRIVATE),
        may.know_absent(_MEDIA),
        may.faces("SearchFacesByImage", "IndexFaces", "DeleteFaces"),
    ),
    "make_thumbnail": (
        may.records(_PROFILES, "GetItem"),
        may.get(_PROFILE_PRIVATE),
        may.know_absent(_MEDIA),
        may.put(_PROFILE_PUBLIC),
    ),
    "persist_metadata": (
        _update_profiles,
        may.list_only(*_PROFILE_FILES),
        _remove_profile_files,
        may.faces("DeleteFaces"),
        may.invalidate,
    ),
    "refuse_photo": _end_attempt,
    "fail_photo": _end_attempt,
    "sweep": (
        may.scan("unfinished"),
        may.records(_STORIES, "GetItem", "BatchGetItem", "UpdateItem"),
        may.records(_PROFILES, "GetItem", "BatchGetItem", "PutItem", "DeleteItem"),
        may.get(_STORY_PRIVATE, _PROFILE_PRIVATE, _UPLOADED_PROFILES),
        may.know_absent(_MEDIA, _INTAKE_BUCKET),
        may.delete(*_PROFILE_FILES, _UPLOADED_PROFILES),
        may.send_to(
            *(Step.INTAKE, Step.READING, Step.NARRATION, Step.DELETION),
            *(f"{step}{DEAD_LETTERS}" for step in (Step.READING, Step.NARRATION)),
        ),
        may.count(*(f"{step}{end}" for step in Step for end in (DEAD_LETTERS, PARKED))),
        may.faces("SearchFacesByImage", "DeleteFaces"),
        may.invalidate,
        may.start_workflow,
        may.look_at_workflow,
        may.send_email,
    ),
    "give_up_intake": (may.records(_UPLOADS, "GetItem", "UpdateItem"), may.publish),
    "give_up_reading": _fail_story,
    "give_up_narration": _fail_story,
}


def _grants() -> dict[str, tuple[Grant, ...]]:
    grants = dict(_OWN)
    for queue in QUEUES:
        dead, parked = f"{queue.step}{DEAD_LETTERS}", f"{queue.step}{PARKED}"
        for function, consumed in (
            (queue.handler, may.consume(queue.step)),
            (queue.dead_letter_handler, (*may.consume(dead), may.send_to(parked))),
        ):
            grants[function] = (*consumed, *grants.get(function, ()))
    return grants


GRANTS: Final[Mapping[str, tuple[Grant, ...]]] = MappingProxyType(_grants())
"""By function: what it may do in addition to logs and traces."""


def policy_of(function: str, names: Names) -> dict[str, Any]:
    """Return the IAM policy of a function's role.

    Raises:
        KeyError: `GRANTS` does not have the function.
    """
    fields = {**asdict(names), "function": names.function(function)}
    return policy((*GRANTS[function], may.log, may.trace), fields)
