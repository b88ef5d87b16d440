"""``python -m local``, as people start it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from chalicelib.http.tokens import digest_of
from chalicelib.settings import SettingsError
from local.__main__ import port, speaks_https, speaks_neural_english
from local.server.http_server import PortUnavailableError
from samples.draw_page import draw_page, photo
from tests.infrastructure.printed import hurdles

PROJECT = Path(__file__).parents[3]
SECONDS_TO_END = 60  # usually less than one
PORTS = {"PORT": "0", "AWS_PORT": "0", "WEB_PORT": "0"}
ENVIRONMENT = os.environ | PORTS | {"PYTHONPATH": str(PROJECT), "HTTPS": ""}


@contextmanager
def started(**settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A stack, and what it says until it is ready; the last line has the URL of its API."""
    with subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=PROJECT,
        env=ENVIRONMENT | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if line.startswith("Ready: "):
                    break
            yield process, said
        finally:
            process.kill()


def api_of(said: str) -> str:
    return said.rpartition("Ready: ")[2].strip()


def page_of(said: str) -> str:
    """The first address that it says."""
    found = re.search(r"https?://\S+", said)
    assert found is not None
    return found[0]


def complaint(**settings: str) -> str:
    ended = subprocess.run(  # the command above
        [sys.executable, "-m", "local"],
        cwd=PROJECT,
        env=ENVIRONMENT | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    return ended.stderr


def test_a_busy_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        busy = str(listener.getsockname()[1])

        said = f"run: port {busy} cannot be used: address already in use\n"
        assert complaint(AWS_PORT=busy) == complaint(WEB_PORT=busy) == said
        assert complaint(WEB_PORT=busy, HTTPS="1") == said


def test_an_unusable_setting_is_one_clear_line() -> None:
    said = complaint(API_TOKENS="st_no-digest")

    assert said.startswith("run: ")
    assert "API_TOKENS" in said
    assert said.count("\n") == 1


def test_a_port_is_a_number_and_has_a_default() -> None:
    for value in ("eighty", "-1", "65536", "8000.0", "٨٠"):
        with pytest.raises(PortUnavailableError, match=r"^PORT must be .* from 0 .*to 65535"):
            port({"PORT": value}, "PORT", 8000)
    assert port({}, "PORT", 8000) == port({"PORT": ""}, "PORT", 8000) == 8000
    assert port({"PORT": "0"}, "PORT", 8000) == 0


def test_the_voice_that_speaks_english_is_a_setting() -> None:
    assert speaks_neural_english({})
    assert speaks_neural_english({"ENGLISH_VOICE": "neural"})
    assert not speaks_neural_english({"ENGLISH_VOICE": "espeak-ng"})
    with pytest.raises(SettingsError, match=r"^ENGLISH_VOICE must be neural or espeak-ng, not 'Jo"):
        speaks_neural_english({"ENGLISH_VOICE": "Joanna"})
    assert complaint(ENGLISH_VOICE="Joanna").startswith("run: ENGLISH_VOICE must be ")


def test_https_is_on_or_off() -> None:
    assert speaks_https({"HTTPS": "1"})
    assert not speaks_https({})
    assert not speaks_https({"HTTPS": "0"})
    with pytest.raises(SettingsError, match=r"^HTTPS must be 1 or 0, not 'yes'"):
        speaks_https({"HTTPS": "yes"})


def test_it_is_ready_when_it_says_so_and_ends_on_a_signal() -> None:
    with started(API_TOKENS=digest_of("st_anna")) as (process, said):
        api, page = api_of(said), page_of(said)
        assert urllib3.request("GET", f"{api}/health", retries=False).status == 200
        shown = urllib3.request("GET", page, retries=False)
        assert (shown.status, shown.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert urllib3.request("GET", f"{page}/api/health", retries=False).status == 200

        process.send_signal(signal.SIGTERM)

        assert process.wait(SECONDS_TO_END) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert f"  curl -H 'Authorization: Bearer <token>' {api}/retrieve/<id>\n" in said
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(api.rsplit(":", 1)[1])))


@pytest.mark.engines
def test_it_ends_on_ctrl_c_in_the_middle_of_reading_a_page() -> None:
    page = photo(draw_page("Stop in the middle of this."), comment="stopped")
    headers = {"Content-Type": "image/jpeg"}
    with started() as (process, said):
        api = api_of(said)
        upload = urllib3.request("POST", f"{api}/upload", body=page, headers=headers, timeout=60)
        assert upload.status == 200

        process.send_signal(signal.SIGINT)

        assert process.wait(SECONDS_TO_END) == 0
    for line in (
        "storytime-local-staging/* (s3:ObjectCreated:*) -> announce_staged (10 at a time)\n",
        "storytime-local-reading -> read_page (2 at a time)\n",
        "every 5 minutes -> sweep\n",
        f"  curl {api}/retrieve/<id>\n",
    ):
        assert line in said
    assert hurdles(said, PROJECT) == []
