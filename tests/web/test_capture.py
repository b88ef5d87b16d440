"""Taking pages: from files and with the camera."""

import io
from collections.abc import Sequence
from typing import Any, Final

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.web.api import page_photo
from tests.web.axe import violations
from tests.web.conftest import SiteAt
from tests.web.fake_api import FakeApi
from tests.web.modules import base64_of, run

_SMALL_PHONE: Final = (360, 640)
_LANDSCAPE: Final = (640, 360)
_TARGET: Final = 44
"""CSS pixels that fingers can hit."""
_GIVE_FILES: Final = """([name, content, event]) => {
    const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, { type: "image/jpeg" }));
    const options = { bubbles: true, cancelable: true };
    const given = event === "paste"
        ? new ClipboardEvent(event, { ...options, clipboardData: data })
        : new DragEvent(event, { ...options, dataTransfer: data });
    document.querySelector("main").dispatchEvent(given);
    return given.defaultPrevented;
}"""


def test_files_are_picked_dropped_and_pasted(site_at: SiteAt) -> None:
    page = site_at("#/take")
    api = FakeApi(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose photos").click()
    assert chooser.value.is_multiple()
    chooser.value.set_files(
        [_file("picked.jpg", _plain(10)), _file("film.mp4", b"\0\0\0\x20ftypisom")]
    )
    expect(page.locator("[aria-live]")).to_have_text("2 pages added")
    for event, name in (("dragover", ""), ("drop", "dropped.jpg"), ("paste", "pasted.jpg")):
        content = base64_of(_plain(len(name) * 10))
        assert page.evaluate(_GIVE_FILES, [name, content, event])

    expect(page.get_by_role("link", name="Play")).to_have_count(3)
    assert sorted(api.names) == ["dropped.jpg", "pasted.jpg", "picked.jpg"]
    expect(page.get_by_text("This is a video. Take a photo of the page instead.")).to_be_visible()


def test_a_photo_is_dropped_on_the_shelf(site_at: SiteAt) -> None:
    page = site_at("")
    api = FakeApi(page)
    page.locator("main.shelf").wait_for()

    for event in ("dragover", "drop"):
        assert page.evaluate(_GIVE_FILES, ["dropped.jpg", base64_of(_plain(40)), event])

    expect(page.get_by_role("link", name="Play")).to_have_count(1)
    assert api.names == ["dropped.jpg"]


def test_the_language_of_the_pages_is_sent_and_remembered(site_at: SiteAt) -> None:
    page = site_at("#/take")
    choice = page.get_by_label("Language of the pages")
    choice.select_option("de-DE")
    page.reload()
    api = FakeApi(page)

    expect(choice).to_have_value("de-DE")
    _pick(page, _plain(1))

    expect(page.get_by_role("link", name="Play")).to_be_visible()
    assert api.uploads[0].headers["x-language"] == "de-DE"


def test_the_camera_takes_one_page_after_the_other(site_at: SiteAt) -> None:
    page = site_at("#/take", camera=[_plain(60), _plain(120), _plain(180), _plain(230)])
    api = FakeApi(page)
    seen: list[int] = []
    _open_camera(page)
    for number in (1, 2, 3):
        _wait_for_another_page(page, seen)
        page.keyboard.press("Enter")  # the shutter has the focus
        expect(page.locator("[aria-live]")).to_have_text(f"Page {number} taken")
    strip = page.get_by_role("list", name="Pages taken").get_by_role("button")
    expect(strip).to_have_count(3)

    api.wait_until(lambda: len(api.uploads) == 3)
    strip.nth(1).click()
    page.get_by_role("button", name="Take page 2 again").click()
    expect(page.get_by_text("Now page 2 again.")).to_be_visible()
    _wait_for_another_page(page, seen)
    page.keyboard.press("Enter")
    expect(page.locator("[aria-live]")).to_have_text("Page 2 taken")
    expect(strip).to_have_count(3)
    api.wait_until(lambda: len(api.uploads) == 4)
    strip.nth(2).click()
    page.get_by_role("button", name="Remove page 3").click()
    expect(strip).to_have_count(2)
    expect(page.get_by_role("button", name="Take the page")).to_be_focused()
    expect(page.get_by_text("is deleted in a moment")).to_have_count(2)  # the old page 2, too
    toast, shutter = (page.locator(each).first.bounding_box() for each in (".toast", ".shutter"))
    assert toast
    assert shutter
    assert toast["y"] + toast["height"] < shutter["y"]

    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Open the camera")).to_be_focused()
    expect(page.get_by_role("link", name="Play")).to_have_count(2)
    assert [_name(row)[:6] for row in page.locator(".outbox li").all()] == ["Page 1", "Page 2"]
    assert len(api.uploads) == 4


_PRESS_SPACE: Final = """() => {
    const press = new KeyboardEvent("keydown", { key: " ", bubbles: true, cancelable: true });
    document.body.dispatchEvent(press);
    return press.defaultPrevented;
}"""


def test_a_key_takes_the_page_unless_shortcuts_are_off(site_at: SiteAt) -> None:
    for shortcuts in ("on", "off"):
        page = site_at("#/take", camera=[_plain(120)], settings={"shortcuts": shortcuts})
        FakeApi(page)
        _open_camera(page)
        assert page.evaluate(_PRESS_SPACE) == (shortcuts == "on")
        if shortcuts == "on":
            expect(page.locator("[aria-live]")).to_have_text("Page 1 taken")

        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Open the camera")).to_be_focused()


def test_a_hint_is_shown_and_spoken_while_one_aims(site_at: SiteAt) -> None:
    page = site_at("#/take", camera=[_plain(10)])
    _open_camera(page)

    expect(page.locator(".hint")).to_have_text("Too dark. Turn on a light.")
    expect(page.locator("[aria-live]")).to_have_text("Too dark. Turn on a light.")


_DRAW: Final = """({ hintOf, measured }, { table, paper, ink, blur, shift }) => {
    const [width, height] = [640, 480];
    const frame = (left) => {
        const canvas = Object.assign(document.createElement("canvas"), { width, height });
        const context = canvas.getContext("2d");
        context.filter = `blur(${blur}px)`;
        context.fillStyle = table;
        context.fillRect(-50, -50, 2 * width, 2 * height);
        context.fillStyle = paper;
        context.fillRect(left - 20, 10, 420, 460);
        context.fillStyle = ink;
        context.font = "16px serif";
        for (let line = 1; line < 18; line++)
            context.fillText("Every night the keeper counted the boats home.", left, line * 26);
        return context.getImageData(0, 0, width, height).data;
    };
    const before = measured(frame(40), width).cells;
    return hintOf(measured(frame(40 + shift), width, before));
}"""
_PAGE: Final = {"table": "#7a6a58", "paper": "#d8d2c4", "ink": "#333", "blur": 0, "shift": 0}


def test_a_hint_says_what_is_wrong_with_a_frame(page: Page) -> None:
    frames: list[tuple[dict[str, Any], str]] = [
        ({}, "good"),
        ({"shift": 8}, "good"),
        ({"ink": "#d8d2c4"}, "good"),  # nothing is printed there
        ({"paper": "#5c5a52", "ink": "#111"}, "good"),  # a lamp far away
        ({"table": "#111", "paper": "#302e2a", "ink": "#111"}, "dark"),
        ({"table": "#eee", "paper": "#fff", "ink": "#f2f2f2"}, "bright"),
        ({"blur": 3}, "blurred"),
        ({"shift": 120}, "moving"),
    ]

    hints = [run(page, "hints.js", _DRAW, _PAGE | change) for change, _ in frames]

    assert hints == [hint for _, hint in frames]


def test_without_a_camera_a_sentence_says_why_and_files_are_the_way_on(site_at: SiteAt) -> None:
    page = site_at("#/take")
    sentences = {
        "NotAllowedError": "This page may not use the camera.",
        "NotFoundError": "No camera was found.",
        "NotReadableError": "another app may be using it",
        "": "only on pages with https",
    }
    for error, sentence in sentences.items():
        page.evaluate(
            """(name) => {
                if (!name) Object.defineProperty(window, "isSecureContext", { value: false });
                navigator.mediaDevices.getUserMedia =
                    () => Promise.reject(new DOMException("", name));
            }""",
            error,
        )
        page.get_by_role("button", name="Open the camera").click()

        expect(page.get_by_role("alert")).to_contain_text(sentence)
        expect(page.get_by_role("alert")).to_contain_text("hoose photos instead")
        expect(page.get_by_role("button", name="Choose photos")).to_be_enabled()


def test_a_camera_that_another_app_takes_says_so(site_at: SiteAt) -> None:
    page = site_at("#/take", camera=[_plain(120)])
    _open_camera(page)
    page.evaluate(
        """() => document.querySelector("video").srcObject.getVideoTracks()[0]
            .dispatchEvent(new Event("ended"))"""
    )

    expect(page.get_by_role("alert")).to_contain_text("another app may be using it")


@pytest.mark.parametrize("size", [_SMALL_PHONE, _LANDSCAPE, (320, 568)])
def test_everything_can_be_hit_on_a_small_screen(site_at: SiteAt, size: tuple[int, int]) -> None:
    page = site_at("#/take", camera=[page_photo("The bell answered.")], size=size)
    api = FakeApi(page)
    api.states.default_factory = lambda: "failed"
    _pick(page, _plain(1), b"%PDF-1.7")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    _check_targets(page)

    _open_camera(page)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Page 1").click()
    _check_targets(page)
    expect(page.get_by_role("button", name="Take the page")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Done")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ar", "dark"), ("ko", "light")])
