"""What is published of the web page, and what the web bucket then holds."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from infrastructure.stage import DeploymentError
from infrastructure.website import WEB, Published, WebFile, files_of, publish, superseded
from tests.local.conftest import Aws

BUCKET: Final = "storytime-dev-web"
PAGE: Final = {
    "index.html": (
        '<link rel="stylesheet" href="/here/style/base.css">\n    <!-- modules -->\n'
        '<script type="module" src="/here/app/main.js"></script>\n'
    ),
    "service-worker.js": "const FILES = /*FILES*/ [];\n",
    "manifest.webmanifest": '{"icons": [{"src": "/here/icons/icon.svg"}]}\n',
    "app/main.js": 'import { t } from "./i18n.js";\nimport "../vendor/htm.js";\n',
    "app/i18n.js": 'import en from "./locales/en.js";\nconst ko = import("./locales/ko.js");\n',
    "app/locales/en.js": "export default {};\n",
    "app/locales/ko.js": "export default {};\n",
    "style/base.css": "body { margin: 0 }\n",
    "vendor/htm.js": "export default 1;",
    "vendor/htm.LICENSE": "Apache-2.0",
    "icons/icon.svg": "<svg/>",
    "demo/story.mp3": "sound",
}
NOTES: Final = {
    "app/types.d.ts": "export type A = 1;",
    "app/.hidden.js": "x",
    "app/.cache/kept.js": "x",
    "vendor/vendor.json": "{}",
    "vendor/README.md": "# Notes",
    "package.json": "{}",
    "tsconfig.json": "{}",
}


def page(folder: Path, **changes: str | None) -> Path:
    """A small page; `changes` are files by their path, None removes one."""
    for path, content in {**PAGE, **changes}.items():
        if content is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        else:
            (folder / path).unlink(missing_ok=True)
    return folder


def by_key(files: list[WebFile]) -> dict[str, WebFile]:
    return {each.key: each for each in files}


def version_of(files: list[WebFile]) -> str:
    (version,) = {key.partition("/")[0] for key in by_key(files) if "/" in key}
    return version


def content(files: list[WebFile], name: str) -> str:
    return by_key(files)[name].content.decode()


# What is published.


def test_all_but_three_files_are_below_a_folder_that_their_digest_names(tmp_path: Path) -> None:
    files = files_of(page(tmp_path))
    version = version_of(files)

    assert re.fullmatch(r"v-[0-9a-f]{12}", version)
    top = {"index.html", "service-worker.js", "manifest.webmanifest"}
    assert by_key(files).keys() == top | {f"{version}/{path}" for path in PAGE.keys() - top}


def test_browsers_keep_the_folder_for_a_year_and_ask_for_the_top_each_time(tmp_path: Path) -> None:
    for each in files_of(page(tmp_path)):
        is_top = "/" not in each.key
        forever = "public, max-age=31536000, immutable"
        assert each.cache_control == ("no-cache" if is_top else forever)


def test_the_files_have_types_that_browsers_take(tmp_path: Path) -> None:
    types = {each.key.rpartition("/")[2]: each.content_type for each in files_of(page(tmp_path))}

    assert types["main.js"] == types["service-worker.js"] == "text/javascript; charset=utf-8"
    assert types["index.html"] == "text/html; charset=utf-8"
    assert types["base.css"] == "text/css; charset=utf-8"
    assert types["icon.svg"] == "image/svg+xml"
    assert types["story.mp3"] == "audio/mpeg"
    assert types["manifest.webmanifest"] == "application/manifest+json"


def test_notes_types_and_hidden_files_stay_at_home(tmp_path: Path) -> None:
    without = files_of(page(tmp_path))

    assert files_of(page(tmp_path, **NOTES)) == without


def test_modules_lose_their_notes_for_developers_and_nothing_else(tmp_path: Path) -> None:
    code = (
        'import "../vendor/htm.js"; /** kept */\n'
        "export const page = html`\n    <p title='/** kept */'>${html`\n  // kept`}</p>\n`;\n"
        "    /** @type {any} */ (page).focus();\n"
    )
    noted = f"/** Says so. */\n{code}    /**\n     * @param {{string}} a\n     */\nf(1);\n"
    files = files_of(page(tmp_path, **{"app/main.js": noted, "vendor/htm.js": "/** MIT */\n1;"}))

    assert content(files, f"{version_of(files)}/app/main.js") == f"{code}f(1);\n"
    assert content(files, f"{version_of(files)}/vendor/htm.js") == "/** MIT */\n1;"


def test_the_top_files_name_the_folder(tmp_path: Path) -> None:
    files = files_of(page(tmp_path))
    version = version_of(files)

    index = content(files, "index.html")
    assert f'href="/{version}/style/base.css"' in index
    assert f'<script type="module" src="/{version}/app/main.js">' in index
    assert f'"/{version}/icons/icon.svg"' in content(files, "manifest.webmanifest")
    assert not any("/here/" in each.content.decode() for each in files)


def test_the_page_preloads_the_modules_that_it_imports_at_its_start(tmp_path: Path) -> None:
    files = files_of(page(tmp_path))
    version = version_of(files)

    links = re.findall(
        r'<link rel="modulepreload" href="/(.*?)/(.*)">', content(files, "index.html")
    )

    assert [path for folder, path in links if folder == version] == [
        "app/main.js",
        "app/i18n.js",
        "vendor/htm.js",
        "app/locales/en.js",
    ]
    assert "<!-- modules -->" not in content(files, "index.html")


@pytest.mark.parametrize(
    "written",
    [
        'import {\n    one,\n    two,\n} from "./other.js";',
        'import{a as b}from"./other.js";var c=1;',
        "import * as all from './other.js';",
        'export { one } from "./other.js";',
        'const a = 1;import b from"./other.js";',
        'import "./other.js";',
    ],
)
def test_every_form_of_a_static_import_is_found(tmp_path: Path, written: str) -> None:
    changes = {"app/main.js": written, "app/other.js": "export const one = 1;"}
    files = files_of(page(tmp_path, **changes))

    assert f'href="/{version_of(files)}/app/other.js"' in content(files, "index.html")


@pytest.mark.parametrize(
    "written",
    [
        '/** @type {import("./other.js").One} */\nexport const one = "./other.js";',
        'const other = () => import("./other.js");',
        '// import one from "./other.js";',
        'import one from "./missing.js";',
        'export function from() { return "./other.js"; }',
    ],
)
def test_what_is_no_static_import_is_not_preloaded(tmp_path: Path, written: str) -> None:
    changes = {"app/main.js": written, "app/other.js": "export const one = 1;"}

    assert content(files_of(page(tmp_path, **changes)), "index.html").count("modulepreload") == 1


def test_modules_may_import_each_other(tmp_path: Path) -> None:
    changes = {"app/i18n.js": 'import "./main.js";'}

    assert content(files_of(page(tmp_path, **changes)), "index.html").count("modulepreload") == 3


def test_the_service_worker_has_the_list_of_what_the_page_loads(tmp_path: Path) -> None:
    files = files_of(page(tmp_path))
    version = version_of(files)
    loaded = sorted(path for path in PAGE if "/" in path and not path.endswith(".LICENSE"))

    listed = ", ".join(f'"/{version}/{path}"' for path in loaded)

    assert content(files, "service-worker.js") == f"const FILES = [{listed}];\n"


@pytest.mark.parametrize("changed", ["app/main.js", "style/base.css", "demo/story.mp3"])
def test_any_change_makes_another_folder(tmp_path: Path, changed: str) -> None:
    before = files_of(page(tmp_path))
    after = files_of(page(tmp_path, **{changed: f"{PAGE[changed]};"}))

    assert version_of(before) != version_of(after)
    assert version_of(files_of(page(tmp_path))) == version_of(before)


def test_a_file_with_another_name_makes_another_folder(tmp_path: Path) -> None:
    before = files_of(page(tmp_path))
    renamed = {"app/locales/ko.js": None, "app/locales/kr.js": PAGE["app/locales/ko.js"]}

    assert version_of(before) != version_of(files_of(page(tmp_path, **renamed)))


@pytest.mark.parametrize("missing", ["index.html", "service-worker.js", "manifest.webmanifest"])
def test_a_page_without_a_top_file_is_not_published(tmp_path: Path, missing: str) -> None:
    with pytest.raises(DeploymentError, match=f"it has no {missing}"):
        files_of(page(tmp_path, **{missing: None}))


def test_a_file_of_an_unknown_type_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match=r"web/icons/old\.bmp cannot be published"):
        files_of(page(tmp_path, **{"icons/old.bmp": "x"}))


def test_the_projects_own_page_can_be_published() -> None:
    files = files_of(WEB)

    assert content(files, "index.html").count("modulepreload") > 5
    assert "/*FILES*/" not in content(files, "service-worker.js")
    assert f"/{version_of(files)}/vendor/preact.js" in content(files, "index.html")


# The bucket.


@pytest.fixture
def s3(aws: Aws) -> Any:
    client = aws.stack_client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def held(s3: Any) -> set[str]:
    return {each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


def test_a_publication_uploads_everything_and_the_next_one_nothing(s3: Any, tmp_path: Path) -> None:
    files = files_of(page(tmp_path))

    assert publish(s3, BUCKET, files) == Published(len(files), 0)
    assert publish(s3, BUCKET, files) == Published(0, 0)

    assert held(s3) == by_key(files).keys()
    found = s3.get_object(Bucket=BUCKET, Key="index.html")
    assert found["Body"].read() == by_key(files)["index.html"].content
    assert (found["ContentType"], found["CacheControl"]) == (
        "text/html; charset=utf-8",
        "no-cache",
    )


def test_a_changed_page_is_uploaded_and_the_one_before_stays(s3: Any, tmp_path: Path) -> None:
    before = files_of(page(tmp_path))
    publish(s3, BUCKET, before)
    after = files_of(page(tmp_path, **{"app/main.js": "export {};"}))

    assert publish(s3, BUCKET, after) == Published(len(after), 0)

    assert held(s3) == by_key(before).keys() | by_key(after).keys()
    found = s3.get_object(Bucket=BUCKET, Key="index.html")["Body"].read()
    assert found == by_key(after)["index.html"].content


def test_a_damaged_file_is_uploaded_again(s3: Any, tmp_path: Path) -> None:
    files = files_of(page(tmp_path))
    publish(s3, BUCKET, files)
    s3.put_object(Bucket=BUCKET, Key=files[0].key, Body=b"something else")

    assert publish(s3, BUCKET, files) == Published(1, 0)

    assert s3.get_object(Bucket=BUCKET, Key=files[0].key)["Body"].read() == files[0].content


def test_the_page_that_names_the_new_files_is_uploaded_after_them(tmp_path: Path) -> None:
    """Who loads it meanwhile finds what it names; the service worker keeps the newest page."""
    keys = [each.key for each in files_of(page(tmp_path))]

    assert keys[-3:] == ["manifest.webmanifest", "index.html", "service-worker.js"]


def test_the_fourth_version_removes_one_before_it(s3: Any, tmp_path: Path) -> None:
    """Not always the first one: S3's times are whole seconds."""
    for number in range(4):
        files = files_of(page(tmp_path, **{"app/main.js": f"export const version = {number};"}))
        published = publish(s3, BUCKET, files)

    assert published.removed == sum("/" in each.key for each in files)
    assert len({key.partition("/")[0] for key in held(s3) if "/" in key}) == 3
    assert held(s3) >= by_key(files).keys()


