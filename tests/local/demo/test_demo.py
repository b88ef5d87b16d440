"""The demos without a stack: their one-line complaints; and once as people start them."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.stories.upload_request import ANY_PHOTO, EXTENSIONS
from local.__main__ import speaks_neural_english
from local.demo import page, profile
from local.demo.read_along import told
from local.demo.terminal import CONTENT_TYPES
from local.runner.launcher import RunningStack, StackDidNotStartError

PROJECT = Path(__file__).parents[3]


def never(*_arguments: Any, **_settings: Any) -> AbstractContextManager[RunningStack]:
    raise AssertionError("a stack is not needed to see this")


@pytest.fixture
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory, in which no photo is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.scan").touch()
    (tmp_path / "empty").mkdir()


UNKNOWN_KIND = (
    "page.scan cannot go straight to S3: its name must end in one of "
    ".jpg, .jpeg, .png, .webp, .heic, .heif, .gif\n"
)


@pytest.mark.parametrize(
    ("demo", "arguments", "complaint"),
    [
        (profile.main, ["missing"], "demo-profile: missing cannot be read: no such file or"),
        (profile.main, ["page.scan"], "demo-profile: page.scan cannot be read: not a directory"),
        (profile.main, ["empty"], "demo-profile: empty has no photo: no file that ends in .jpg, "),
        (
            page.main,
            ["missing.jpg"],
            "demo: missing.jpg cannot be read: no such file or directory\n",
        ),
        (page.main, ["--direct", "page.scan"], f"demo: {UNKNOWN_KIND}"),
    ],
)
@pytest.mark.usefixtures("_folder")
def test_a_demo_complains_in_one_line_about_missing_or_unknown_files(
    capsys: pytest.CaptureFixture[str],
    demo: Callable[..., int],
    arguments: list[str],
    complaint: str,
) -> None:
    assert demo(arguments, never) == 1

    said, complained = capsys.readouterr()
    assert said == ""
    assert complained.startswith(complaint)
    assert complained.count("\n") == 1


def test_the_demo_knows_every_kind_of_photo_that_can_go_straight_to_s3() -> None:
    assert set(CONTENT_TYPES.values()) == set(EXTENSIONS) - {ANY_PHOTO}


@pytest.mark.parametrize("setting", [{}, {"ENGLISH_VOICE": "espeak-ng"}], ids=str)
def test_the_demo_speaks_english_with_the_neural_voice_unless_another_is_set(
    monkeypatch: pytest.MonkeyPatch, setting: dict[str, str]
) -> None:
    monkeypatch.delenv("ENGLISH_VOICE", raising=False)
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    asked: list[dict[str, str]] = []

    def launch(_log: Path, **settings: str) -> AbstractContextManager[RunningStack]:
        asked.append(settings)
        raise StackDidNotStartError("not now")

    assert page.main([str(PROJECT / "samples" / "page.jpg")], launch) == 1
    assert [speaks_neural_english(settings) for settings in asked] == [not setting]


PLACE = [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2], [0.1, 0.2]]


@pytest.mark.parametrize(
    ("timed", "count"),
    [
        ([(0, 3), (6, 10), (11, 15)], "4 of 4 words are timed, 3 of them placed on the page"),
        ([(0, 3), (4, 5), (11, 15)], "3 of 5 words are timed, 3 of them placed on the page"),
        ([(6, 10)], "2 of 4 words are timed, 1 of them placed on the page"),
    ],
    ids=["a dash is silent", "a sign is heard", "words are missing"],
)
def test_the_demo_counts_the_words_that_are_timed_and_placed(
    timed: list[tuple[int, int]], count: str
) -> None:
    text = "The – 2 kg ship"
    places = {"The": [PLACE], "–": [PLACE], "2": [PLACE], "kg": [], "ship": [PLACE]}
    words = [[text.index(word), text.index(word) + len(word), at] for word, at in places.items()]
    times = [[0, 1, start, end, []] for start, end in timed]
    files = {
        "story_url": json.dumps({"text": text, "words": words}).encode(),
        "read_along_url": json.dumps({"words": times}).encode(),
    }

    counted, beside = told(files).splitlines()

    assert counted == count
    assert beside == "Beside the MP3: read-along.json, story.json"


@pytest.mark.engines
@pytest.mark.parametrize("voice", ["espeak-ng", pytest.param("", marks=pytest.mark.prove)])
def test_make_demo_starts_a_stack_and_writes_a_story(tmp_path: Path, voice: str) -> None:
    """Every other test of the demo shares a stack (tests/end_to_end/test_demo.py)."""
    ended = subprocess.run(  # noqa: S603  # the Makefile's own command
        [sys.executable, "-m", "local.demo.page", str(PROJECT / "samples" / "page.jpg")],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PROJECT), "ENGLISH_VOICE": voice},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "story.mp3").stat().st_size > 50_000
    assert "start the local AWS ..." in ended.stdout
