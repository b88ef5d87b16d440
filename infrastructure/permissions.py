"""What each function may do: a role of its own, with exactly the actions and resources it uses.

The table is `GRANTS`; `policy_of` makes an IAM policy of one of its rows, for the resources of one
stage. That no row lacks or has anything is held against the calls that the functions were seen to
make (tests/infrastructure/test_permissions.py).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from infrastructure.grants import (
    INTAKE_BUCKET,
    MEDIA,
    PROFILE_FILES,
    PROFILE_PRIVATE,
    PROFILE_PUBLIC,
    PROFILES,
    REJECTED,
    STAGED,
    STAGED_PROFILES,
    STORIES,
    STORY_FILES,
    STORY_PRIVATE,
    STORY_PUBLIC,
    UPLOADS,
    Grant,
    consume,
    delete,
    detect_faces,
    faces,
    get,
    invalidate,
    know_absent,
    list_only,
    log,
    look_at_workflow,
    put,
    query,
    read_text,
    records,
    scan,
    send_to,
    speak,
    start_workflow,
    tell_person,
    tell_subscribers,
    trace,
)
from infrastructure.names import Names
from infrastructure.stage import API_HANDLER

# A story's files are looked for in a folder until there are none.
_remove_story_files: Final = (know_absent(MEDIA), delete(*STORY_FILES))
_remove_profile_files: Final = delete(*PROFILE_FILES)
_bring_stories_on: Final = records(STORIES, "GetItem", "UpdateItem")
_bring_profiles_on: Final = records(PROFILES, "GetItem", "PutItem")

_end_attempt: Final = (
    _bring_profiles_on,
    get(PROFILE_PRIVATE),
    know_absent(MEDIA),
    _remove_profile_files,
    faces("SearchFacesByImage", "DeleteFaces"),
    invalidate,
    tell_person,
)

GRANTS: Final[Mapping[str, tuple[Grant, ...]]] = MappingProxyType(
    {
        "authorize": (),  # it knows the tokens' digests from its environment
        API_HANDLER: (
            records(STORIES, "GetItem", "BatchGetItem", "PutItem", "UpdateItem"),
            records(UPLOADS, "GetItem", "PutItem", "UpdateItem"),
            _bring_profiles_on,
            query("listing"),
            get(STORY_PRIVATE, PROFILE_PRIVATE, STAGED),
            know_absent(MEDIA, INTAKE_BUCKET),
            put(STORY_PRIVATE, PROFILE_PRIVATE, STAGED, STAGED_PROFILES),
            delete(*STORY_FILES, *PROFILE_FILES),
            send_to("intake", "reading", "narration", "deletion"),
            faces("DeleteFaces"),
            invalidate,
            start_workflow,
            look_at_workflow,
            tell_subscribers,
        ),
        "announce_staged": (send_to("intake"),),
        "announce_staged_profile_photo": (send_to("intake"),),
        "take_in_staged": (
            *consume("intake"),
            # Of a transaction, each step is asked for, perhaps with the keys of all of them.
            records(STORIES + UPLOADS, "GetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),
            _bring_profiles_on,
            get(PROFILE_PRIVATE, STAGED, STAGED_PROFILES, REJECTED),
            know_absent(MEDIA, INTAKE_BUCKET),
            put(STORY_PRIVATE, PROFILE_PRIVATE, REJECTED),
            delete(*STORY_FILES, *PROFILE_FILES, STAGED, STAGED_PROFILES, REJECTED),
            send_to("reading", "narration", "deletion", "intake-parked"),
            faces("DeleteFaces"),
            invalidate,
            start_workflow,
            look_at_workflow,
            tell_subscribers,
        ),
        "read_page": (
            *consume("reading"),
            _bring_stories_on,
            get(STORY_PRIVATE),
            put(*STORY_FILES),
            read_text,
            send_to("narration", "renditions"),
            tell_subscribers,
            *_remove_story_files,
        ),
        "narrate": (
            *consume("narration"),
            _bring_stories_on,
            get(*STORY_FILES),
            put(*STORY_FILES),
            speak,
            tell_subscribers,
            *_remove_story_files,
        ),
        "make_renditions": (
            *consume("renditions"),
            _bring_stories_on,
            get(STORY_PUBLIC),
            put(STORY_PUBLIC),
            *_remove_story_files,
        ),
        "erase": (
            *consume("deletion"),
            _bring_stories_on,
            records(UPLOADS, "UpdateItem"),
            query("listing"),
            list_only(*STORY_FILES),
            delete(*STORY_FILES, STAGED),
            get(STAGED),
            know_absent(INTAKE_BUCKET),
            invalidate,
        ),
        "detect_face": (
            _bring_profiles_on,
            get(PROFILE_PRIVATE),
            know_absent(MEDIA),
            put(PROFILE_PRIVATE),
            detect_faces,
        ),
        "check_face_duplicate": (
            _bring_profiles_on,
            get(PROFILE_PRIVATE),
            know_absent(MEDIA),
            faces("SearchFacesByImage"),
        ),
        "add_face_to_index": (
            _bring_profiles_on,
            get(PROFILE_PRIVATE),
            know_absent(MEDIA),
            faces("SearchFacesByImage", "IndexFaces", "DeleteFaces"),
        ),
        "make_thumbnail": (
            records(PROFILES, "GetItem"),
            get(PROFILE_PRIVATE),
            know_absent(MEDIA),
            put(PROFILE_PUBLIC),
        ),
        "persist_metadata": (
            _bring_profiles_on,
            list_only(*PROFILE_FILES),
            _remove_profile_files,
            faces("DeleteFaces"),
            invalidate,
        ),
        "refuse_photo": _end_attempt,
        "fail_photo": _end_attempt,
        "sweep": (
            scan("unfinished"),
            _bring_stories_on,
            records(PROFILES, "GetItem", "PutItem", "DeleteItem"),
            get(STORY_PRIVATE, PROFILE_PRIVATE, STAGED_PROFILES),
            know_absent(MEDIA, INTAKE_BUCKET),
            delete(*PROFILE_FILES, STAGED_PROFILES),
            send_to("intake", "reading", "narration", "deletion", "reading-dead", "narration-dead"),
            faces("SearchFacesByImage", "DeleteFaces"),
            invalidate,
            start_workflow,
            look_at_workflow,
            tell_person,
        ),
        "give_up_intake": (
            *consume("intake-dead"),
            records(UPLOADS, "GetItem", "UpdateItem"),
            send_to("intake-parked"),
        ),
        "give_up_reading": (
            *consume("reading-dead"),
            _bring_stories_on,
            list_only(*STORY_FILES),
            delete(*STORY_FILES),
            send_to("reading-parked"),
            tell_subscribers,
        ),
        "give_up_narration": (
            *consume("narration-dead"),
            _bring_stories_on,
            list_only(*STORY_FILES),
            delete(*STORY_FILES),
            send_to("narration-parked"),
            tell_subscribers,
        ),
        "give_up_renditions": (*consume("renditions-dead"), send_to("renditions-parked")),
        "give_up_deletion": (*consume("deletion-dead"), send_to("deletion-parked")),
    }
)
"""By function, what it may do besides logging and tracing."""


def policy_of(function: str, names: Names) -> dict[str, Any]:
    """The IAM policy of a function's role.

    Raises:
        KeyError: There is no such function in the table.
    """
    grants = (*GRANTS[function], log, trace)
    return {
        "Version": "2012-10-17",
        "Statement": [grant.statement(names, function) for grant in grants],
    }
