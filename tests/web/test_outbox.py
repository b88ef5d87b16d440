"""What was captured is kept, sent and followed, whatever the network, the API and the clock do."""

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.web.api import Api, page_photo
from tests.web.conftest import TOKEN, SiteAt
from tests.web.fake_api import FAILED, FakeApi, busy, id_of
from tests.web.guard import Guard
from tests.web.modules import run


def test_two_pages_at_a_time_are_sent_in_the_order_of_capture(joined_page: Page) -> None:
    held: list[Route] = []
    api = _taking(joined_page)
    api.on_upload = held.append
    _pick(joined_page, 4)

    expect(joined_page.locator(".page img")).to_have_count(4)  # all could be sent
    api.wait_until(lambda: len(held) >= 2)
    assert len(held) == 2
    api.received(held[1])
    api.wait_until(lambda: len(held) == 3)
    for each in (held[0], held[2]):
        api.received(each)
    api.wait_until(lambda: len(held) == 4)
    api.received(held[3])

    expect(joined_page.get_by_role("link", name="Play")).to_have_count(4)
    assert api.names == ["page 0.jpg", "page 1.jpg", "page 2.jpg", "page 3.jpg"]
    assert [_name(row) for row in _rows(joined_page).all()] == api.names


def test_a_page_goes_from_sent_to_read_to_spoken(joined_page: Page) -> None:
    api = _taking(joined_page)
    api.states.default_factory = lambda: "received"
    _pick(joined_page, 1)
    row = _rows(joined_page).first

    expect(row).to_contain_text("The page is being read.")
    api.states[id_of(api.uploads[0])] = "read"
    expect(row).to_contain_text("The text is being spoken.")
    api.states[id_of(api.uploads[0])] = "ready"
    expect(row).to_contain_text("Ready to hear")
    expect(row.get_by_role("link", name="Play page 0.jpg")).to_have_attribute(
        "href", f"#/story/{id_of(api.uploads[0])}"
    )
    expect(joined_page.locator("[aria-live]")).to_have_text("page 0.jpg is ready to hear")


def test_one_call_asks_about_all_pages(joined_page: Page) -> None:
    api = _taking(joined_page)
    api.states.default_factory = lambda: "received"
    _pick(joined_page, 3)

    api.wait_until(lambda: max(map(len, api.asked), default=0) == 3)

    assert set(api.asked[-1]) == {id_of(each) for each in api.uploads}


def test_a_bulk_call_that_fails_loses_nothing(joined_page: Page, guard: Guard) -> None:
    guard.expect("503 .*/api/bulk")
    api = _taking(joined_page)
    api.on_bulk = busy
    _pick(joined_page, 1)

    api.wait_until(lambda: api.asked)
    api.on_bulk = api.told

    expect(joined_page.get_by_role("link", name="Play")).to_be_visible(timeout=15_000)
    assert len(api.uploads) == 1


def test_nobody_is_asked_while_nobody_looks(joined_page: Page) -> None:
    api = _taking(joined_page)
    _hide(joined_page, hidden=True)
    _pick(joined_page, 1)
    expect(_rows(joined_page)).to_contain_text("Sent.")
    joined_page.wait_for_timeout(1500)  # it would have asked after one second
    assert not api.asked

    _hide(joined_page, hidden=False)

    expect(joined_page.get_by_role("link", name="Play")).to_be_visible()


def test_a_busy_api_gets_the_page_again_after_it_said(joined_page: Page, guard: Guard) -> None:
    guard.expect("503 .*/api/upload")
    api = _taking(joined_page)
    api.on_upload = busy
    _pick(joined_page, 1)

    expect(joined_page.get_by_text("Storytime is busy.")).to_be_visible()
    api.on_upload = api.received

    expect(joined_page.get_by_role("link", name="Play")).to_be_visible(timeout=15_000)
    assert api.uploads[0].post_data_buffer == api.uploads[-1].post_data_buffer


