"""Reading along: the sound, the light on the words, and what goes wrong meanwhile."""

import json
import re
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.api import Api
from tests.web.conftest import PHONE, SiteAt
from tests.web.guard import Guard
from tests.web.reading import (
    TEXT,
    call,
    eventually,
    is_paused,
    lit_on_photo,
    lit_word,
    milliseconds,
    open_for_reading,
    pause,
    play,
)

TOLERANCE_MS: Final = 80
"""How far the light may be from the sound, for nine words of ten: tests share their processors.

`make bench` measures it on a machine that does nothing else.
"""

RECORD: Final = """() => {
    const audio = document.querySelector("audio");
    const lit = document.querySelector(".photo .lit");
    window.seen = [];
    new MutationObserver(() => {
        const index = lit.getAttribute("data-lit");
        const word = document.querySelector(".text [data-lit]")?.getAttribute("data-word") ?? null;
        window.seen.push([index, word, audio.currentTime * 1000]);
    }).observe(lit, { attributeFilter: ["data-lit"] });
}"""


@pytest.fixture
def story(api: Api) -> dict[str, Any]:
    """A page that nobody changes."""
    return api.make_story(TEXT, name="Bear and owl")


@pytest.fixture
def reader(site_at: SiteAt, story: dict[str, Any]) -> Page:
    page = site_at(f"#/story/{story['id']}")
    open_for_reading(page)
    return page


@pytest.fixture
def demo(site_at: SiteAt) -> Page:
    page = site_at("#/demo", joined=False)
    open_for_reading(page)
    return page


@pytest.mark.parametrize("rate", [1, 2])
def test_each_word_is_lit_while_it_is_spoken(demo: Page, rate: int) -> None:
    words = _words_of_demo(demo)
    first = 0 if rate > 1 else 30  # at this speed, half of them take as long
    demo.get_by_label("Speed").select_option(str(rate))
    demo.evaluate(RECORD)

    call(demo, "playback.js", "playFrom", words[first][0])
    eventually(lambda: bool(demo.evaluate("window.seen.some(([index]) => index === '57')")), 60)

    lit = [(int(index), word, ms) for index, word, ms in demo.evaluate("window.seen") if index]
    assert len({index for index, _, _ in lit}) >= (len(words) - first) * 9 / 10
    assert all(word == str(index) for index, word, _ in lit)
    late = [ms - words[index][0] for index, _, ms in lit]
    assert sum(abs(each) > TOLERANCE_MS for each in late) <= len(late) / 10, late


def test_a_tap_on_a_word_of_the_photo_plays_from_there(demo: Page) -> None:
    begin = _words_of_demo(demo)[30][0]

    demo.locator(".photo [data-word='30']").click()

    expect(demo.get_by_role("button", name="Pause")).to_be_visible()
    assert milliseconds(demo) >= begin
    pause(demo)
    assert milliseconds(demo) < begin + 5000


def test_a_tap_beside_a_small_word_of_the_photo_means_it(demo: Page) -> None:
    box = demo.locator(".photo [data-word='0']").bounding_box()
    assert box
    demo.mouse.click(box["x"] - 10, box["y"] + box["height"] / 2)

    expect(demo.get_by_role("button", name="Pause")).to_be_visible()


def test_a_tap_on_a_word_of_the_text_plays_from_there(demo: Page) -> None:
    demo.locator(".text [data-word='40']").click()

    expect(demo.get_by_role("button", name="Pause")).to_be_visible()
    assert milliseconds(demo) >= _words_of_demo(demo)[40][0]


def test_a_word_that_is_held_is_heard_alone(demo: Page) -> None:
    begin, end, *_ = _words_of_demo(demo)[3]
    _note_events(demo)
    box = demo.locator(".photo [data-word='3']").bounding_box()
    assert box
    demo.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    demo.mouse.down()
    eventually(lambda: "play" in demo.evaluate("window.events"))
    eventually(lambda: is_paused(demo))
    demo.mouse.up()

    assert demo.evaluate("Math.max(...window.times)") < end + 250
    assert milliseconds(demo) == pytest.approx(begin, abs=1)
    assert is_paused(demo)
    assert lit_on_photo(demo) == 3


