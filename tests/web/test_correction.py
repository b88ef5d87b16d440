"""Correcting a page in place, sharing it, deleting it."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.api import Api
from tests.web.conftest import SiteAt
from tests.web.guard import Guard
from tests.web.reading import call, eventually, is_paused, milliseconds, open_for_reading, play


def _opened(site_at: SiteAt, story: dict[str, Any]) -> Page:
    page = site_at(f"#/story/{story['id']}", permissions=["clipboard-read", "clipboard-write"])
    open_for_reading(page)
    page.get_by_role("button", name="Correct the page").click()
    return page


def test_a_corrected_text_is_spoken_and_the_old_one_is_heard_meanwhile(
    site_at: SiteAt, api: Api
) -> None:
    story = api.make_story("The fox saw a blue door. It went in.", name="Fox", seed=11)
    page = _opened(site_at, story)
    old = page.evaluate("document.querySelector('audio').src")
    page.get_by_label("Text", exact=True).fill("The fox saw a green door. It went in at once.")
    play(page)
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("until then you hear the old one")).to_be_visible()
    assert page.evaluate("document.querySelector('audio').src") == old
    expect(page.locator(".text")).to_contain_text("green door", timeout=60_000)
    expect(page.get_by_text("You hear the corrected page now.")).to_be_visible()
    assert page.evaluate("document.querySelector('audio').src") != old
    assert page.locator(".notice").count() == 0
    page.locator(".text [data-word='8']").click()
    eventually(lambda: milliseconds(page) > 0 and not is_paused(page))
    expect(page.locator(".text [data-lit]")).to_be_visible()


def test_a_new_name_counts_at_once(site_at: SiteAt, api: Api) -> None:
    page = _opened(site_at, api.make_story("A name is not spoken.", name="Old", seed=12))

    page.get_by_label("Name").fill("New name")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("New name")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("button", name="Correct the page")).to_be_focused()


def test_another_voice_is_chosen_among_those_of_the_language(site_at: SiteAt, api: Api) -> None:
    story = api.make_story("The voice is another one now.", name="Voice", seed=13)
    page = _opened(site_at, story)
    voices = page.get_by_label("Voice").locator("option")
    expect(voices.filter(has_text="lights the words").first).to_be_attached()

    page.get_by_label("Language").select_option("de-DE")
    german = page.get_by_label("Voice").input_value()
    page.get_by_label("Language").select_option(story["language"])
    names = voices.all_inner_texts()
    other = next(each for each in names if not each.startswith(f"{story['voice']} "))
    page.get_by_label("Voice").select_option(other.split()[0])
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("You hear the corrected page now.")).to_be_visible(timeout=60_000)

    assert german != story["voice"]
    assert api.story(story["id"])["voice"] == other.split()[0]


def test_what_somebody_else_changed_is_shown_and_nothing_typed_is_lost(
    site_at: SiteAt, api: Api, guard: Guard
) -> None:
    guard.expect("412")
    story = api.make_story("Two people correct this page.", name="Two", seed=14)
    page = _opened(site_at, story)
    page.get_by_label("Text", exact=True).fill("My text of this page.")
    answer = api.call(
        "PATCH",
        f"/stories/{story['id']}",
        json={"text": "Their text of this page."},
        headers={"If-Match": str(story["revision"])},
    )
    assert answer.ok, answer.text

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Somebody else changed this page meanwhile.")).to_be_visible()
    expect(page.locator("blockquote")).to_have_text("Their text of this page.")
    expect(page.get_by_label("Text", exact=True)).to_have_value("My text of this page.")
    page.get_by_role("button", name="Swap").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Their text of this page.")
    expect(page.locator("blockquote")).to_have_text("My text of this page.")
    page.get_by_role("button", name="Swap").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".correction")).to_have_count(0)
    assert api.story(story["id"])["text"] == "My text of this page."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \n ", "at least one word"),
        ("a" * 20_001, "20,001 characters"),
        ("🐻" * 20_001, "20,001 characters"),
    ],
    ids=["blank", "long", "long, of emoji"],
)
def test_a_text_that_cannot_be_spoken_is_not_sent(page: Page, text: str, sentence: str) -> None:
    assert sentence in call(page, "correction.js", "flawOf", text)
    assert call(page, "correction.js", "flawOf", "🐻" * 20_000) == ""


def test_what_the_api_refuses_is_said(site_at: SiteAt, api: Api, guard: Guard) -> None:
    guard.expect("400")
    page = _opened(site_at, api.make_story("Nothing can be said of dots.", name="Dots", seed=15))

    page.get_by_label("Text", exact=True).fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#correction-problem")).to_contain_text("at least one word")
    page.get_by_label("Text", exact=True).fill("… — …")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#correction-problem")).to_contain_text(re.compile("read aloud|spoken"))
    expect(page.get_by_label("Text", exact=True)).to_have_value("… — …")


def test_no_page_follows_while_a_correction_is_typed(site_at: SiteAt, api: Api) -> None:
    story = api.make_story("One. Two.", name="Typed", seed=47)
    api.make_story("It follows.", name="Follower", seed=48)
    page = site_at(f"#/story/{story['id']}")
    open_for_reading(page)
    page.get_by_role("button", name="The next page follows by itself").click()
    page.get_by_role("button", name="Correct the page").click()
    page.get_by_label("Text", exact=True).fill("One. Two. Three.")

    play(page)
    eventually(lambda: milliseconds(page) > 0)
    eventually(lambda: is_paused(page))

    expect(page.get_by_role("heading", level=1)).to_have_text("Typed")
    expect(page.get_by_label("Text", exact=True)).to_have_value("One. Two. Three.")


def test_keys_that_play_do_nothing_in_a_field(site_at: SiteAt, api: Api) -> None:
    page = _opened(site_at, api.make_story("A space is a space here.", name="Space", seed=16))
    page.get_by_label("Text", exact=True).focus()

    page.keyboard.press("Control+End")
    page.keyboard.type(" and there")

    assert is_paused(page)
    expect(page.get_by_label("Text", exact=True)).to_have_value(re.compile("here. and there$"))


def test_the_shared_link_is_copied_with_a_word_on_who_hears_it(site_at: SiteAt, api: Api) -> None:
    story = api.make_story("Anybody may hear this page.", name="Shared", seed=17)
    page = _opened(site_at, story)

    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_text("Anybody who has this link can see the page")).to_be_visible()
    page.get_by_role("button", name="Copy the link").click()

    expect(page.get_by_text("The link is copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.search(rf"/#story={story['id']}/[0-9a-zA-Z-]+/1$", link)


def test_a_story_is_deleted_from_the_reader(site_at: SiteAt, api: Api) -> None:
    story = api.make_story("This page is deleted.", name="Deleted", seed=18)
    page = _opened(site_at, story)

    page.get_by_role("button", name="Delete the story").click()

    expect(page.get_by_role("heading", name="Stories", exact=True)).to_be_visible()
    eventually(lambda: api.story(story["id"])["status"] == "deleted")
