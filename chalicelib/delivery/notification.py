"""Telling people: their story is ready, or why it is not.

E-mail cannot be sent exactly once. A notice is published first and marked second: a crash
in between sends it twice, and one after the mark sends nothing more.
"""

import logging
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from chalicelib.errors import StoryChangedError, TransientError
from chalicelib.stories.links import Links
from chalicelib.stories.ports import Announcer, Stories
from chalicelib.stories.story import Status, Story, what_failed, why_it_failed

_MAX_SUBJECT: Final = 99
"""SNS wants a subject of fewer than 100 characters, without control characters."""

_REPEAT_AFTER: Final = timedelta(minutes=1)
"""SNS drops an e-mail subscription that gets more than 10 messages a second."""

log = logging.getLogger(__name__)


class Notification(msgspec.Struct, frozen=True):
    stories: Stories
    announcer: Announcer
    links: Links
    clock: Callable[[], datetime]

    def settle(self, story: Story) -> dict[str, Any]:
        """Tell people how the story ended, unless they were told; return what to write down.

        For the holder of a lease alone: two at once would both find that nobody was told.
        """
        settled: dict[str, Any] = {"unfinished_since": None}
        if not story.notify or story.notified_of == story.status:
            return settled
        self._publish(story)
        return settled | {"notified_of": story.status, "notified_at": self.clock()}

    def repeat(self, story: Story) -> None:
        """Send the notice of a ready story again, for somebody who uploaded its photo again.

        At most once a minute a story; of simultaneous calls, one sends. What cannot be sent
        now is left to the sweeper: the story itself is there, and must not wait for it.
        """
        if not self._marked_as_repeated(story):
            return
        try:
            self._publish(story)
        except TransientError as trouble:
            log.warning("notice left to the sweeper", extra={"reason": trouble.message})
            untold = {"notify": True, "notified_of": None, "unfinished_since": self.clock()}
            self.stories.update(story, untold)

    def announce_lot(self, ready: Sequence[Story]) -> None:
        """Send one notice about several ready stories, for somebody who asked for them all.

        Each story is told of in that way at most once a minute. Whoever asked has the answer
        in hand, so that a notice which cannot be sent is left out.
        """
        try:
            due = [story for story in ready if self._marked_as_repeated(story)]
            if due:
                self.announcer.publish(subject_of_lot(due), body_of_lot(due, self.links))
                log.info("notice sent", extra={"stories": len(due)})
        except TransientError as trouble:
            log.warning("no notice about these stories", extra={"reason": trouble.message})

    def _marked_as_repeated(self, story: Story) -> bool:
        """Is its notice to be repeated, and by this request alone?"""
        now = self.clock()
        if story.repeated_at and now - story.repeated_at < _REPEAT_AFTER:
            return False
        try:
            self.stories.update(
                story, {"repeated_at": now}, expect={"repeated_at": story.repeated_at}
            )
        except StoryChangedError:
            log.info("another request repeats the notice")
            return False
        return True

    def _publish(self, story: Story) -> None:
        self.announcer.publish(subject_of(story), body_of(story, self.links))
        log.info("notice sent", extra={"status": story.status.value})


def subject_of(story: Story) -> str:
    if story.status is Status.READY:
        return subject_line(story.name, " is ready to hear")
    return subject_line(story.name, f" could not be {what_failed(story)}")


def subject_of_lot(ready: Sequence[Story]) -> str:
    if len(ready) == 1:
        return subject_of(ready[0])
    return f"{len(ready)} stories are ready to hear"


def body_of_lot(ready: Sequence[Story], links: Links) -> str:
    if len(ready) == 1:
        return body_of(ready[0], links)
    return "\n\n".join(
        f"{story.name[:_MAX_SUBJECT]}\n"
        f"Listen: {links.to(story.audio)}\n"
        f"See the page: {links.to(story.page)}"
        for story in ready
    )


def subject_line(name: str, rest: str) -> str:
    """A legal subject whatever the file was called: the name is cut, never the rest."""
    printable = "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} else character
        for character in name
    )
    name = " ".join(printable.split())
    # Counted in UTF-16 units, the strictest way to count: an emoji takes two.
    room = _MAX_SUBJECT - _utf16_units(rest)
    if _utf16_units(name) > room:
        while _utf16_units(name) > room - 1:
            name = name[:-1]
        name += "…"
    return name + rest


def body_of(story: Story, links: Links) -> str:
    if story.status is Status.READY:
        return (
            f"{story.name}\n\n"
            f"Listen: {links.to(story.audio)}\n"
            f"See the page: {links.to(story.page)}\n\n"
            f"What it says:\n\n{story.text}\n"
        )
    page = f"See the page: {links.to(story.page)}\n" if story.page else ""
    return f"{story.name}\n\n{why_it_failed(story)}\n{page}"


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