def test_the_last_word_is_heard_alone_and_no_page_follows(demo: Page) -> None:
    words = _words_of_demo(demo)
    duration = _times_of_demo(demo)["duration_ms"]
    last = {"begin": words[-1][0], "until": duration + 1000}

    call(demo, "playback.js", "hearAlone", last)
    eventually(lambda: not is_paused(demo))
    eventually(lambda: is_paused(demo))

    assert milliseconds(demo) == pytest.approx(last["begin"], abs=1)


def test_without_holding_a_switch_lets_taps_say_one_word(demo: Page) -> None:
    demo.get_by_role("button", name="A tap says the word alone").click()
    begin, _, *_ = _words_of_demo(demo)[5]

    demo.locator(".text [data-word='5']").click()
    expect(demo.get_by_role("button", name="Play", exact=True)).to_be_visible()
    eventually(lambda: is_paused(demo))

    assert milliseconds(demo) == pytest.approx(begin, abs=1)


def test_the_words_are_one_stop_of_the_tab_key(demo: Page) -> None:
    assert demo.locator(".text [tabindex='0']").count() == 1
    words = _words_of_demo(demo)
    demo.locator(".text [tabindex='0']").focus()
    demo.keyboard.press("ArrowRight")
    demo.keyboard.press("ArrowRight")
    demo.keyboard.press("ArrowLeft")
    assert _focused_word(demo) == 1
    demo.keyboard.press("ArrowDown")
    assert demo.evaluate("document.activeElement.textContent").startswith("One")
    demo.keyboard.press("End")
    assert _focused_word(demo) == len(words) - 1
    demo.keyboard.press("Home")
    demo.keyboard.press("ArrowRight")
    assert demo.locator(".text [tabindex='0']").count() == 1
    assert demo.locator(".photo .chosen").get_attribute("data-lit") == "1"

    demo.keyboard.press("Enter")
    expect(demo.get_by_role("button", name="Pause")).to_be_visible()
    assert milliseconds(demo) >= words[1][0]

    demo.keyboard.press("Shift+Enter")
    eventually(lambda: is_paused(demo))
    assert milliseconds(demo) == pytest.approx(words[1][0], abs=1)


