"""``python -m local`` and ``python -m local.demo.page``, as people start them."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import soundfile
import urllib3
from PIL import Image

from chalicelib.stories.upload_request import EXTENSIONS
from local.demo.page import CONTENT_TYPES
from local.runner.launcher import launched
from samples.draw_page import draw_page, photo

PROJECT = Path(__file__).parents[3]
SIZES_OF_THE_SAMPLE = "large 1920 x 1440, medium 1080 x 810, small 480 x 360, thumbnail 160 x 120\n"
ENVIRONMENT = os.environ | {"PYTHONPATH": str(PROJECT)}


def run(*arguments: str, cwd: Path = PROJECT, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # what the tests below say
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        env=ENVIRONMENT | {"PORT": "0", "AWS_PORT": "0"} | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def started() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A stack, and the URL of its API from its last line."""
    with subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=PROJECT,
        env=ENVIRONMENT | {"PORT": "0", "AWS_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            ready = next(line for line in process.stdout if line.startswith("Ready: "))
            yield process, ready.removeprefix("Ready: ").strip()
        finally:
            process.kill()


@pytest.fixture
def busy_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


@pytest.mark.parametrize("variable", ["PORT", "AWS_PORT"])
def test_a_busy_port_is_one_clear_line(busy_port: str, variable: str) -> None:
    ended = run("local", PORT=busy_port) if variable == "PORT" else run("local", AWS_PORT=busy_port)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (
        f"python -m local: port {busy_port} cannot be used: address already in use\n"
    )


@pytest.mark.parametrize("port", ["eighty", "-1", "65536", "8000.0", "٨٠"])
def test_what_is_no_port_is_one_clear_line(port: str) -> None:
    ended = run("local", PORT=port)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "python -m local: PORT must be a port number from 0 (any free one) to 65535, "
        f"not {port!r}\n"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("LOG_LEVEL", "LOUD"), ("API_TOKENS", "st_no-digest"), ("ALLOWED_ORIGIN", "example.com")],
)
def test_a_setting_that_the_app_does_not_know_is_one_clear_line(name: str, value: str) -> None:
    settings: dict[str, Any] = {name: value}

    ended = run("local", **settings)

    assert ended.returncode == 1
    assert ended.stderr.startswith("python -m local: ")
    assert name in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("tokens", "example"), [("", "  curl http"), ("0" * 64, "  curl -H 'Authorization: Bearer ")]
)
def test_it_shows_how_to_ask_an_open_and_a_closed_api(tokens: str, example: str) -> None:
    with subprocess.Popen(  # as said above
        [sys.executable, "-m", "local"],
        cwd=PROJECT,
        env=ENVIRONMENT | {"PORT": "0", "AWS_PORT": "0", "API_TOKENS": tokens},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = list(takewhile(lambda line: not line.startswith("Ready: "), process.stdout))
        process.kill()

    (retrieve,) = [line for line in said if line.endswith("/retrieve/<id>\n")]
    assert retrieve.startswith(example)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_is_ready_when_it_says_so_and_ends_when_it_is_told(how: signal.Signals) -> None:
    with started() as (process, api):
        assert urllib3.request("GET", f"{api}/health", retries=False).status == 200

        process.send_signal(how)

        assert process.wait(timeout=5) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(api.rsplit(":", 1)[1])))


@pytest.mark.engines
def test_it_ends_at_once_in_the_middle_of_reading_a_page() -> None:
    page = photo(draw_page("Stop in the middle of this."), comment="stopped")
    with started() as (process, api):
        upload = _upload(api, page)
        assert upload.status == 200

        told = time.monotonic()
        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=5) == 0
        assert time.monotonic() - told < 2


@pytest.mark.engines
def test_chalices_own_server_works_beside_a_running_local_aws(tmp_path: Path) -> None:
    with launched(tmp_path / "log.jsonl") as stack:
        _copy_app(tmp_path, aws_port=stack.aws_url.rsplit(":", 1)[1])
        with _chalice_local(tmp_path) as api:
            page = photo(draw_page("Another door to the same house."))
            upload = urllib3.request(
                "POST",
                f"{api}/upload",
                body=page,
                headers={"Content-Type": "image/jpeg"},
                timeout=60,
            )
            story = _when_ready(f"{api}/retrieve/{upload.json()['id']}")

    assert story["text"] == "Another door to the same house."


@pytest.mark.engines
def test_the_demo_turns_the_sample_into_a_story_as_the_readme_shows(tmp_path: Path) -> None:
    ended = run("local.demo.page", cwd=tmp_path)

    assert (ended.returncode, ended.stderr) == (0, "")
    readme = (PROJECT / "README.md").read_text()
    shown = readme.split("$ make demo\n")[1].split("  ...\n```")[0]
    assert _without_measures(ended.stdout).startswith(_without_measures(shown))
    story = tmp_path / "story.mp3"
    seconds = soundfile.info(story).duration
    assert f"{story}, {seconds:.1f} seconds" in ended.stdout
    assert 15 < seconds < 60
    assert SIZES_OF_THE_SAMPLE in ended.stdout


@pytest.mark.engines
def test_the_profile_demo_shows_the_way_of_each_photo_as_the_docs_show(tmp_path: Path) -> None:
    ended = run("local.demo.profile", cwd=tmp_path)

    assert (ended.returncode, ended.stderr) == (0, "")
    page = (PROJECT / "docs" / "api.md").read_text()
    shown = page.split("$ make demo-profile\n")[1].split("  ...\n```")[0]
    assert _without_figures(ended.stdout).startswith(_without_figures(shown))
    assert "rejected (sunglasses)" in ended.stdout
    assert "rejected (no_face)" in ended.stdout
    assert "rejected (face_already_exists)" in ended.stdout
    assert "E-mail to user-2@example.com: Your profile photo was not accepted" in ended.stdout


