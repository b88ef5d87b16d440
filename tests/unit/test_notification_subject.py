import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.delivery.notification import subject_line


def test_a_subject_names_the_file() -> None:
    assert subject_line("page one.jpg", " is ready to hear") == "page one.jpg is ready to hear"


@pytest.mark.parametrize("name", ["x" * 300, "\N{FOX FACE}" * 300])
def test_a_long_name_is_cut_and_the_message_is_not(name: str) -> None:
    subject = subject_line(name, " is ready to hear")

    assert len(subject.encode("utf-16-le")) // 2 < 100
    assert subject.endswith("… is ready to hear")


def test_a_line_break_cannot_forge_a_header() -> None:
    subject = subject_line("a\r\nBcc: everyone@example.com\x00", " is ready")

    assert subject == "a Bcc: everyone@example.com is ready"


@settings(max_examples=100)
@given(st.text(max_size=200))
def test_a_subject_is_legal_for_any_name(name: str) -> None:
    subject = subject_line(name, " is ready to hear")

    assert 0 < len(subject) < 100
    assert not {unicodedata.category(character) for character in subject} & {"Cc", "Zl", "Zp"}
    subject.encode()
