"""The demo of a page, and Chalice's own server, over the shared stack."""

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
import requests
import soundfile
from PIL import Image

from local.demo import page
from local.resources.names import WEB_URL
from local.runner.launcher import RunningStack
from samples.draw_page import SAMPLE_PHOTO, draw_page, photo
from tests.end_to_end.client import TIMEOUT, Client
from tests.local.services.engine_pages import as_png
from tests.waiting import until

PROJECT = Path(__file__).parents[2]
SIZES_OF_THE_SAMPLE = "large 1920 x 1440, medium 1080 x 810, small 480 x 360, thumbnail 160 x 120\n"
BLANK = as_png(Image.new("RGB", (400, 300), "white"))
README = (PROJECT / "README.md").read_text()

Demo = Callable[..., tuple[int, str, str]]


@pytest.fixture
def demo(
    client: Client,
    stack: RunningStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Demo:
    """Runs the demo in an empty folder; returns its status and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = page.main(list(arguments), lambda *_log, **_settings: nullcontext(stack))
        return status, *capsys.readouterr()

    for story in client.stories():
        if "lighthouse" in (story["text"] or ""):
            client.delete(story["id"])  # so that the sample is a new photo
    client.start_afresh()
    return run


def _without_measures(output: str) -> str:
    """Leave out the seconds, the folder of the MP3, and a step that may be over too soon."""
    steps = re.sub(r"  speaking the text .*\n", "", output)
    return re.sub(r"\S*/story\.mp3", "story.mp3", re.sub(r"\d+\.\d s", "s", steps))


@pytest.mark.engines
def test_the_demo_shows_a_story_as_the_readme_shows_it(demo: Demo, tmp_path: Path) -> None:
    status, said, complaint = demo()

    assert (status, complaint) == (0, "")
    shown = README.split("$ make demo\n")[1].split("  ...\n```")[0]
    assert _without_measures(said).startswith(_without_measures(shown))
    story = tmp_path / "story.mp3"
    seconds = soundfile.info(story).duration
    assert f"{story}, {seconds:.1f} seconds" in said
    assert 15 < seconds < 60
    assert SIZES_OF_THE_SAMPLE in said
    times, kept = (
        json.loads((tmp_path / name).read_text()) for name in ("read-along.json", "story.json")
    )
    assert times["duration_ms"] == pytest.approx(1000 * seconds, abs=30)
    assert kept["text"].split()[:3] == ["Every", "night", "the"]
    assert (tmp_path / "story.vtt").read_text().startswith("WEBVTT\n")


@pytest.mark.engines
def test_the_demo_says_why_a_story_has_no_times_and_leaves_none_of_another_story(
    demo: Demo, client: Client, tmp_path: Path
) -> None:
    for name in ("read-along.json", "story.vtt"):
        (tmp_path / name).write_text("of another story")
    client.ended(client.upload(SAMPLE_PHOTO.read_bytes(), X_Read_Along="false").json()["id"])

    status, said, complaint = demo()

    assert (status, complaint) == (0, "")
    assert (
        "Read along\n\n"
        "  No times: the sender wanted none, or the speech marks did not fit the text\n"
        "  Beside the MP3: story.json\n"
    ) in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["story.json", "story.mp3"]


@pytest.mark.engines
def test_the_demo_posts_a_page_straight_to_s3_on_request(demo: Demo, tmp_path: Path) -> None:
    status, said, complaint = demo("--direct")

    assert (status, complaint) == (0, "")
    steps = re.findall(r"^  (.+?) \.{2,} \d+\.\d s$", said, re.MULTILINE)
    # A step that is over between two looks is not shown.
    assert [step for step in steps if step not in {"reading the page", "speaking the text"}] == [
        "start the local AWS",
        "ask for an upload",
        "post 370 kB to S3",
        "taking it in",
    ]
    assert "The light swung round, wide and gold." in said
    assert "Subject: page.jpg is ready to hear" in said
    assert soundfile.info(tmp_path / "story.mp3").duration > 15


@pytest.mark.engines
@pytest.mark.parametrize(
    ("arguments", "content", "why"),
    [
        (["notes.txt"], b"no photo", "This is not a photo"),
        (
            ["--direct", "notes.jpg"],
            b"no photo",
            "This upload cannot become a story: This is not a photo",
        ),
        (
            ["--direct", "empty.jpg"],
            b"",
            "S3 does not take it: Your proposed upload is smaller than",
        ),
        (["blank.png"], BLANK, "no text was found on this page"),
    ],
    ids=["no photo", "no photo in S3", "refused by S3", "a blank page"],
)
def test_the_demo_says_in_one_line_why_a_page_becomes_no_story(
    demo: Demo, tmp_path: Path, arguments: list[str], content: bytes, why: str
) -> None:
    (tmp_path / arguments[-1]).write_bytes(content)

    status, _said, complaint = demo(*arguments)

    assert status == 1
    assert complaint.startswith("demo: ")
    assert why in complaint
    assert complaint.count("\n") == 1
    assert not (tmp_path / "story.mp3").exists()


@pytest.mark.engines
def test_chalices_own_server_works_beside_a_running_local_aws(
    stack: RunningStack, tmp_path: Path
) -> None:
    _copy_app(tmp_path, stack)
    with _chalice_local(tmp_path) as api:
        sent = photo(draw_page("Another door to the same house."))
        headers = {"Content-Type": "image/jpeg"}
        upload = requests.post(f"{api}/upload", data=sent, headers=headers, timeout=TIMEOUT).json()

        def ready() -> requests.Response | None:
            answer = requests.get(f"{api}/retrieve/{upload['id']}", timeout=TIMEOUT)
            return answer if answer.status_code == requests.codes.ok else None

        story = until(ready).json()

    assert story["text"] == "Another door to the same house."
    assert requests.get(story["audio_url"], timeout=TIMEOUT).status_code == requests.codes.ok


def _copy_app(folder: Path, stack: RunningStack) -> None:
    """Copy the app, with a local stage that names the ports of this stack."""
    shutil.copy(PROJECT / "app.py", folder)
    shutil.copytree(PROJECT / "chalicelib", folder / "chalicelib")
    config = (PROJECT / ".chalice" / "config.json").read_text()
    config = config.replace("http://127.0.0.1:4566", stack.aws_url).replace(WEB_URL, stack.web_url)
    (folder / ".chalice").mkdir()
    (folder / ".chalice" / "config.json").write_text(config)


@contextmanager
def _chalice_local(folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    arguments = ["chalice", "local", "--stage=local", "--no-autoreload", f"--port={port}"]
    command = f"import sys; sys.argv = {arguments}; from chalice.cli import main; main()"
    with subprocess.Popen(  # noqa: S603  # the lines above
        [sys.executable, "-u", "-c", command], cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Serving on")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