def _without_figures(shown: str) -> str:
    """A demo without its times, and with the two branches in one order."""
    without_start = re.sub(r"  start the local AWS .*\n\n", "", shown)
    words = " ".join(re.sub(r"[0-9.]+ s\b", "", without_start).split())
    return words.replace("Thumbnail > AddFaceToIndex", "AddFaceToIndex > Thumbnail")


@pytest.mark.engines
def test_the_demo_posts_the_sample_straight_to_s3_when_told_to(tmp_path: Path) -> None:
    ended = run("local.demo.page", "--direct", cwd=tmp_path)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.findall(r"^  (.+?) \.{2,} \d+\.\d s$", ended.stdout, re.MULTILINE) == [
        "start the local AWS",
        "ask for an upload",
        "post 370 kB to S3",
        "taking it in",
        "reading the page",
        "speaking the text",
    ]
    assert "The light swung round, wide and gold." in ended.stdout
    assert "Subject: page.jpg is ready to hear" in ended.stdout
    assert SIZES_OF_THE_SAMPLE in ended.stdout
    assert soundfile.info(tmp_path / "story.mp3").duration > 15


def _without_measures(output: str) -> str:
    """What differs from run to run left out: the seconds, and the folder of the MP3."""
    return re.sub(r"\S*/story\.mp3", "story.mp3", re.sub(r"\d+\.\d s", "s", output))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing", "missing cannot be read: no such file or directory"),
        ("a-file", "a-file cannot be read: not a directory"),
        ("empty", "empty has no photo: no file that ends in .jpg, .jpeg,"),
    ],
)
def test_the_profile_demo_says_in_one_line_what_is_wrong_with_a_folder(
    tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "empty").mkdir()

    ended = run("local.demo.profile", name, cwd=tmp_path)

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"demo-profile: {why}")
    assert ended.stderr.count("\n") == 1


def test_the_demo_says_in_one_line_that_there_is_no_such_page(tmp_path: Path) -> None:
    ended = run("local.demo.page", "missing.jpg", cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "demo: missing.jpg cannot be read: no such file or directory\n"


def test_the_demo_says_in_one_line_why_a_page_cannot_be_taken(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no photo")

    ended = run("local.demo.page", "notes.txt", cwd=tmp_path)

    assert ended.returncode == 1
    assert ended.stderr.startswith("demo: This is not a photo")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "story.mp3").exists()


@pytest.mark.parametrize(
    ("content", "step", "why"),
    [
        (b"no photo", "taking it in", "This upload cannot become a story: This is not a photo"),
        (b"", "post 0 kB to S3", "S3 does not take it: Your proposed upload is smaller than"),
    ],
    ids=["no-photo", "refused-by-s3"],
)
def test_the_demo_says_in_one_line_why_a_page_cannot_be_taken_from_s3(
    tmp_path: Path, content: bytes, step: str, why: str
) -> None:
    (tmp_path / "notes.jpg").write_bytes(content)

    ended = run("local.demo.page", "--direct", "notes.jpg", cwd=tmp_path)

    assert ended.returncode == 1
    assert ended.stdout.splitlines()[-1].startswith(f"  {step} ...")
    assert ended.stderr.startswith(f"demo: {why}")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "story.mp3").exists()


def test_the_demo_says_in_one_line_that_a_name_does_not_tell_the_kind_of_photo(
    tmp_path: Path,
) -> None:
    (tmp_path / "page.scan").write_bytes(b"")

    ended = run("local.demo.page", "--direct", "page.scan", cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "demo: page.scan cannot go straight to S3: its name must end in one of "
        ".jpg, .jpeg, .png, .webp, .heic, .heif, .gif\n"
    )


def test_the_demo_knows_every_kind_of_photo_that_can_go_straight_to_s3() -> None:
    assert set(CONTENT_TYPES.values()) == set(EXTENSIONS)


@pytest.mark.engines
def test_the_demo_says_in_one_line_why_a_page_could_not_be_read(tmp_path: Path) -> None:
    Image.new("RGB", (400, 300), "white").save(tmp_path / "blank.png")

    ended = run("local.demo.page", "blank.png", cwd=tmp_path)

    assert ended.returncode == 1
    assert "no text was found on this page" in ended.stderr
    assert ended.stderr.count("\n") == 1


def _copy_app(folder: Path, aws_port: str) -> None:
    """The app as it is, with a local stage that names this port of the local AWS."""
    shutil.copy(PROJECT / "app.py", folder)
    shutil.copytree(PROJECT / "chalicelib", folder / "chalicelib")
    config = (PROJECT / ".chalice" / "config.json").read_text()
    (folder / ".chalice").mkdir()
    (folder / ".chalice" / "config.json").write_text(config.replace(":4566", f":{aws_port}"))


@contextmanager
def _chalice_local(folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    arguments = ["chalice", "local", "--stage=local", "--no-autoreload", f"--port={port}"]
    command = f"import sys; sys.argv = {arguments}; from chalice.cli import main; main()"
    with subprocess.Popen(  # noqa: S603  # as said above
        [sys.executable, "-u", "-c", command], cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Serving on")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def _upload(api: str, page: bytes) -> urllib3.BaseHTTPResponse:
    headers = {"Content-Type": "image/jpeg"}
    return urllib3.request("POST", f"{api}/upload", body=page, headers=headers, timeout=60)


def _when_ready(url: str) -> dict[str, Any]:
    pause = threading.Event()
    for _ in range(600):
        answer = urllib3.request("GET", url, retries=False, timeout=60)
        if answer.status == 200:
            story: dict[str, Any] = answer.json()
            return story
        pause.wait(0.1)
    raise AssertionError("it was never ready")
