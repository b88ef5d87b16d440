"""The page is for everybody: whatever they see, hear, speak, and press."""

from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.waiting import until
from tests.web.api import Api
from tests.web.axe import violations
from tests.web.conftest import DESKTOP, PHONE, TOKEN, SiteAt
from tests.web.screens import SCREENS, each_screen, make_story

SCREENSHOTS: Final = Path(__file__).parent / "screenshots"
LANGUAGES: Final = ("en", "ko", "ar")
WIDTHS_OF_ZOOM: Final = (320, 640)
SIZES: Final = {"phone": PHONE, "desktop": DESKTOP}

TOO_WIDE: Final = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.querySelectorAll("body *")].filter((each) => {
        const { left, right } = each.getBoundingClientRect();
        return right > width + 1 || left < -1;
    });
    return ["", ...wide].map((each) => each && each.outerHTML.slice(0, 150));
}"""

TOO_SMALL: Final = """() => {
    const shown = (each) => each.checkVisibility({ visibilityProperty: true });
    const controls = [...document.querySelectorAll("a, button, input, select, textarea, summary")];
    return controls.filter(shown).filter((each) => {
        const isInText = each.matches("p > a:not(.button)");
        const target = each.closest("label") ?? each;
        const { width, height } = target.getBoundingClientRect();
        return !isInText && (width < 43.9 || height < 43.9);
    }).map((each) => each.outerHTML.slice(0, 200));
}"""

FOCUS: Final = """() => {
    const focused = document.activeElement;
    if (focused === document.body) return null;
    focused.checkedBefore = (focused.checkedBefore ?? 0) + 1;
    const style = getComputedStyle(focused);
    const { left, top, width, height } = focused.getBoundingClientRect();
    const above = document.elementFromPoint(left + width / 2, top + height / 2);
    return {
        what: focused.outerHTML.slice(0, 150),
        isNew: focused.checkedBefore === 1,
        isMarked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        isFree: focused === above || focused.contains(above) || Boolean(above?.contains(focused)),
    };
}"""

MOVING: Final = """() => document.getAnimations()
    .filter((each) => each.playState === "running" && each.effect.getTiming().duration > 1)
    .map((each) => each.effect.target.outerHTML.slice(0, 150))"""


@dataclass
class Found:
    """What a walk through all screens found; each line begins with the screen's name.

    Attributes:
        pictures: Bytes of each, by its name.
    """

    broken: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    too_small: list[str] = field(default_factory=list)
    pictures: dict[str, int] = field(default_factory=dict)

    def look_at(self, name: str, page: Page, folder: Path) -> None:
        """Look at a screen in all sizes, and take its picture."""
        for width in WIDTHS_OF_ZOOM:
            page.set_viewport_size({"width": width, "height": 512})
            self.too_wide += [f"{name} at {width}: {each}" for each in page.evaluate(TOO_WIDE)]
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            self.too_small += [f"{name}, {size}: {each}" for each in page.evaluate(TOO_SMALL)]
            self.broken += [f"{name}, {size}: {each}" for each in violations(page)]
            picture = folder / f"{name}-{size}.png"
            page.screenshot(path=picture, animations="disabled")
            self.pictures[picture.stem] = picture.stat().st_size


_WALKS: dict[tuple[str, str], Found] = {}


@pytest.fixture
def story(api: Api) -> dict[str, Any]:
    return make_story(api)


@pytest.fixture(params=list(product(LANGUAGES, ("light", "dark"))), ids="-".join)
def found(request: pytest.FixtureRequest, site_at: SiteAt, story: dict[str, Any]) -> Found:
    """What is wrong with the screens in a language and a theme: one walk is for all tests."""
    if request.param not in _WALKS:
        language, theme = request.param
        folder = SCREENSHOTS / f"{language}-{theme}"
        options = {"language": language, "theme": theme, "reduced_motion": "reduce"}
        walk = Found()
        for name, page in each_screen(site_at, story, **options):
            walk.look_at(name, page, folder)
        _WALKS[request.param] = walk
    return _WALKS[request.param]


def test_no_screen_breaks_the_guidelines(found: Found) -> None:
    assert not found.broken, "\n\n".join(found.broken)


def test_nothing_has_to_be_scrolled_sideways(found: Found) -> None:
    """A window of 1,280 pixels has 640 at a zoom of 200 %, and 320 at 400 %."""
    assert not found.too_wide, "\n".join(found.too_wide)


def test_fingers_hit_every_control(found: Found) -> None:
    assert not found.too_small, "\n".join(found.too_small)


def test_every_screen_has_its_picture_taken(found: Found) -> None:
    """For people to look at: only they can say whether it is beautiful."""
    assert found.pictures.keys() == {
        f"{name}-{size}" for name in ("join", *(each.name for each in SCREENS)) for size in SIZES
    }
    assert min(found.pictures.values()) > 5_000, "a picture is blank"


def test_the_guidelines_would_be_broken_by_a_picture_without_a_text(joined_page: Page) -> None:
    joined_page.evaluate(
        "document.querySelector('main').append(new Image(), document.createElement('button'))"
    )

    found = violations(joined_page)

    assert {each.partition(":")[0] for each in found} >= {"image-alt", "button-name"}


@pytest.mark.parametrize("size", SIZES)
def test_the_focus_is_seen_wherever_it_goes(
    site_at: SiteAt, story: dict[str, Any], size: str
) -> None:
    found = []
    for name, page in each_screen(site_at, story, size=SIZES[size]):
        reached = 0
        while (focus := _after_tab(page)) and focus["isNew"]:
            reached += 1
            if not (focus["isMarked"] and focus["isFree"]):
                found.append(f"{name}: {focus}")
        if reached == 0:
            found.append(f"{name}: nothing can be reached")

    assert not found, "\n".join(found)


def _after_tab(page: Page) -> dict[str, Any] | None:
    page.keyboard.press("Tab")
    focus: dict[str, Any] | None = page.evaluate(FOCUS)
    return focus


def test_nothing_moves_for_those_who_do_not_want_it(site_at: SiteAt, story: dict[str, Any]) -> None:
    def moving(motion: str, *names: str) -> list[str]:
        screens = each_screen(site_at, story, *names, reduced_motion=motion)
        return [f"{name}: {each}" for name, page in screens for each in page.evaluate(MOVING)]

    assert moving("no-preference", "deletion") != [], "nothing moves: this test cannot fail"
    assert moving("reduce") == []


def test_a_story_is_reached_and_heard_by_the_keyboard_alone(
    site_at: SiteAt, story: dict[str, Any]
) -> None:
    page = site_at(joined=False)
    keys = page.keyboard
    _tab_to(page, "#token")
    keys.type(TOKEN)
    keys.press("Enter")
    expect(page.locator(".cover").first).to_be_visible()
    _tab_to(page, f"a[href='#/story/{story['id']}']")
    keys.press("Enter")
    page.locator(".text .word").first.wait_for()

    _tab_to(page, ".play")
    keys.press("Enter")

    expect(page.locator(".text [data-lit]").first).to_be_visible()
    keys.press("Enter")
    paused_at = page.evaluate("document.querySelector('audio').currentTime")
    assert paused_at > 0
    _tab_to(page, ".text .word")
    keys.press("ArrowRight")
    keys.press("Enter")
    until(lambda: page.evaluate("!document.querySelector('audio').paused") or None, 10)


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until what the selector names has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not lead to {selector}")
