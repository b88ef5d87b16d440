"""What must hold of deleted stories, and of the renditions of those that are not."""

from collections.abc import Iterator, Sequence

import msgspec

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.errors import RejectedError, UnknownStoryError
from chalicelib.http.answers import found_response
from chalicelib.stories.keys import Links
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status, Story
from tests.proof.outcome import Outcome, life_of, written
from tests.proof.pages import text_on
from tests.proof.tape import Request

_SIZES = {"large", "medium", "small", "thumbnail"}
_LINKS = Links("https://cdn.example")


def _missing_renditions(run: Outcome) -> Iterator[str]:
    """A ready story has all renditions, unless their message was lost on purpose or is parked."""
    ready = [story for story, _ in run.stories if story.status is Status.READY]
    excused = run.parked(Step.RENDITIONS) if ready else set()
    excused |= {life for step, life in run.simulation.lost if step is Step.RENDITIONS}
    for story in ready:
        if about(story) in excused:
            continue
        if set(story.renditions) != _SIZES:
            yield f"a ready story has {len(story.renditions)} renditions"
        for rendition in story.renditions.values():
            if life_of(rendition.key) != about(story) or not run.exists(rendition.key):
                yield "a rendition is missing"


def _badly_erased(run: Outcome) -> Iterator[str]:
    """What is left of a deleted story is a tombstone that says nothing of the page."""
    for life in run.simulation.deleted:
        if life not in run.deleted:
            yield "a deletion was answered that no write recorded"
    texts = {text_on(each.shade) for each in run.promises} - {""}
    for life in run.deleted:
        tombstone = run.record(life)
        if tombstone is None:  # its id has another life
            continue
        if tombstone.erased_at is None or tombstone.expires_at is None:
            yield "a deletion never came to its end"
        if tombstone.unfinished_since is not None:
            yield "a story that is gone is still swept"
        said = msgspec.json.encode(tombstone).decode()
        about_it = {"page one", "private/", "public/", *texts}
        if tombstone.content_id or any(each in said for each in about_it):
            yield "a tombstone tells of its story"


def _copies(run: Outcome) -> Iterator[str]:
    """The CDN was asked to forget after the last public file was gone, and said so in time."""
    if run.simulation.naps:
        return
    for life in run.deleted - run.parked_deletions:
        done = _forgotten_by_the_cdn(run.requests, life)
        if not done:
            yield "the CDN may still have copies of a deleted story"
        for request in run.requests:
            is_its_own = isinstance(request.result, Story) and about(request.result) == life
            if is_its_own and written(request, "erased_at"):
                before = run.requests[: request.number]
                if not 0 < done < request.number or _files(before, life):
                    yield "a story was said to be erased before it was"


def _forgotten_by_the_cdn(requests: Sequence[Request], life: StoryMessage) -> int:
    """The number of the request that said so; 0: there is none."""
    gone = _last_removal(requests, life)
    asked: dict[str, int] = {}
    covering = {"public/", f"public/{life.id}/{life.generation}/"}
    for request in requests:
        match request.detail:
            case ("invalidate", prefix, *_) if prefix in covering:
                if not request.took_effect:
                    continue
                reference = str(request.detail[-1])
                # Asked again, it is the same invalidation: it covers what was there at first.
                first = asked.setdefault(reference, request.number)
                if request.result is True and first > gone:
                    return request.number
    return 0


def _files(requests: Sequence[Request], life: StoryMessage) -> set[str]:
    """The files of a life after these requests."""
    there: set[str] = set()
    for request in requests:
        match request.detail:
            case ("put", str(key), *_) if request.took_effect and life_of(key) == life:
                there.add(key)
            case ("delete", [*removed]) if request.took_effect:
                there -= set(removed)
    return there


def _last_removal(requests: Sequence[Request], life: StoryMessage) -> int:
    """The number of the request that removed the last public file of a life."""
    there: set[str] = set()
    last = 0
    for request in requests:
        match request.detail:
            case ("put", str(key), *_) if request.took_effect and key.startswith("public/"):
                there.update({key} if life_of(key) == life else ())
            case ("delete", [*removed]) if request.took_effect and there & set(removed):
                there -= set(removed)
                last = request.number
    return last


def _told_after_deletion(run: Outcome) -> Iterator[str]:
    """After a deletion was answered, no answer shows anything of that life."""
    for answer in run.simulation.answered:
        found = answer.found
        if isinstance(found, Story) and about(found) in answer.deleted:
            said = str(found_response(found, _LINKS).body)
            if found.status is not Status.DELETED or "page one" in said or "public/" in said:
                yield "a deleted story was answered"
        is_story = answer.asked_for in {life.id for life in run.claimed}
        if isinstance(found, UnknownStoryError) and is_story:
            expired = run.backend.stories.find(answer.asked_for)
            if expired is None or expired.expires_at is None:
                yield "a story is said to be unknown"
        elif isinstance(found, RejectedError) and is_story:
            yield f"a client does not get a story: {found.message}"


ALL = (_missing_renditions, _badly_erased, _copies, _told_after_deletion)