def test_pages_in_every_state_break_no_guideline(
    site_at: SiteAt, language: str, theme: str
) -> None:
    page = site_at(
        "#/take", camera=[_plain(120)], language=language, theme=theme, size=_SMALL_PHONE
    )
    api = FakeApi(page)
    states = iter(["ready", "received", "read", "failed"])
    api.states.default_factory = lambda: next(states)
    _pick(page, *map(_plain, (10, 60, 110, 160)), b"%PDF-1.7")
    expect(page.locator(".page.failed")).to_have_count(2)
    page.locator(".page.failed .actions button").last.click()
    expect(page.locator(".replacing")).to_be_visible()
    assert violations(page) == []

    page.locator(".ways .primary").click()
    page.locator(".strip button").first.click()
    assert violations(page) == []


def _check_targets(page: Page) -> None:
    controls = page.locator("button:visible, a:visible, select:visible")
    boxes = [control.bounding_box() for control in controls.all()]
    assert boxes
    assert all(box and min(box["width"], box["height"]) >= _TARGET for box in boxes), boxes
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _open_camera(page: Page) -> None:
    page.get_by_role("button", name="Open the camera").click()
    shutter = page.get_by_role("button", name="Take the page")
    expect(shutter).to_be_focused()
    expect(shutter).to_have_attribute("aria-disabled", "false")


def _wait_for_another_page(page: Page, seen: list[int]) -> None:
    """Wait until the camera shows a brightness that it did not show; add it to those seen."""
    handle = page.wait_for_function(
        """(seen) => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
            const context = canvas.getContext("2d");
            context.drawImage(document.querySelector("video"), 0, 0, 1, 1);
            const [light] = context.getImageData(0, 0, 1, 1).data;
            return seen.every((each) => Math.abs(each - light) > 20) && { light };
        }""",
        arg=seen,
    )
    seen.append(handle.json_value()["light"])


def _pick(page: Page, *photos: bytes) -> None:
    files = [_file(f"page {number}.jpg", photo) for number, photo in enumerate(photos)]
    page.locator("input[type=file]").set_input_files(files)


def _file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def _plain(light: int, size: Sequence[int] = (640, 480)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (size[0], size[1]), (light, light, light)).save(file, "JPEG")
    return file.getvalue()


def _name(row: Locator) -> str:
    return row.locator(".name").inner_text()
