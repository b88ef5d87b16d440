"""`chalice local --stage local` works beside a running local AWS."""

import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.launcher import Stack
from local.stack import PROJECT
from samples.draw_page import draw_page, photo
from tests.end_to_end.client import Client

pytestmark = pytest.mark.engines


@pytest.fixture
def chalice_local(stack: Stack, tmp_path: Path) -> Iterator[str]:
    """The project as a developer has it, but for the port of the local AWS in its config."""
    shutil.copytree(PROJECT / "chalicelib", tmp_path / "chalicelib")
    shutil.copy(PROJECT / "app.py", tmp_path)
    config = json.loads((PROJECT / ".chalice/config.json").read_text())
    config["stages"]["local"]["environment_variables"] = stack.environment
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice/config.json").write_text(json.dumps(config))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    chalice = str(Path(sys.executable).with_name("chalice"))
    command = [chalice, "local", "--stage", "local", "--no-autoreload"]
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(  # noqa: S603
            [*command, "--port", str(port)], cwd=tmp_path, stdout=log, stderr=log
        ) as server,
    ):
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, server)
        yield url
        server.terminate()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        try:
            requests.get(f"{url}/health", timeout=1)
        except requests.ConnectionError:
            assert server.poll() is None
            threading.Event().wait(0.1)
        else:
            return
    raise AssertionError("chalice local did not start")


def test_a_page_sent_to_chalice_local_becomes_a_story(
    chalice_local: str, stack: Stack, client: Client
) -> None:
    through_chalice = Client(chalice_local, stack.aws_url)
    page = photo(draw_page("Seven spoons in the rain.", seed=31))

    uploaded = through_chalice.upload(page)

    assert uploaded.status_code == 200
    story = through_chalice.ended(uploaded.json()["id"])
    assert (story.status_code, story.json()["text"]) == (200, "Seven spoons in the rain.")
    assert client.get(f"/retrieve/{uploaded.json()['id']}").json() == story.json()