def test_pages_wait_for_a_connection_and_leave_as_soon_as_there_is_one(
    joined_page: Page, guard: Guard
) -> None:
    guard.expect("ERR_INTERNET_DISCONNECTED")
    api = _taking(joined_page)
    api.on_upload = lambda route: route.abort("internetdisconnected")
    joined_page.context.set_offline(True)
    _pick(joined_page, 3)
    expect(joined_page.get_by_text("There is no connection.")).to_be_visible()
    expect(_rows(joined_page)).to_contain_text(["Waits to be sent"] * 3)

    api.on_upload = api.received
    joined_page.context.set_offline(False)

    expect(joined_page.get_by_role("link", name="Play")).to_have_count(3)
    expect(joined_page.get_by_text("There is no connection.")).to_have_count(0)


def test_a_reload_in_the_middle_of_an_upload_loses_nothing(joined_page: Page) -> None:
    held: list[Route] = []
    api = _taking(joined_page)
    api.on_upload = held.append
    _pick(joined_page, 3)
    api.wait_until(lambda: len(held) == 2)
    expect(joined_page.locator(".page img")).to_have_count(3)

    api.on_upload = api.received
    joined_page.reload()

    expect(joined_page.get_by_role("link", name="Play")).to_have_count(3)
    assert sorted(api.names[2:]) == ["page 0.jpg", "page 1.jpg", "page 2.jpg"]
    assert {id_of(each) for each in api.uploads[:2]} <= {id_of(each) for each in api.uploads[2:]}


def test_a_reload_before_a_photo_was_shrunk_loses_nothing(joined_page: Page) -> None:
    api = _taking(joined_page)
    joined_page.evaluate("() => { createImageBitmap = () => new Promise(() => {}); }")
    _pick(joined_page, 2)
    kept = "async ({ storedPages }) => (await storedPages()).length"
    api.wait_until(lambda: run(joined_page, "outbox_storage.js", kept) == 2)

    joined_page.reload()

    expect(joined_page.get_by_role("link", name="Play")).to_have_count(2)
    assert api.names == ["page 0.jpg", "page 1.jpg"]


def test_a_revoked_token_loses_nothing(joined_page: Page, guard: Guard) -> None:
    guard.expect("401 .*/api/upload")
    api = _taking(joined_page)
    api.on_upload = lambda route: route.fulfill(
        status=401, json={"code": "unauthorized", "message": "No."}
    )
    _pick(joined_page, 2)
    expect(joined_page.get_by_role("heading", name="Join Storytime")).to_be_visible()

    api.on_upload = api.received
    joined_page.get_by_label("Token").fill(TOKEN)
    joined_page.get_by_role("button", name="Join").click()

    expect(joined_page.get_by_role("link", name="Play page")).to_have_count(2)


def test_a_page_that_failed_says_why_and_is_taken_again(joined_page: Page) -> None:
    api = _taking(joined_page)
    api.states.default_factory = lambda: "failed"
    _pick(joined_page, 1)
    row = _rows(joined_page).first
    expect(row).to_contain_text(FAILED)

    api.states.default_factory = lambda: "ready"
    row.get_by_role("button", name="Take again: page 0.jpg").click()
    expect(joined_page.get_by_text("The next photo replaces page 0.jpg.")).to_be_visible()
    _pick(joined_page, 1, first=7)

    expect(_rows(joined_page)).to_have_count(1)
    expect(joined_page.get_by_role("link", name="Play page 7.jpg")).to_be_visible()


def test_a_file_that_is_no_photo_replaces_nothing(joined_page: Page) -> None:
    api = _taking(joined_page)
    api.states.default_factory = lambda: "failed"
    _pick(joined_page, 1)
    expect(_rows(joined_page).first).to_contain_text(FAILED)
    joined_page.get_by_role("button", name="Take again: page 0.jpg").click()

    film = FilePayload(name="film.mp4", mimeType="video/mp4", buffer=b"\0\0\0\x18ftypmp42")
    joined_page.locator("input[type=file]").set_input_files([film])

    expect(_rows(joined_page)).to_have_count(2)
    expect(joined_page.get_by_text("The next photo replaces page 0.jpg.")).to_be_visible()
    _pick(joined_page, 1, first=7)
    expect(_rows(joined_page)).to_have_count(2)
    assert [_name(row) for row in _rows(joined_page).all()] == ["page 7.jpg", "film.mp4"]


