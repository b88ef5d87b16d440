"""Every screen of the page, and how one gets there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page

from tests.web.api import Api, page_photo
from tests.web.conftest import SiteAt

STORY: Final = """\
The lighthouse keeper's cat counted the boats home.
One, two, three, four. Tonight the fifth was late.
Far out, a small bell answered."""


def make_story(api: Api) -> dict[str, Any]:
    """Return a story that can be played and is on the shelf; the first call makes it."""
    return api.make_story(STORY, name="The fifth boat.jpg", seed=5)


@dataclass(frozen=True)
class Screen:
    """A screen.

    Attributes:
        hash: Where it is; ``{id}`` and ``{link}`` are the story's id and public link.
        drawn: A selector of what is there as soon as the address has led there.
        act: Then brings the screen about, where the address is not enough.
        acted: A selector of what is there afterwards.
        undo: Leaves everything as it was.
    """

    name: str
    hash: str
    drawn: str
    act: Callable[[Page], None] = lambda _page: None
    acted: str = "h1"
    undo: Callable[[Page], None] = lambda _page: None


def pressing(selector: str) -> Callable[[Page], None]:
    """Return what presses the first such button."""
    return lambda page: page.locator(selector).first.click()


_STORY: Final = ("#/story/{id}", ".text .word")
SCREENS: Final = (
    Screen("shelf", "#/", ".cover img"),
    Screen("settings", "#/settings", "main select"),
    Screen("take", "#/take", "main.capture .ways"),
    Screen("camera", "#/take", "main.capture .ways", pressing(".ways .primary"), ".shutter"),
    Screen("story", *_STORY),
    Screen("correction", *_STORY, pressing(".tools [aria-expanded]"), "main.reader textarea"),
    Screen("share", *_STORY, pressing(".tools > .button:last-child"), "dialog[open]"),
    Screen("demo", "#/demo", ".text .word"),
    Screen("public", "#story={link}", ".text .word"),
    Screen(
        "deletion",
        "#/",
        ".cover img",
        pressing(".cover > .button"),
        ".toast",
        pressing(".toast .button"),
    ),
)


def each_screen(
    site_at: SiteAt, story: dict[str, Any], *names: str, **options: Any
) -> Iterator[tuple[str, Page]]:
    """Yield each screen's name, and the page that shows it.

    Args:
        story: What `make_story` returned.
        names: Of the wanted screens; none: of all.
        options: Of `site_at`.
    """
    stranger = site_at(joined=False, **options)
    stranger.locator("#token").wait_for()
    yield "join", stranger
    stranger.context.close()
    page = site_at("#/settings", camera=[page_photo(STORY, width=1280)], **options)
    _, _, capability = story["story_url"].rpartition("/public/")
    for screen in [each for each in SCREENS if not names or each.name in names]:
        page.goto("/#/settings")  # from here, so that each begins anew
        page.locator("main select").first.wait_for()
        link = capability.rpartition("/")[0]
        page.goto("/" + screen.hash.format(id=story["id"], link=link))
        page.locator(screen.drawn).first.wait_for()
        screen.act(page)
        page.locator(screen.acted).first.wait_for(state="attached")
        yield screen.name, page
        screen.undo(page)