def test_keys_play_and_move_by_sentences(demo: Page) -> None:
    sentences = _times_of_demo(demo)["sentences"]
    demo.keyboard.press("ArrowRight")
    demo.keyboard.press("ArrowRight")
    assert milliseconds(demo) == pytest.approx(sentences[1][0], abs=1)
    demo.keyboard.press("ArrowLeft")
    assert milliseconds(demo) == pytest.approx(sentences[0][0], abs=1)

    demo.keyboard.press(" ")
    expect(demo.get_by_role("button", name="Pause")).to_be_visible()
    demo.keyboard.press(" ")
    expect(demo.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_keys_can_be_switched_off(site_at: SiteAt) -> None:
    page = site_at("#/demo", joined=False, settings={"shortcuts": "off"})
    open_for_reading(page)

    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")

    assert is_paused(page)
    assert milliseconds(page) == 0


def test_it_goes_on_where_it_stopped_and_at_the_same_speed(demo: Page) -> None:
    demo.get_by_label("Speed").select_option("1.5")
    play(demo)
    eventually(lambda: milliseconds(demo) > 3000)
    pause(demo)
    stopped = milliseconds(demo)

    demo.reload()
    open_for_reading(demo)

    assert milliseconds(demo) == pytest.approx(stopped, abs=2)
    assert demo.evaluate("document.querySelector('audio').playbackRate") == 1.5
    expect(demo.get_by_label("Speed")).to_have_value("1.5")


def test_a_sentence_is_repeated(demo: Page) -> None:
    begin, end, *_ = _times_of_demo(demo)["sentences"][2]
    demo.get_by_label("Speed").select_option("2")
    for _ in range(3):
        demo.get_by_role("button", name="A sentence on").click()
    demo.get_by_label("Repeat").select_option("sentence")
    _note_events(demo)

    play(demo)
    eventually(lambda: demo.evaluate("window.events").count("seeked") >= 2)
    pause(demo)

    times = demo.evaluate("window.times")
    assert min(times) >= begin - 1
    assert max(times) < end + 400


def test_what_plays_is_told_to_the_lock_screen(demo: Page) -> None:
    play(demo)

    eventually(lambda: demo.evaluate("navigator.mediaSession.playbackState") == "playing")
    assert demo.evaluate("navigator.mediaSession.metadata.title") == "Read along"
    artwork = demo.evaluate("navigator.mediaSession.metadata.artwork[0].src")
    assert artwork.endswith("/demo/page.jpg")


def test_the_photo_or_the_text_on_a_phone_is_remembered(site_at: SiteAt) -> None:
    page = site_at("#/demo", joined=False, size=PHONE)
    open_for_reading(page)
    expect(page.locator(".photo")).to_be_visible()

    page.get_by_role("button", name="Text instead of the photo").click()
    expect(page.locator(".photo")).to_be_hidden()
    page.reload()
    open_for_reading(page)

    expect(page.locator(".photo")).to_be_hidden()
    expect(page.locator(".text")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]


def test_pages_follow_each_other(site_at: SiteAt, api: Api) -> None:
    first = api.make_story("The first page is short. It ends.", name="First", seed=2)
    second = api.make_story("The second page follows it.", name="Second", seed=3)
    page = site_at(f"#/story/{first['id']}")
    open_for_reading(page)
    page.get_by_role("button", name="The next page follows by itself").click()
    page.get_by_label("Speed").select_option("2")

    play(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("Second", timeout=30_000)
    expect(page.get_by_text("Page Second")).to_be_attached()
    eventually(lambda: milliseconds(page) > 0)
    assert page.evaluate("localStorage.getItem('storytime.last-story')") == second["id"]
    page.keyboard.press("PageUp")
    expect(page.get_by_role("heading", level=1)).to_have_text("First")


def test_a_page_says_that_it_may_have_more_words_and_what_was_left_out(
    site_at: SiteAt, story: dict[str, Any]
) -> None:
    skipped = [{"text": "16", "reason": "page_number", "box": [0.48, 0.9, 0.52, 0.95]}]
    page = site_at()
    _answer(page, story, complete=False, skipped=skipped)
    page.goto(f"/#/story/{story['id']}")
    open_for_reading(page)

    expect(page.get_by_text("The page may have more words than were read.")).to_be_visible()
    page.get_by_text("1 thing on the page is not read aloud").click()
    expect(page.get_by_text("page number")).to_be_visible()
    assert page.locator(".photo .skipped").count() == 0
    page.get_by_label("Show them on the photo").check()
    assert page.locator(".photo .skipped").count() == 2


def test_a_story_without_times_plays_and_says_so(site_at: SiteAt, story: dict[str, Any]) -> None:
    page = site_at()
    _answer(page, story, read_along_url=None, captions_url=None)
    page.goto(f"/#/story/{story['id']}")
    open_for_reading(page)

    expect(page.get_by_text("it plays without lighting them")).to_be_visible()
    expect(page.locator(".text")).to_contain_text("The small bear looked for honey")
    expect(page.get_by_role("button", name="A sentence on")).to_be_disabled()
    play(page)
    eventually(lambda: milliseconds(page) > 0)
    assert lit_word(page).count() == 0


def test_a_page_that_is_being_read_shows_how_far_it_is(
    site_at: SiteAt, story: dict[str, Any]
) -> None:
    page = site_at()
    unread: dict[str, Any] = {
        "status": "received", "progress": "received", "text": None, "image_url": None,
        "image": None, "audio_url": None, "read_along_url": None, "story_url": None,
        "renditions": {}, "complete": None, "spoken_revision": None,
    }  # fmt: skip
    _answer(page, story, **unread)
    page.goto(f"/#/story/{story['id']}")
    expect(page.locator(".steps [aria-current]")).to_have_text("The page is read")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_disabled()

    _answer(page, story)

    open_for_reading(page)
    expect(page.locator(".steps")).to_have_count(0)


def test_a_deleted_story_says_so_and_leads_back(site_at: SiteAt, api: Api) -> None:
    story = api.make_story("This page is soon gone.", name="Gone", seed=5)
    api.delete(story["id"])

    page = site_at(f"#/story/{story['id']}")

    expect(page.get_by_role("alert")).to_contain_text("This story was deleted.")
    page.get_by_role("link", name="All stories").click()
    expect(page.get_by_role("heading", name="Stories", exact=True)).to_be_visible()


def test_with_a_revoked_token_what_is_loaded_still_plays(reader: Page, guard: Guard) -> None:
    guard.expect("401")
    refusal = {"code": "unauthorized", "message": "No."}
    reader.route("**/api/**", lambda route: route.fulfill(status=401, json=refusal))
    reader.get_by_role("button", name="Correct the page").click()
    reader.get_by_label("Name").fill("Another name")
    reader.get_by_role("button", name="Save").click()

    expect(reader.locator("#correction-problem")).to_contain_text("This token is not accepted")
    expect(reader.get_by_label("Name")).to_have_value("Another name")
    play(reader)
    eventually(lambda: milliseconds(reader) > 0)


def test_without_the_api_it_says_so_and_tries_again(
    site_at: SiteAt, story: dict[str, Any], guard: Guard
) -> None:
    guard.expect("503")
    page = site_at()
    down = {"code": "unavailable", "message": "Storytime is busy: try again in a minute."}
    page.route("**/api/stories/*", lambda route: route.fulfill(status=503, json=down))
    page.goto(f"/#/story/{story['id']}")
    expect(page.locator(".notice")).to_contain_text(re.compile("busy|minute|moment|again"))

    page.unroute("**/api/stories/*")

    open_for_reading(page)
    expect(page.locator(".notice")).to_have_count(0)


def test_a_sound_that_is_not_there_says_so_and_can_be_tried_again(
    site_at: SiteAt, story: dict[str, Any], guard: Guard
) -> None:
    guard.expect("502")
    page = site_at()
    page.route("**/story.mp3", lambda route: route.fulfill(status=502, body=""))
    page.goto(f"/#/story/{story['id']}")
    expect(page.get_by_text("The sound could not be loaded.")).to_be_visible()
    expect(page.locator(".text")).to_contain_text("The small bear")

    page.unroute("**/story.mp3")
    page.get_by_role("button", name="Try again").click()

    eventually(lambda: milliseconds(page) > 0)
    expect(page.get_by_text("The sound could not be loaded.")).to_have_count(0)


def test_a_sound_that_stalls_says_so(site_at: SiteAt, story: dict[str, Any]) -> None:
    held: list[Route] = []
    page = site_at()
    page.route("**/story.mp3", lambda route: held.append(route))  # noqa: PLW0108  # Playwright marks it
    page.goto(f"/#/story/{story['id']}")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_enabled()

    play(page)

    expect(page.get_by_text("the connection is slow")).to_be_visible()
    page.route("**/story.mp3", lambda route: route.continue_())
    for route in held:
        route.continue_()
    eventually(lambda: milliseconds(page) > 0)
    expect(page.get_by_text("the connection is slow")).to_have_count(0)


def test_a_browser_that_wants_a_tap_first_gets_one(demo: Page) -> None:
    demo.evaluate("""() => {
        HTMLMediaElement.prototype.play = () =>
            Promise.reject(new DOMException("No tap yet.", "NotAllowedError"));
    }""")

    play(demo)

    expect(demo.get_by_text("The browser wants a tap first: press play.")).to_be_visible()
    expect(demo.get_by_role("button", name="Play", exact=True)).to_be_enabled()


def test_the_screen_stays_awake_while_it_plays(demo: Page) -> None:
    demo.evaluate("""() => {
        window.locks = [];
        WakeLock.prototype.request = async () => {
            window.locks.push("on");
            return { released: false, release: () => window.locks.push("off") };
        };
    }""")

    play(demo)
    eventually(lambda: demo.evaluate("window.locks") == ["on"])
    pause(demo)

    eventually(lambda: demo.evaluate("window.locks") == ["on", "off"])


def test_a_lit_word_is_brought_into_sight_at_once_for_those_who_want_no_motion(
    site_at: SiteAt,
) -> None:
    page = site_at("#/demo", joined=False, size=(844, 390), reduced_motion="reduce")
    open_for_reading(page)
    page.get_by_label("Place in the story").focus()
    page.keyboard.press("End")
    assert page.evaluate("scrollY") == 0

    call(page, "playback.js", "playFrom", _words_of_demo(page)[50][0])

    expect(lit_word(page)).to_be_in_viewport()
    assert page.evaluate("scrollY") > 0


def test_the_light_differs_from_any_picture(demo: Page) -> None:
    edge, ring = (
        demo.locator(f".photo .lit path:nth-child({which})").evaluate(
            "path => getComputedStyle(path).stroke"
        )
        for which in (1, 2)
    )
    light, dark = _luminance(edge), _luminance(ring)

    for level in range(256):
        picture = _luminance(f"rgb({level}, {level}, {level})")
        assert max(_contrast(light, picture), _contrast(dark, picture)) >= 3


def test_offsets_count_code_points(page: Page) -> None:
    narration = {
        "text": "🐻 ate 🍯.\n\nEnd",
        "words": [{"start": 2, "end": 5}, {"start": 6, "end": 7}],
    }

    lines = call(page, "story_source.js", "linesOf", narration)

    assert [["".join(piece["text"] for piece in line)] for line in lines] == [
        ["🐻 ate 🍯."],
        [""],
        ["End"],
    ]
    assert [piece for piece in lines[0] if piece["word"] >= 0] == [
        {"text": "ate", "word": 0},
        {"text": "🍯", "word": 1},
    ]


@pytest.mark.parametrize(
    ("ms", "index"), [(0, -1), (10, 0), (19, 0), (20, 1), (29, 1), (30, -1), (40, 2), (99, -1)]
)
def test_the_word_at_a_time(page: Page, ms: int, index: int) -> None:
    words = [{"begin": 10, "until": 20}, {"begin": 20, "until": 30}, {"begin": 40, "until": 50}]

    assert call(page, "highlight.js", "wordAt", words, ms) == index


def _answer(page: Page, story: dict[str, Any], **changes: Any) -> None:
    """Let the API say something else about a story."""
    page.unroute(f"**/api/stories/{story['id']}")
    page.route(
        f"**/api/stories/{story['id']}", lambda route: route.fulfill(json={**story, **changes})
    )


def _times_of_demo(page: Page) -> dict[str, Any]:
    path = call(page, "story_source.js", "demoFolder") + "/read-along.json"
    times: dict[str, Any] = json.loads(page.request.get(path).text())
    return times


def _words_of_demo(page: Page) -> list[list[Any]]:
    words: list[list[Any]] = _times_of_demo(page)["words"]
    return words


def _focused_word(page: Page) -> int:
    return int(page.evaluate("document.activeElement.dataset.word"))


def _note_events(page: Page) -> None:
    page.evaluate("""() => {
        const audio = document.querySelector("audio");
        window.events = [];
        window.times = [];
        for (const name of ["play", "pause", "seeked"]) {
            audio.addEventListener(name, () => window.events.push(name));
        }
        const look = () => {
            if (!audio.paused) window.times.push(audio.currentTime * 1000);
            requestAnimationFrame(look);
        };
        look();
    }""")


def _luminance(colour: str) -> float:
    """Relative luminance of ``rgb(r, g, b)``, as WCAG 2.2 defines it."""
    parts = [int(each) / 255 for each in re.findall(r"\d+", colour)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