def test_after_a_lost_connection_pages_are_sent_in_the_order_of_capture(
    joined_page: Page, guard: Guard
) -> None:
    guard.expect("ERR_CONNECTION_RESET|net::ERR_FAILED")
    api = _taking(joined_page)
    api.on_upload = lambda route: route.abort("connectionreset")
    _pick(joined_page, 4)
    api.wait_until(lambda: len(api.uploads) >= 2)
    tried = len(api.uploads)

    api.on_upload = api.received

    expect(joined_page.get_by_role("link", name="Play")).to_have_count(4, timeout=20_000)
    assert sorted(api.names[tried : tried + 2]) == ["page 0.jpg", "page 1.jpg"]


def test_a_page_that_the_api_forgot_is_sent_again(joined_page: Page) -> None:
    api = _taking(joined_page)
    api.states.default_factory = lambda: "forgotten"
    _pick(joined_page, 1)
    api.wait_until(lambda: len(api.uploads) == 2)
    api.states[id_of(api.uploads[1])] = "ready"

    expect(joined_page.get_by_role("link", name="Play")).to_be_visible(timeout=15_000)


def test_a_refused_photo_is_sent_again_when_the_person_wants(
    joined_page: Page, guard: Guard
) -> None:
    guard.expect("400 .*/api/upload")
    api = _taking(joined_page)
    api.on_upload = lambda route: route.fulfill(
        status=400, json={"code": "unreadable_image", "message": "This image is damaged."}
    )
    _pick(joined_page, 1)
    expect(_rows(joined_page)).to_contain_text("This image is damaged.")

    api.on_upload = api.received
    joined_page.get_by_role("button", name="Try again").click()

    expect(joined_page.get_by_role("link", name="Play")).to_be_visible()


def test_a_story_that_somebody_deleted_says_so(joined_page: Page) -> None:
    api = _taking(joined_page)
    api.states.default_factory = lambda: "deleted"
    _pick(joined_page, 1)

    expect(_rows(joined_page)).to_contain_text("Somebody deleted this story.")


def test_a_removed_page_comes_back_when_that_is_undone(joined_page: Page) -> None:
    held: list[Route] = []
    api = _taking(joined_page)
    api.on_upload = held.append
    _pick(joined_page, 2)
    api.wait_until(lambda: len(held) == 2)

    joined_page.get_by_role("button", name="Remove page 0.jpg").click()
    expect(_rows(joined_page)).to_have_count(1)
    expect(joined_page.get_by_role("heading", name="New pages")).to_be_focused()
    api.on_upload = api.received
    joined_page.get_by_role("button", name="Undo").click()

    expect(_rows(joined_page)).to_have_count(2)
    expect(joined_page.get_by_role("link", name="Play page 0.jpg")).to_be_visible()
    assert _name(_rows(joined_page).first) == "page 0.jpg"


def test_the_same_photo_is_one_page(joined_page: Page) -> None:
    _taking(joined_page)
    _pick(joined_page, 1)
    expect(joined_page.get_by_role("link", name="Play")).to_be_visible()

    _pick(joined_page, 1)

    expect(joined_page.get_by_text("it is the same photo")).to_be_visible()
    expect(_rows(joined_page)).to_have_count(1)


def test_a_page_leaves_the_list_after_it_was_opened(joined_page: Page, guard: Guard) -> None:
    guard.expect("503 .*/api/stories")
    api = _taking(joined_page)
    _pick(joined_page, 2)
    expect(joined_page.get_by_role("link", name="Play")).to_have_count(2)

    joined_page.route("**/api/stories/*", lambda route: route.fulfill(status=503, json={}))
    run(joined_page, "router.js", "({ goTo }, id) => goTo(`#/story/${id}`)", id_of(api.uploads[0]))
    joined_page.go_back()

    expect(_rows(joined_page)).to_have_count(1)
    expect(joined_page.get_by_role("link", name="Play page 1.jpg")).to_be_visible()


