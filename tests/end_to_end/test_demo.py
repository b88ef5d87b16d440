"""`make demo`, as the README shows it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from local.stack import PROJECT
from samples.draw_page import SAMPLE_PHOTO

pytestmark = pytest.mark.engines


def demo(page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "local.demo", str(page)],
        cwd=folder,
        env={"PATH": "", "PYTHONPATH": str(PROJECT), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_sample_page_is_heard_as_the_readme_shows(tmp_path: Path) -> None:
    done = demo(SAMPLE_PHOTO, tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    readme = (PROJECT / "README.md").read_text()
    shown = readme.split("$ make demo\n")[1].split("  ...\n```")[0]
    assert "".join(measured_apart(done.stdout)).startswith("".join(measured_apart(shown)))
    seconds = re.search(r"story\.mp3, ([\d.]+) seconds", done.stdout)
    assert seconds
    audio = soundfile.info(tmp_path / "story.mp3")
    assert audio.duration == pytest.approx(float(seconds[1]), abs=0.1)


def measured_apart(output: str) -> list[str]:
    """The output's lines without what differs from run to run: seconds and folders."""
    lines = (re.sub(r"\d+\.\d (s\b|seconds)", r"\1", line) for line in output.splitlines())
    return [re.sub(r"\S*/story\.mp3", "story.mp3", line) for line in lines]
