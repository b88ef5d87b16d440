"""Notices: e-mails that a story is ready, or why it failed.

A notice is sent first and recorded second, so a crash in between sends it twice. The other order
would lose it.
"""

import logging
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chalicelib.errors import StoryChangedError, TransientError
from chalicelib.stories import keys, moves
from chalicelib.stories.keys import Links
from chalicelib.stories.ports import Announcer, Stories
from chalicelib.stories.story import Status, Story, what_failed, why_it_failed

_MAX_SUBJECT: Final = 99
"""SNS takes a subject of fewer than 100 characters, without control characters."""

_REPEAT_AFTER: Final = timedelta(minutes=1)
"""SNS drops an e-mail subscription that gets more than 10 messages a second."""

log = logging.getLogger(__name__)


class Notification(msgspec.Struct, frozen=True):
    stories: Stories
    announcer: Announcer
    links: Links
    clock: Callable[[], datetime]

    def notify(self, story: Story) -> datetime | None:
        """Send the notice of a story that has ended; returns when, or None if none is due.

        Only the holder of a lease may call this: two callers would send it twice.
        """
        if not story.notify or story.notified_of == story.status:
            return None
        self._publish(story)
        return self.clock()

    def repeat(self, story: Story) -> None:
        """Send the notice of a ready story again, because its photo was uploaded again.

        Sends at most once a minute for each story; of simultaneous calls, one sends. If that
        fails, the sweeper sends the notice, so that the upload does not fail.
        """
        if not self._may_repeat(story):
            return
        try:
            self._publish(story)
        except TransientError as trouble:
            log.warning("notice left to the sweeper", extra={"reason": trouble.message})
            self.stories.apply(story, moves.notice_owed(self.clock()))

    def announce_all(self, ready: Sequence[Story]) -> None:
        """Send one notice about several ready stories, for a client that looked them all up.

        Includes each story at most once a minute. If it cannot be sent, it is dropped: the client
        gets the same stories in the answer.
        """
        try:
            due = [story for story in ready if self._may_repeat(story)]
            if due:
                self.announcer.publish(subject_of_all(due), body_of_all(due, self.links))
                log.info("notice sent", extra={"stories": len(due)})
        except TransientError as trouble:
            log.warning("notice not sent", extra={"reason": trouble.message})

    def _may_repeat(self, story: Story) -> bool:
        """Is the notice due again? Of simultaneous calls, only one gets True."""
        now = self.clock()
        if story.repeated_at and now - story.repeated_at < _REPEAT_AFTER:
            return False
        try:
            self.stories.apply(story, moves.notice_repeated(story, now))
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


def subject_of_all(ready: Sequence[Story]) -> str:
    if len(ready) == 1:
        return subject_of(ready[0])
    return f"{len(ready)} stories are ready to hear"


def body_of_all(ready: Sequence[Story], links: Links) -> str:
    if len(ready) == 1:
        return body_of(ready[0], links)
    return "\n\n".join(
        f"{story.name[:_MAX_SUBJECT]}\n{_where_to_listen(story, links)}" for story in ready
    )


def subject_line(name: str, rest: str) -> str:
    """A legal subject for any file name: the name is cut, never the rest."""
    printable = "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} else character
        for character in name
    )
    name = " ".join(printable.split())
    # Counted in UTF-16 units, the strictest way: an emoji has two.
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
            f"{_where_to_listen(story, links)}\n\n"
            f"What it says:\n\n{story.text}\n"
            + ("" if story.complete else "\nThe page may have more words than these.\n")
        )
    page = f"See the page: {links.to(story.page)}\n" if story.page else ""
    return f"{story.name}\n\n{why_it_failed(story)}\n{page}"


def _where_to_listen(story: Story, links: Links) -> str:
    """The web page that reads the story to who has this address; an old narration's files."""
    published = keys.beside_audio(story, keys.STORY)
    if published:
        narration = published.removeprefix(keys.PUBLIC).removesuffix(f"/{keys.STORY}")
        return f"Listen and read along: {links.base_url}/#story={narration}"
    return f"Listen: {links.to(story.audio)}\nSee the page: {links.to(story.page)}"


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
