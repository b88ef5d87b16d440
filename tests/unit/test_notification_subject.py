import pytest

from chalicelib.delivery.notification import subject_line


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("page one.jpg", "page one.jpg is ready to hear"),
        ("a\r\nBcc: everyone@example.com\x00", "a Bcc: everyone@example.com is ready to hear"),
        ("\x85a\u2028b\u2029\ud800\udfffc\x7f\x9f", "a b c is ready to hear"),
        ("", " is ready to hear"),
    ],
)
def test_a_subject_names_the_file_in_one_line(name: str, subject: str) -> None:
    assert subject_line(name, " is ready to hear") == subject


@pytest.mark.parametrize("name", ["x" * 300, "\N{FOX FACE}" * 300])
def test_a_long_name_is_cut_and_the_message_is_not(name: str) -> None:
    subject = subject_line(name, " is ready to hear")

    assert len(subject.encode("utf-16-le")) // 2 < 100
    assert subject.endswith("… is ready to hear")
