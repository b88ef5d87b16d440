"""What must hold of deleted stories, and of every file: nothing is there that nobody owns."""

from collections.abc import Iterator, Sequence

import msgspec

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.errors import RejectedError, UnknownStoryError
from chalicelib.http.answers import found_response
from chalicelib.stories.keys import Links
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status, Story
from tests.proof.pages import text_on
from tests.proof.promises import Run, written
from tests.proof.tape import Request

_SIZES = {"large", "medium", "small", "thumbnail"}
_LINKS = Links("https://cdn.example")


def broken_by_deletion(run: Run) -> Iterator[str]:
    yield from _orphans(run)
    yield from _missing_renditions(run)
    for life in run.deleted:
        yield from _badly_erased(run, life)
        yield from _copies(run, life)
    for life in run.simulation.deleted:
        if life not in run.deleted:
            yield "a deletion was answered that nobody wrote down"
    yield from _told_after_deletion(run)


def _orphans(run: Run) -> Iterator[str]:
    """Every file that was ever stored belongs to a life that goes on, or is gone."""
    stored = {r.detail[1] for r in run.requests if r.operation == "s3.PutObject"}
    for key in stored:
        life = _life_of(key)
        if run.alive(life) or life in run.parked_deletions:
            continue
        if run.backend.media.exists(key):
            yield f"an orphan: {key.rpartition('/')[2]}"


def _life_of(key: str) -> StoryMessage:
    _, story_id, generation, _ = key.split("/")
    return StoryMessage(story_id, generation)


def _missing_renditions(run: Run) -> Iterator[str]:
    """Unless their message was lost on purpose, or is kept for an operator."""
    for story, _ in run.stories:
        is_lost = (Step.RENDITIONS, about(story)) in run.simulation.lost
        if story.status is not Status.READY or is_lost:
            continue
        if about(story) in run.parked(Step.RENDITIONS):
            continue
        if set(story.renditions) != _SIZES:
            yield f"a ready story has {len(story.renditions)} renditions"
        for rendition in story.renditions.values():
            if _life_of(rendition.key) != about(story) or not run.backend.media.exists(
                rendition.key
            ):
                yield "a rendition is missing"


def _badly_erased(run: Run, life: StoryMessage) -> Iterator[str]:
    tombstone = run.record(life)
    if tombstone is None:  # its id has another life: there is nothing to read any more
        return
    if tombstone.erased_at is None or tombstone.expires_at is None:
        yield "a deletion never came to its end"
    if tombstone.unfinished_since is not None:
        yield "a story that is gone is still swept"
    said = msgspec.json.encode(tombstone).decode()
    texts = {text_on(each.shade) for each in run.promises} - {""}
    about_it = {"page one", "private/", "public/", *texts}
    if tombstone.content_id or any(each in said for each in about_it):
        yield "a tombstone tells of its story"


def _copies(run: Run, life: StoryMessage) -> Iterator[str]:
    """The CDN was made to forget after the last public file was gone, and said so in time."""
    if run.simulation.naps or life in run.parked_deletions:
        return
    gone = _last_removal(run.requests, life)
    asked: dict[str, int] = {}
    done = 0
    for request in run.requests:
        match request.detail:
            case ("invalidate", prefix, *_) if prefix == f"public/{life.id}/{life.generation}/":
                if not request.took_effect:
                    continue
                reference = str(request.detail[-1])
                # Asked for again, it is the same invalidation: it forgets what was there at first.
                first = asked.setdefault(reference, request.number)
                if request.result is True and first > gone:
                    done = done or request.number
    if not done:
        yield "the CDN may still have copies of a deleted story"
    for request in run.requests:
        is_its_own = isinstance(request.result, Story) and about(request.result) == life
        if is_its_own and written(request, "erased_at"):
            before = run.requests[: request.number]
            if not 0 < done < request.number or _files(before, life):
                yield "a story was said to be erased before it was"


def _files(requests: Sequence[Request], life: StoryMessage) -> set[str]:
    """What these requests left of a life's files."""
    there: set[str] = set()
    for request in requests:
        match request.detail:
            case ("put", str(key), *_) if request.took_effect and _life_of(key) == life:
                there.add(key)
            case ("delete", [*removed]) if request.took_effect:
                there -= set(removed)
    return there


def _last_removal(requests: Sequence[Request], life: StoryMessage) -> int:
    """The request by which the last public file of a life was gone."""
    there: set[str] = set()
    last = 0
    for request in requests:
        match request.detail:
            case ("put", str(key), *_) if request.took_effect and key.startswith("public/"):
                there.update({key} if _life_of(key) == life else ())
            case ("delete", [*removed]) if request.took_effect and there & set(removed):
                there -= set(removed)
                last = request.number
    return last


def _told_after_deletion(run: Run) -> Iterator[str]:
    """Once its deletion was answered, nothing of that life is answered any more."""
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
            yield f"nobody gets a story: {found.message}"