def test_a_clock_that_is_wrong_by_a_day_changes_nothing(site_at: SiteAt) -> None:
    page = site_at("#/take")
    page.clock.set_system_time(dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
    _taking(page, is_there=True)
    _pick(page, 1)

    expect(page.get_by_role("link", name="Play")).to_be_visible()


@pytest.mark.parametrize("storage", ["forbidden", "full"])
def test_without_storage_pages_are_kept_while_the_page_is_open(
    joined_page: Page, storage: str
) -> None:
    joined_page.add_init_script(
        "indexedDB.open = () => { throw new DOMException('No.', 'SecurityError'); };"
        if storage == "forbidden"
        else "IDBObjectStore.prototype.put = () => "
        "{ throw new DOMException('Full.', 'QuotaExceededError'); };"
    )
    joined_page.reload()
    _taking(joined_page)
    _pick(joined_page, 1)

    expect(joined_page.get_by_role("alert").get_by_text("no room to keep pages")).to_be_visible()
    expect(joined_page.get_by_role("link", name="Play")).to_be_visible()


def test_what_is_sent_next_and_when(joined_page: Page) -> None:
    def call(body: str) -> Any:
        return run(joined_page, "outbox_rules.js", body)

    pauses = call("({ pollPause }) => [0, 1, 2, 3, 4, 5, 200].map(pollPause)")
    assert pauses == [1, 1, 2, 3, 5, 5, 30]
    assert call("({ pauseAfter }) => [1, 2, 5, 9].map((each) => pauseAfter(each, 0))") == [
        2, 4, 32, 60,
    ]  # fmt: skip
    assert call("({ pauseAfter }) => pauseAfter(1, 90)") == 90
    waiting = """({ nextToSend }) => nextToSend([
        { id: "a", state: "sending", photo: 1, attempts: 0, order: 1 },
        { id: "b", state: "waiting", photo: 1, attempts: 2, order: 2 },
        { id: "c", state: "waiting", photo: null, attempts: 0, order: 3 },
        { id: "d", state: "waiting", photo: 1, attempts: 0, order: 4 },
    ]).map(({ id }) => id)"""
    assert call(waiting) == ["d"]


def test_pages_become_stories_each_once_though_the_connection_drops(
    site_at: SiteAt, api: Api, guard: Guard
) -> None:
    guard.expect("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "ERR_NETWORK")
    page = site_at("#/take")
    words = ("one", "two", "three", "four")
    _pick_photos(page, [page_photo(f"The bell answered {word}.") for word in words], first=40)
    expect(page.get_by_text("Sent.").or_(page.get_by_text("Read.")).first).to_be_visible()
    page.context.set_offline(True)
    _pick_photos(page, [page_photo("The bell answered five.")], first=44)
    expect(page.get_by_text("There is no connection.")).to_be_visible()

    page.context.set_offline(False)

    links = page.get_by_role("link", name="Play")
    expect(links).to_have_count(5, timeout=120_000)
    names = [story["name"] for story in api.stories() if story["name"].startswith("page 4")]
    assert sorted(names) == [f"page {number}.jpg" for number in range(40, 45)]


def _taking(page: Page, *, is_there: bool = False) -> FakeApi:
    """Let an API answer as the test says, and go to the screen that takes pages."""
    api = FakeApi(page)
    if not is_there:
        page.get_by_role("link", name="Photograph pages").click()
    expect(page.get_by_role("heading", name="Photograph pages")).to_be_visible()
    return api


def _pick(page: Page, count: int, first: int = 0) -> None:
    _pick_photos(page, [_photo(first + each) for each in range(count)], first)


def _pick_photos(page: Page, photos: Sequence[bytes], first: int = 0) -> None:
    files: list[FilePayload] = [
        {"name": f"page {number}.jpg", "mimeType": "image/jpeg", "buffer": photo}
        for number, photo in enumerate(photos, first)
    ]
    page.locator("input[type=file]").set_input_files(files)


def _photo(number: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (200, 150), (40 * number % 256, 100, 200)).save(file, "JPEG")
    return file.getvalue()


def _rows(page: Page) -> Locator:
    return page.locator(".outbox li")


def _name(row: Locator) -> str:
    return row.locator(".name").inner_text()


def _hide(page: Page, *, hidden: bool) -> None:
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )
