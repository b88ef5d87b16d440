"""The largest photos that are taken fit into the memory of the functions that decode them."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pillow_heif
import pytest
from PIL import Image

from local.resources.environment import app_environment

pytestmark = pytest.mark.prove

ROOT: Final = Path(__file__).parents[1]
CONFIG: Final = json.loads((ROOT / ".chalice" / "config.json").read_text())
MEMORY: Final = {
    "api_handler": CONFIG["lambda_memory_size"],
    **{
        name: function["lambda_memory_size"]
        for name, function in CONFIG["lambda_functions"].items()
        if "lambda_memory_size" in function
    },
}
"""In MB."""
OF_THE_FUNCTION: Final = 0.85
"""Of its memory: Lambda's runtime needs some, too."""

LARGEST: Final[dict[str, tuple[str, str, tuple[int, int], dict[str, Any]]]] = {
    "png": ("PNG", "RGBA", (10_000, 10_000), {"compress_level": 1}),
    "gif": ("GIF", "P", (10_000, 10_000), {"transparency": 0}),
    "jpeg": ("JPEG", "RGB", (10_000, 10_000), {"quality": 5, "subsampling": 0}),
    "progressive-jpeg": (
        "JPEG",
        "RGB",
        (10_000, 10_000),
        {"quality": 5, "subsampling": 0, "progressive": True},
    ),
    "progressive-cmyk": ("JPEG", "CMYK", (9_500, 8_000), {"quality": 5, "progressive": True}),
    "webp": ("WEBP", "RGB", (8_000, 5_200), {"quality": 5, "method": 0}),
    "heic": ("HEIF", "RGB", (10_000, 9_900), {"quality": 5}),
}
"""Format, mode, size and options of a photo near the limit of its kind."""

WORK: Final = {
    "api_handler": "photo.checked_content_type(content)",
    "read_page": "photo.encoded(photo.upright_page(content))",
}


@pytest.mark.parametrize("kind", LARGEST)
@pytest.mark.parametrize("function", WORK)
def test_the_largest_photo_fits_into_a_function(function: str, kind: str, tmp_path: Path) -> None:
    image_format, mode, size, options = LARGEST[kind]
    pillow_heif.register_heif_opener()
    target = io.BytesIO()
    Image.new(mode, size).save(target, image_format, **options)
    file = tmp_path / "photo"
    file.write_bytes(target.getvalue())
    program = (
        "import sys\n"
        "import app\n"
        "from chalicelib.pages import photo\n"
        "content = open(sys.argv[1], 'rb').read()\n"
        f"{WORK[function]}\n"
        # Of this program alone: ru_maxrss begins with that of the process that started it.
        "lines = open('/proc/self/status').read().splitlines()\n"
        "print(next(line.split()[1] for line in lines if line.startswith('VmHWM')))"
    )
    ended = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program, str(file)],
        cwd=ROOT,
        env=app_environment(1),
        capture_output=True,
        text=True,
        check=True,
    )
    peak = int(ended.stdout.splitlines()[-1]) / 1024
    assert peak <= OF_THE_FUNCTION * MEMORY[function], f"{peak:.0f} MB"
