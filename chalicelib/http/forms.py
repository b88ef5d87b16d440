"""Takes the photo out of a form, as browsers and ``curl -F`` post it."""

from typing import Final

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import File, create_form_parser

from chalicelib.errors import InvalidRequestError
from chalicelib.stories import keys

FORM: Final = "multipart/form-data"

_IN_MEMORY: Final = {"MAX_MEMORY_FILE_SIZE": 2**30}
"""Nothing goes to the disk: API Gateway limits the body to 10 MB."""


class FormFile(msgspec.Struct, frozen=True):
    """The file of a form.

    Attributes:
        name: As its sender called it; None: the form does not say.
    """

    content: bytes
    name: str | None


def file_of(body: bytes, content_type: str) -> FormFile:
    """The only file of a form; other fields are ignored.

    Args:
        body: Of the request.
        content_type: The header with the form's boundary.

    Raises:
        InvalidRequestError: The form cannot be parsed, or has another number of files.
    """
    files: list[File] = []
    try:
        parser = create_form_parser(
            {"Content-Type": content_type.encode("latin-1")},
            on_field=None,
            on_file=files.append,
            config=_IN_MEMORY,
        )
        parser.write(body)
        parser.finalize()
    except (FormParserError, UnicodeError) as error:
        raise InvalidRequestError(
            "This form cannot be read: post it as multipart/form-data with a boundary, as browsers "
            "and curl -F do.",
            code="invalid_form",
        ) from error
    if len(files) != 1:
        raise InvalidRequestError(
            f"This form has {len(files)} files: send one photo in a form.", code="invalid_form"
        )
    (file,) = files
    file.file_object.seek(0)
    name = (file.file_name or b"").decode("utf-8", "replace")
    return FormFile(file.file_object.read(), keys.legible(name) if name else None)
