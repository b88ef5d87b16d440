"""Ids of stories, names of files, keys in the buckets, and links. Pure.

A generation's files have two prefixes. Deletion removes the files of both; the CDN serves only
``public/``. Photos and detections stay private: EXIF may say where a photo was taken.
"""

import hashlib
import re
import unicodedata
import uuid
from typing import Final

import msgspec

from chalicelib.errors import InvalidRequestError
from chalicelib.pages.readings import ReadingCall, Service
from chalicelib.speech.voices import AUTO, DEFAULT_LANGUAGE, Engine
from chalicelib.stories.story import Story, revision_of
from chalicelib.stories.upload_request import EXTENSIONS

MAX_NAME_LENGTH: Final = 1000
_JOINERS: Final = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Scripts and emoji need them."""
CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def legible(name: str) -> str:
    """A file's name without its path, quotes around it, and what cannot be seen.

    Keeps emoji, and up to a thousand characters. Removes control characters, unpaired surrogates
    and format characters, which could turn the direction of the text around it.
    """
    name = re.split(r"[/\\]", CONTROL_CHARACTERS.sub(" ", name).strip())[-1]
    printable = name.encode("utf-8", "replace").decode()
    seen = "".join(
        each for each in printable if unicodedata.category(each) != "Cf" or each in _JOINERS
    )
    return seen.strip(' "')[:MAX_NAME_LENGTH].strip() or "page"


_ENTITY_TAG: Final = re.compile(r'(?:W/)?"?([^"]*)"?')


def content_id_of(photo: bytes) -> str:
    return hashlib.sha256(photo).hexdigest()


def derived_id(namespace: uuid.UUID, content_id: str, language: str, voice: str) -> uuid.UUID:
    """The id of a photo's story: the same photo, language and voice always give the same one.

    Args:
        namespace: A secret of the deployment. Without it, a person who has the photo could
            compute the link to another person's story of it.
        content_id: SHA-256 of the photo.
        language: As Polly names it, such as ``en-US``. `AUTO` gives the default language's id, so
            photos that were sent without a language before there was `AUTO` are known.
        voice: As Polly names it, such as ``Joanna``.
    """
    named = DEFAULT_LANGUAGE if language == AUTO else language
    return uuid.uuid5(namespace, "\n".join((content_id, named, voice)))


def checked_id(given_id: str | None) -> str:
    """Read a client's id, and return it in canonical form.

    Raises:
        InvalidRequestError: There is no id, or it is not a UUID.
    """
    if not given_id or not given_id.strip():
        raise InvalidRequestError(
            "Say which story: send its id in the ETag header, or as /retrieve/{id}.",
            code="missing_id",
        )
    match = _ENTITY_TAG.fullmatch(given_id.strip())
    try:
        canonical = uuid.UUID(match[1] if match else given_id)
    except ValueError:
        raise InvalidRequestError(
            "This is not a story's id: use the id that the upload answered with.",
            code="malformed_id",
        ) from None
    return str(canonical)


ARRIVALS: Final = "images/"
"""Where photos arrive in the intake bucket; S3 announces only objects below it."""
PROFILE_ARRIVALS: Final = "profiles/"
"""Where profile photos arrive in the intake bucket."""
PUBLIC: Final = "public/"
"""The files that the CDN serves, in the media bucket."""
REJECTED: Final = "rejected/"
"""The prefix of rejected objects: no photos, and without an upload request."""

_AUDIO: Final = "story.mp3"
STORY: Final = "story.json"
READ_ALONG: Final = "read-along.json"
CAPTIONS: Final = "story.vtt"
_SPEECH: Final = "speech-"
_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_MAX_KEY_BYTES: Final = 1024
"""Of UTF-8 (Amazon S3, "Naming Amazon S3 objects")."""


class Links(msgspec.Struct, frozen=True):
    """Turns keys of the media bucket into addresses of the CDN in front of it.

    Attributes:
        base_url: The CDN's address, without a slash at its end.
    """

    base_url: str

    def to(self, key: str | None) -> str | None:
        """The address of a file; None while there is no file."""
        return f"{self.base_url}/{key}" if key else None


def photo(story: Story) -> str:
    """The uploaded bytes, unchanged."""
    return _private(story, "photo")


def detection(story: Story, call: ReadingCall) -> str:
    """A service's answer about the page, as JSON: a list of `TextDetection`."""
    name = "detection" if call.service is Service.REKOGNITION else "document"
    return _private(story, f"{name}-{call.turn}.json")


