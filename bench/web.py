"""The web page in a Chromium: the lit word beside the clock, first views, and a lost connection."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.client import Client
from bench.pages import page_photo
from bench.report import Figure
from bench.slow_network import slowed
from bench.stack import RunningStack, running_stack
from tests.web.chromium import started

PAGES = 5  # of about 60 words: 300 words
RATES = (1, 2)
IN_TIME = 80  # ms
SLOW_4G = {"bits_per_second": 1_600_000, "round_trip": 0.15}
VIEWS = 5
PHOTOS = 10
SECONDS_WITHOUT_NETWORK = 3
PATIENCE = 300_000  # ms
TASK = "ThreadControllerImpl::RunTask"  # as Chromium's trace calls it
LOOK = 250  # ms between two looks at the page

# A word counts as lit when the frame after the one that lit it begins: by then it was painted.
# A stall is a time without frames: on a busy machine, the page does not get the processor.
NOTE_LIGHTS = """() => {
    const [audio, group] = [document.querySelector("audio"), document.querySelector(".photo .lit")];
    const now = () => audio.currentTime * 1000;
    globalThis.noted = { lit: {}, stalls: [], ended: false };
    let last = [performance.now(), now()];
    requestAnimationFrame(function look(time) {
        if (time - last[0] > 50) noted.stalls.push([last[1], now()]);
        last = [time, now()];
        requestAnimationFrame(look);
    });
    new MutationObserver(() => {
        const index = group.getAttribute("data-lit");
        if (index !== null && !(index in noted.lit)) {
            requestAnimationFrame(() => { noted.lit[index] = now(); });
        }
    }).observe(group, { attributes: true, attributeFilter: ["data-lit"] });
    audio.addEventListener("ended", () => { noted.ended = true; });
}"""
NOTE_VIEW = """
globalThis.shift = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new MutationObserver((_, observer) => {
    if (!document.querySelector("main .take .primary")) return;
    observer.disconnect();
    requestAnimationFrame(() => { globalThis.usable = performance.now(); });
}).observe(document, { childList: true, subtree: true });
"""


def measure(*, quick: bool) -> list[Figure]:
    with (
        running_stack() as stack,
        sync_playwright() as playwright,
        started(playwright, "--autoplay-policy=no-user-gesture-required") as browser,
    ):
        stories = _stories(stack, 1 if quick else PAGES)
        return [
            *_lights(browser, stack, stories),
            *_views(browser, stack, 1 if quick else VIEWS),
            *_lost_connection(browser, stack),
        ]


def _stories(stack: RunningStack, count: int) -> list[dict[str, Any]]:
    with Client(stack) as client:
        ids = [client.wait_until_at_rest(client.upload(page_photo(n))) for n in range(count)]
    return [requests.get(f"{stack.api_url}/stories/{each}", timeout=60).json() for each in ids]


def _context(browser: Browser, origin: str, **options: Any) -> BrowserContext:
    """Return a context of a phone that has joined; the API is open."""
    kept = [{"name": "storytime.token", "value": ""}]
    state: Any = {"cookies": [], "origins": [{"origin": origin, "localStorage": kept}]}
    return browser.new_context(
        base_url=origin, storage_state=state, viewport={"width": 390, "height": 844}, **options
    )


def _lights(
    browser: Browser, stack: RunningStack, stories: list[dict[str, Any]]
) -> Iterator[Figure]:
    """Play all pages at each rate; look when each word is painted, by the audio's own clock."""
    tasks: list[tuple[float, float]] = []
    for rate in RATES:
        late: list[float] = []
        in_stalls = 0
        for story in stories:
            played = _played(browser, stack, story, rate)
            late += played.late
            in_stalls += played.late_in_stalls
            tasks += played.tasks
        ordered = sorted(late)
        yield Figure(
            f"words lit within {IN_TIME} ms, at {rate}x",
            100 * sum(each <= IN_TIME for each in late) / len(late),
            99,
            "at least",
            "%",
            {
                "words": len(late),
                "median (ms)": round(ordered[len(ordered) // 2], 1),
                "late while the machine was busy": in_stalls,
            },
        )
    yield Figure(
        "longest task while the words play, its CPU time",
        max(cpu for cpu, _ in tasks),
        50,
        "at most",
        " ms",
        {"tasks": len(tasks), "with waiting for the CPU (ms)": round(max(w for _, w in tasks), 1)},
    )


@dataclass(frozen=True)
class _Played:
    """A page that was played to its end.

    Attributes:
        late: Milliseconds between each word's begin and its light; endless if it never came.
        late_in_stalls: How many were later than `IN_TIME` because no frame was drawn.
        tasks: The CPU time and the duration of each task of the page's thread, in milliseconds.
    """

    late: list[float]
    late_in_stalls: int
    tasks: list[tuple[float, float]]


def _played(browser: Browser, stack: RunningStack, story: dict[str, Any], rate: int) -> _Played:
    found = requests.get(story["read_along_url"], timeout=60).json()
    begins = {str(n): word[0] for n, word in enumerate(found["words"]) if word[4]}
    context = _context(browser, stack.web_url)
    page = context.new_page()
    page.goto(f"/#/story/{story['id']}")
    page.locator(".text .word").first.wait_for(state="attached")
    page.get_by_label("Speed").select_option(str(rate))
    _wait_for(page, "document.querySelector('audio').readyState === 4")
    page.evaluate(NOTE_LIGHTS)
    browser.start_tracing(page=page, categories=["toplevel"])
    page.locator(".play").click()
    _wait_for(page, "noted.ended")
    tasks = list(_tasks(json.loads(browser.stop_tracing())["traceEvents"]))
    noted = page.evaluate("noted")
    context.close()
    late = {n: abs(noted["lit"].get(n, math.inf) - at) / rate for n, at in begins.items()}
    in_stalls = [
        n
        for n, error in late.items()
        if error > IN_TIME and any(a <= begins[n] <= b for a, b in noted["stalls"])
    ]
    return _Played(list(late.values()), len(in_stalls), tasks)


def _tasks(events: list[dict[str, Any]]) -> Iterator[tuple[float, float]]:
    """Yield the CPU time and the duration of the tasks of the page's own thread."""
    own = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    for event in events:
        if event["name"] == TASK and (event["pid"], event["tid"]) in own:
            yield event.get("tdur", 0) / 1000, event["dur"] / 1000


def _views(browser: Browser, stack: RunningStack, repeats: int) -> Iterator[Figure]:
    """Open the library through slow 4G: once with nothing kept, then again."""
    firsts: list[float] = []
    seconds: list[float] = []
    shifts: list[float] = []
    for _ in range(repeats):
        with slowed(stack.web_url, **SLOW_4G) as url:  # type: ignore[arg-type]
            context = _context(browser, url)
            context.add_init_script(NOTE_VIEW)
            page = context.new_page()
            for times in (firsts, seconds):
                page.goto(url, wait_until="commit")
                _wait_for(page, "globalThis.usable > 0")
                page.locator(".cover img").first.wait_for()
                page.wait_for_load_state("networkidle")
                page.evaluate("navigator.serviceWorker.ready.then(() => true)")
                times.append(page.evaluate("usable") / 1000)
                shifts.append(page.evaluate("shift"))
            context.close()
    yield _view("first", firsts, 2.5)
    yield _view("second", seconds, 1.0)
    yield Figure("layout shift of a view", max(shifts), 0, "at most", "", {"views": len(shifts)})


def _view(which: str, times: list[float], target: float) -> Figure:
    details: dict[str, float | str] = {"views": len(times), "slowest (s)": round(max(times), 2)}
    middle = sorted(times)[len(times) // 2]
    return Figure(f"slow 4G: {which} view usable", middle, target, "at most", " s", details)


def _lost_connection(browser: Browser, stack: RunningStack) -> Iterator[Figure]:
    """Pick ten photos; the connection drops once while they are sent."""
    before = {story["id"] for story in _listed(stack)}
    context = _context(browser, stack.web_url, service_workers="block")
    page = context.new_page()
    page.goto("/#/take")
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.jpg" for number in range(PHOTOS)]
        for number, file in enumerate(files):
            file.write_bytes(page_photo(100 + number))
        with page.expect_request("**/api/upload"):
            page.set_input_files("input[type=file]", files)
        context.set_offline(True)
        page.wait_for_timeout(SECONDS_WITHOUT_NETWORK * 1000)
        context.set_offline(False)
        links = "a.primary[href^='#/story/']"
        _wait_for(page, f'document.querySelectorAll("{links}").length === {PHOTOS}')
        different = {each.get_attribute("href") for each in page.locator(links).all()}
    context.close()
    made = [story for story in _listed(stack) if story["id"] not in before]
    details: dict[str, float | str] = {"different links": len(different)}
    yield Figure(
        "of ten photos, over a lost connection: heard",
        sum(story["status"] == "ready" for story in made),
        PHOTOS,
        "at least",
        "",
        details,
    )
    yield Figure("stories made of these ten photos", len(made), PHOTOS, "at most", "", details)


def _wait_for(page: Page, condition: str) -> None:
    """Wait until a condition holds in the page; its CSP forbids Playwright's own way."""
    for _ in range(PATIENCE // LOOK):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(LOOK)
    raise RuntimeError(f"{condition} never holds in:\n{page.inner_text('body')}")


def _listed(stack: RunningStack) -> list[dict[str, Any]]:
    answer = requests.get(f"{stack.api_url}/stories?limit=100", timeout=60)
    stories: list[dict[str, Any]] = json.loads(answer.text)["stories"]
    return stories