# Which versions are kept.

TODAY: Final = datetime(2026, 11, 30, tzinfo=UTC)


def days_ago(days: Mapping[str, int]) -> dict[str, datetime]:
    return {key: TODAY - timedelta(days=number) for key, number in days.items()}


def folder(digit: int) -> str:
    return f"v-{str(digit) * 12}"


def test_a_version_that_is_published_again_is_not_removed_though_it_is_old() -> None:
    there = days_ago({f"{folder(digit)}/app/main.js": digit for digit in range(1, 6)})

    removed = superseded(there, {f"{folder(5)}/app/main.js", "index.html"})

    assert removed == {f"{folder(3)}/app/main.js", f"{folder(4)}/app/main.js"}


def test_a_version_is_as_new_as_its_newest_file() -> None:
    there = days_ago(
        {
            f"{folder(1)}/app/a.js": 9,
            f"{folder(1)}/app/b.js": 1,
            f"{folder(2)}/app/a.js": 2,
            f"{folder(3)}/app/a.js": 3,
        }
    )

    assert superseded(there, {f"{folder(9)}/app/a.js"}) == {f"{folder(3)}/app/a.js"}


def test_what_is_of_no_version_is_removed() -> None:
    there = days_ago({"old.html": 1, "v-1/app/main.js": 1, "index.html": 1})

    assert superseded(there, {"index.html"}) == {"old.html", "v-1/app/main.js"}


def test_the_first_publication_removes_nothing() -> None:
    assert superseded({}, {"index.html", f"{folder(1)}/app/main.js"}) == set()