def page_text(story: Story) -> str:
    """The page's text, with the place of each word and what was skipped: a `PageText` as JSON."""
    return _private(story, "text.json")


def is_spoken_otherwise(existing: Story, new: Story) -> bool:
    """Is the story of a photo spoken in another way than a sender of the photo names now?

    Its page decided on another language, or a person changed its voice.
    """
    spoken, wanted = (existing.language, existing.voice), (new.language, new.voice)
    return AUTO not in {existing.language, new.language} and spoken != wanted


def with_id_of_its_own(new: Story, namespace: uuid.UUID) -> Story:
    """Give a story another id than that of the same photo without a language."""
    other = derived_id(namespace, new.content_id, f"{new.language} named", new.voice)
    return msgspec.structs.replace(new, id=str(other))


def beside_audio(story: Story, name: str) -> str | None:
    """The key of a file that is published with the story's MP3; None: there is none."""
    spoken = story.spoken
    is_there = spoken is not None and (name == STORY or bool(spoken.timed_words))
    if story.audio is None or not is_there:
        return None
    return f"{story.audio.rpartition('/')[0]}/{name}"


def speech_part(story: Story, ssml: str, engine: Engine) -> str:
    """The MP3 of one request to Polly.

    Its name is a digest of what is asked for. So a part is never paid twice, and never taken for
    another one: not after a correction, and not by another version of the app.
    """
    return _private(story, f"{_SPEECH}{_digest(story, ssml, engine)}.mp3")


def speech_marks(story: Story, ssml: str, engine: Engine) -> str:
    """The speech marks of one request to Polly, as it answers: JSON lines."""
    return _private(story, f"{_SPEECH}{_digest(story, ssml, engine)}.marks")


def _digest(story: Story, ssml: str, engine: Engine) -> str:
    asked_for = "\n".join((engine, story.language, story.voice, ssml))
    return hashlib.sha256(asked_for.encode()).hexdigest()[:32]


def spoken_prefixes(story: Story) -> tuple[str, str]:
    """What the keys of all files of its narrations begin with, among other files' keys."""
    return _private(story, _SPEECH), _public(story, "")


def is_outdated(story: Story, key: str) -> bool:
    """May this be a file of what was spoken before? Parts of several narrations have one prefix.

    Before there were revisions, the MP3 was beside the page.
    """
    private, public = spoken_prefixes(story)
    folder, _, name = key.removeprefix(public).partition("/")
    is_of_other = folder == _AUDIO or (bool(name) and folder != str(revision_of(story)))
    return key.startswith(private) or is_of_other


def page(story: Story) -> str:
    """The upright page image without EXIF."""
    return _public(story, "page.jpg")


def audio(story: Story) -> str:
    """The whole narration, as MP3."""
    return spoken_file(story, _AUDIO)


def spoken_file(story: Story, name: str) -> str:
    """A file that belongs to one revision of what is spoken.

    Browsers and the CDN keep files for a day, so none is ever replaced by one of another revision.
    """
    return _public(story, f"{revision_of(story)}/{name}")


def rendition(story: Story, name: str) -> str:
    """The page image in another size."""
    return _public(story, f"{name}.jpg")


def arrival(upload_id: str, content_type: str) -> str:
    """Where the photo of an upload request arrives."""
    return f"{ARRIVALS}{upload_id}.{EXTENSIONS[content_type]}"


def upload_id_of(key: str) -> str | None:
    """The upload request of an arrived photo; None: it arrived without one."""
    name = key.removeprefix(ARRIVALS).partition(".")[0]
    return name if _UUID.fullmatch(name) else None


def rejected(key: str) -> str:
    """The key to which a rejected object is moved; a key below ``rejected/`` stays."""
    moved = REJECTED + key.removeprefix(REJECTED)
    return (
        moved if len(moved.encode()) <= _MAX_KEY_BYTES else REJECTED + content_id_of(key.encode())
    )


def prefixes(story_id: str, generation: str) -> tuple[str, str]:
    """The prefixes of all files of a generation: private and public."""
    where = f"{story_id}/{generation}/"
    return f"private/{where}", f"public/{where}"


def _private(story: Story, name: str) -> str:
    return f"private/{story.id}/{story.generation}/{name}"


def _public(story: Story, name: str) -> str:
    return f"public/{story.id}/{story.generation}/{name}"
