"""A link that lets anybody hear one story, until it is deleted."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.api import Api
from tests.web.conftest import SiteAt
from tests.web.guard import Guard
from tests.web.reading import eventually, lit_on_photo, milliseconds, open_for_reading, play


@pytest.fixture
def story(api: Api) -> dict[str, Any]:
    return api.make_story("The moon hears this story, too. It listens.", name="Moon", seed=21)


def _link(story: dict[str, Any]) -> str:
    found = re.search(r"/public/(.+/\d+)/story\.mp3$", story["audio_url"])
    assert found
    return f"#story={found[1]}"


def _opened(site_at: SiteAt, story: dict[str, Any], **options: Any) -> Page:
    return site_at(_link(story), joined=False, **options)


def test_it_plays_without_a_token_and_asks_the_api_for_nothing(
    site_at: SiteAt, story: dict[str, Any], guard: Guard
) -> None:
    page = _opened(site_at, story)
    open_for_reading(page)

    play(page)

    eventually(lambda: lit_on_photo(page) is not None)
    expect(page.locator(".text")).to_contain_text("The moon hears this story")
    assert page.get_by_role("button", name="Correct the page").count() == 0
    assert page.get_by_role("button", name="Share", exact=True).count() == 0
    assert page.get_by_role("button", name="Next page").count() == 0
    assert not [url for url in guard.requests if "/api/" in url]


def test_after_a_correction_the_link_leads_to_the_new_text(
    site_at: SiteAt, api: Api, guard: Guard
) -> None:
    story = api.make_story("The sun hears a story. It shines.", name="Sun", seed=22)
    guard.expect(r"40[34].*/1/story\.json")
    answer = api.call(
        "PATCH",
        f"/stories/{story['id']}",
        json={"text": "The sun hears another story."},
        headers={"If-Match": "1"},
    )
    assert answer.ok
    api.ended(story["id"])
    eventually(lambda: api.call("GET", f"/stories/{story['id']}").json()["spoken_revision"] == 2)

    page = _opened(site_at, story)

    expect(page.locator(".text")).to_contain_text("The sun hears another story")
    open_for_reading(page)
    play(page)
    eventually(lambda: milliseconds(page) > 0)


def test_deletion_closes_it(site_at: SiteAt, api: Api, guard: Guard) -> None:
    guard.expect(r"40[34].*/story\.json")
    story = api.make_story("The star hears its last story.", name="Star", seed=23)
    api.delete(story["id"])
    eventually(lambda: api.story(story["id"]).get("erased_at") is not None, 120)

    page = _opened(site_at, story)

    expect(page.get_by_role("alert")).to_contain_text("This story is no longer there")
    expect(page.get_by_role("link", name="All stories")).to_be_visible()


def test_the_text_has_its_own_language_and_direction(
    site_at: SiteAt, story: dict[str, Any]
) -> None:
    page = _opened(site_at, story, language="ar")

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator(".text")).to_have_attribute("dir", "ltr")
    expect(page.locator(".text")).to_have_attribute("lang", "en-US")


def test_a_link_that_was_cut_says_so(site_at: SiteAt, story: dict[str, Any], guard: Guard) -> None:
    guard.expect("403")
    page = site_at(_link(story)[:-12], joined=False)

    expect(page.get_by_text("the link is not complete")).to_be_visible()


def test_without_a_network_it_says_so(site_at: SiteAt, story: dict[str, Any], guard: Guard) -> None:
    guard.expect("ERR_INTERNET_DISCONNECTED|ERR_FAILED")
    page = site_at("#/demo", joined=False)
    page.route("**/story.json", lambda route: route.abort())

    page.goto(f"/{_link(story)}")

    expect(page.get_by_role("alert")).to_contain_text("There is no connection")
    page.unroute("**/story.json")
    open_for_reading(page)
