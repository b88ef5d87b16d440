"""The kinds of pages: each sets its words on an empty sheet."""

from collections.abc import Callable

from chalicelib.pages.skipping import SkipReason
from samples.layouts.prose import Prose
from samples.layouts.sheet import LEADING, SIZE, Sheet

Kind = Callable[[Sheet, Prose], None]

PORTRAIT = (1500, 2000)
SPREAD = (2600, 1800)
_MARGIN = 130
_TOP = 220
_ROW = LEADING * SIZE


def one_column(sheet: Sheet, prose: Prose) -> None:
    _column_of_text(sheet, prose, 4)


def two_columns(sheet: Sheet, prose: Prose) -> None:
    """Half a line height apart."""
    _columns(sheet, prose, 2, _TOP)


def three_columns(sheet: Sheet, prose: Prose) -> None:
    _columns(sheet, prose, 3, _TOP)


def title_above_columns(sheet: Sheet, prose: Prose) -> None:
    _crossing(sheet, prose.name(), _TOP, 2.2)
    _columns(sheet, prose, 2, _TOP + 130)


def title_between_columns(sheet: Sheet, prose: Prose) -> None:
    bottom = _columns(sheet, prose, 2, _TOP)
    _crossing(sheet, prose.name(), bottom + 30, 2.0)
    _columns(sheet, prose, 2, bottom + 150)


def deck_below_title(sheet: Sheet, prose: Prose) -> None:
    _crossing(sheet, prose.name(), _TOP, 2.4)
    deck = f"{prose.phrases.question} {prose.sentence()}"
    _crossing(sheet, deck, _TOP + 120, 1.3)
    _columns(sheet, prose, 2, _TOP + 220)


def pull_quote(sheet: Sheet, prose: Prose) -> None:
    """Both columns run around a sentence that stands in one of them, too."""
    left, right = ([prose.paragraph(3) for _ in range(3)] for _ in range(2))
    quote = prose.sentence()
    left[0] = f"{left[0]} {quote}"
    width, gutter = _column_width(sheet, 2, 50)
    words = quote.split()
    half = (len(words) + 1) // 2
    rows = [" ".join(words[:half]), " ".join(words[half:])]
    size = 1.4 * SIZE
    middle = sheet.width / 2
    first = _TOP + 7 * _ROW
    ends = [
        sheet.centred(row, middle, first + number * LEADING * size, size)
        for number, row in enumerate(rows)
    ]
    half_width = max(ends) - middle + 40
    above, below = first - _ROW, first + 2 * LEADING * size

    def beside(top: float) -> bool:
        return above < top < below

    def left_room(top: float) -> tuple[float, float]:
        return _MARGIN, middle - half_width - _MARGIN if beside(top) else width

    def right_room(top: float) -> tuple[float, float]:
        start = middle + half_width if beside(top) else _MARGIN + width + gutter
        return start, sheet.width - _MARGIN - start

    sheet.column(left, 0, _TOP, 0, room=left_room)
    sheet.column(right, 0, _TOP, 0, room=right_room)
    sheet.skip(SkipReason.PULL_QUOTE, quote)


def caption_below_picture(sheet: Sheet, prose: Prose) -> None:
    sheet.picture(_MARGIN, _TOP, sheet.width - _MARGIN, _TOP + 500)
    _crossing(sheet, prose.sentence(), _TOP + 530, 0.9)
    _columns(sheet, prose, 2, _TOP + 640)


def facing_pages(sheet: Sheet, prose: Prose) -> None:
    _facing(sheet, prose)


def facing_page_with_one_line(sheet: Sheet, prose: Prose) -> None:
    middle = sheet.width / 2
    paragraphs = prose.paragraphs(sheet.rng.randint(3, 8))
    top = sheet.column(paragraphs, _MARGIN, _TOP, middle - 2 * _MARGIN)
    word = prose.name().split()[-1].capitalize() + "!"
    row = sheet.rng.randrange(round((top - _TOP) / _ROW))
    sheet.row(word, middle + 2 * _MARGIN, _TOP + row * _ROW, 1.2 * SIZE)
    sheet.spoken.append(word)


def page_number(sheet: Sheet, prose: Prose) -> None:
    bottom = _column_of_text(sheet, prose, 3)
    _page_number(sheet, str(sheet.rng.randint(2, 300)), sheet.width / 2, bottom + 60)


def two_page_numbers(sheet: Sheet, prose: Prose) -> None:
    bottom = _facing(sheet, prose)
    number = 2 * sheet.rng.randint(1, 99)
    _page_number(sheet, str(number), _MARGIN + 40, bottom + 60)
    _page_number(sheet, str(number + 1), sheet.width - _MARGIN - 40, bottom + 60)


def running_head_above(sheet: Sheet, prose: Prose) -> None:
    _running_head(sheet, prose, _TOP - 120)
    _column_of_text(sheet, prose, 3)


def running_head_below(sheet: Sheet, prose: Prose) -> None:
    bottom = _column_of_text(sheet, prose, 3)
    _running_head(sheet, prose, bottom + 60)


def poem(sheet: Sheet, prose: Prose) -> None:
    """Two columns of stanzas, level with each other; some lines are turned over."""
    size = 0.8 * SIZE
    for left in (60.0, 60.0 + 690):
        top = float(_TOP)
        for _ in range(3):
            verses = []
            for end in ",.":
                begin, rest = prose.verse()
                verses.append(f"{begin} {rest}{end}")
                sheet.row(begin, left, top, size)
                sheet.row(rest + end, left + 1.5 * size, top + LEADING * size, size)
                top += 2 * LEADING * size
            sheet.spoken.append(" ".join(verses))
            top += LEADING * size


def comic(sheet: Sheet, prose: Prose) -> None:
    """Rows of panels; in each panel one bubble, or two, of which one is lower."""
    top = 60.0
    for _ in range(3):
        panels = sheet.rng.randint(1, 3)
        width = (sheet.width - 2 * 60 - (panels - 1) * 30) / panels
        for panel in range(panels):
            left = 60 + panel * (width + 30)
            sheet.picture(left, top, left + width, top + 600)
            bubbles = sheet.rng.randint(1, 2)
            bubble_top = top + 30 + sheet.rng.randint(0, 20)
            for bubble in range(bubbles):
                shift = 25 + (width - 390) * (bubble if panel % 2 else 1 - bubble) * 0.8
                bubble_top = sheet.column(
                    [prose.sentence()], left + shift, bubble_top, 340, size=0.8 * SIZE
                )
                bubble_top += 30
        top += 630


def margin_notes(sheet: Sheet, prose: Prose) -> None:
    left = _MARGIN + 330
    bottom = sheet.column(
        [prose.paragraph(4) for _ in range(4)], left, _TOP, sheet.width - _MARGIN - left
    )
    spoken = len(sheet.spoken)
    note_top = float(_TOP)
    for _ in range(2):
        note = prose.sentence()
        note_top = sheet.column([note], _MARGIN, note_top, 260, size=0.75 * SIZE) + 90
        sheet.skip(SkipReason.MARGIN_NOTE, note)
    del sheet.spoken[spoken:]
    assert note_top < bottom + 90  # noqa: S101  # beside the text


def ingredients(sheet: Sheet, prose: Prose) -> None:
    """A narrow column in small type beside a wide one, which is no margin note."""
    top = float(_TOP)
    for _ in range(sheet.rng.randint(4, 8)):
        item = f"{sheet.rng.randint(1, 9) * 50} g {prose.name().split()[-1]}"
        sheet.row(item, _MARGIN, top, 0.75 * SIZE)
        sheet.spoken.append(item)
        top += _ROW
    left = _MARGIN + 330
    steps = [prose.paragraph(3) for _ in range(5)]
    sheet.column(steps, left, _TOP, sheet.width - _MARGIN - left)


def neighbouring_page(sheet: Sheet, prose: Prose) -> None:
    """The photo's edge cuts off a sliver of the page beside this one."""
    bottom = sheet.column(
        [prose.paragraph(2) for _ in range(4)], _MARGIN, _TOP, sheet.width - 2 * _MARGIN - 130
    )
    for number in range(round((bottom - _TOP) / _ROW)):
        cut = prose.name().split()[-1][:4]
        sheet.row(cut, sheet.width - 40, _TOP + 12 + number * _ROW)
        sheet.skip(SkipReason.NEIGHBOURING_PAGE, cut)


def drop_cap(sheet: Sheet, prose: Prose) -> None:
    """The first letter of a paragraph, as high as two or three of its rows; none in Arabic."""
    if not prose.name()[0].isupper():
        one_column(sheet, prose)
        return
    rows = sheet.rng.choice([2, 3])
    size = ((rows - 1) * LEADING + 0.8) * SIZE
    paragraphs = [prose.paragraph(4), *prose.paragraphs(2)]
    letter, rest = paragraphs[0][0], paragraphs[0][1:]
    right = sheet.row(letter, _MARGIN, _TOP, size)

    def room(top: float) -> tuple[float, float]:
        left = right + 0.2 * SIZE if top < _TOP + (rows - 0.5) * _ROW else _MARGIN
        return left, sheet.width - _MARGIN - left

    sheet.column([rest, *paragraphs[1:]], 0, _TOP, 0, room=room)
    sheet.spoken = paragraphs


def numbered_list(sheet: Sheet, prose: Prose) -> None:
    """Numbers stand out to the left of their items' rows."""
    sheet.centred(name := prose.name(), sheet.width / 2, _TOP, 1.8 * SIZE)
    top = _TOP + 110.0
    items = [prose.paragraph(2) for _ in range(5)]
    for number, item in enumerate(items, start=1):
        first = len(sheet.lines)
        bottom = sheet.column(
            [item], _MARGIN + 1.4 * SIZE, top, sheet.width - 2 * _MARGIN - 1.4 * SIZE, gap=0
        )
        sheet.row(f"{number}.", _MARGIN, top)
        marker = sheet.lines.pop()
        sheet.lines[first] = marker + sheet.lines[first]
        top = bottom
    sheet.spoken = [name, *(f"{number}. {item}" for number, item in enumerate(items, start=1))]


def counting_book(sheet: Sheet, prose: Prose) -> None:
    """A numeral that is larger than the text belongs to the story."""
    number = str(sheet.rng.randint(1, 12))
    sheet.centred(number, sheet.width / 2, _TOP, 4 * SIZE)
    sheet.spoken.append(number)
    sheet.column([prose.sentence()], _MARGIN, _TOP + 260, sheet.width - 2 * _MARGIN)


def chapter_number(sheet: Sheet, prose: Prose) -> None:
    number = sheet.rng.choice(["I", "IV", "V", "IX"])
    sheet.centred(number, sheet.width / 2, _TOP, 1.3 * SIZE)
    sheet.spoken.append(number)
    sheet.column(prose.paragraphs(3), _MARGIN, _TOP + 120, sheet.width - 2 * _MARGIN)


def question_and_answer(sheet: Sheet, prose: Prose) -> None:
    bottom = sheet.column(
        [f"{prose.paragraph(3)} {prose.phrases.question}"],
        _MARGIN,
        _TOP,
        sheet.width - 2 * _MARGIN,
    )
    number = str(sheet.rng.randint(3, 11))
    sheet.row(number, _MARGIN, bottom)
    sheet.spoken.append(number)


def divided_words(sheet: Sheet, prose: Prose) -> None:
    divides = prose.phrases.compound[0] != ""
    sheet.column([prose.paragraph(3) for _ in range(4)], _MARGIN, _TOP, 520, divides=divides)


def divided_compound(sheet: Sheet, prose: Prose) -> None:
    """A word with a hyphen of its own ends a row with it; it stands undivided elsewhere."""
    begin, rest = prose.phrases.compound
    first = f"{prose.name()} {begin}".strip()
    second = f"{rest} {prose.sentence().lower()}".strip()
    sheet.row(first, _MARGIN, _TOP)
    sheet.row(second, _MARGIN, _TOP + _ROW)
    sheet.spoken.append(f"{first}{second}" if begin else f"{first} {second}")
    last = f"{prose.name()} {begin}{rest}".strip() + "."
    sheet.column([last], _MARGIN, _TOP + 2.5 * _ROW, sheet.width - 2 * _MARGIN)


KINDS: dict[str, tuple[Kind, tuple[int, int]]] = {
    kind.__name__: (kind, size)
    for size, kinds in {
        PORTRAIT: (
            one_column,
            two_columns,
            three_columns,
            title_above_columns,
            title_between_columns,
            deck_below_title,
            pull_quote,
            caption_below_picture,
            page_number,
            running_head_above,
            running_head_below,
            poem,
            comic,
            margin_notes,
            ingredients,
            neighbouring_page,
            drop_cap,
            numbered_list,
            counting_book,
            chapter_number,
            question_and_answer,
            divided_words,
            divided_compound,
        ),
        SPREAD: (facing_pages, facing_page_with_one_line, two_page_numbers),
    }.items()
    for kind in kinds
}


def _column_of_text(sheet: Sheet, prose: Prose, paragraphs: int) -> float:
    indent, gap = sheet.rng.choice([(1.5, 0.0), (0.0, 0.6)])
    return sheet.column(
        prose.paragraphs(paragraphs),
        _MARGIN,
        _TOP,
        sheet.width - 2 * _MARGIN,
        indent=indent,
        gap=gap,
    )


def _columns(sheet: Sheet, prose: Prose, number: int, top: float) -> float:
    """Columns half a line height apart; returns the bottom of the longest one."""
    width, gutter = _column_width(sheet, number, sheet.rng.randint(28, 80))
    return max(
        sheet.column(
            [prose.paragraph(2) for _ in range(3)],
            _MARGIN + column * (width + gutter),
            top + (column % 2) * _ROW / 2,
            width,
        )
        for column in range(number)
    )


def _column_width(sheet: Sheet, number: int, gutter: float) -> tuple[float, float]:
    return (sheet.width - 2 * _MARGIN - (number - 1) * gutter) / number, gutter


def _crossing(sheet: Sheet, text: str, top: float, size: float) -> None:
    """A line that is centred above columns; `size` in sizes of most type."""
    sheet.centred(text, sheet.width / 2, top, size * SIZE)
    sheet.spoken.append(text)


def _facing(sheet: Sheet, prose: Prose) -> float:
    middle = sheet.width / 2
    return max(
        sheet.column(prose.paragraphs(3), left, _TOP + lower, middle - 2 * _MARGIN)
        for left, lower in ((_MARGIN, 0), (middle + _MARGIN, sheet.rng.randint(0, 60)))
    )


def _page_number(sheet: Sheet, number: str, middle: float, top: float) -> None:
    sheet.centred(number, middle, top, 0.9 * SIZE)
    sheet.skip(SkipReason.PAGE_NUMBER, number)


def _running_head(sheet: Sheet, prose: Prose, top: float) -> None:
    number, head = str(sheet.rng.randint(2, 300)), prose.name()
    if sheet.rng.choice([True, False]):
        sheet.row(number, _MARGIN, top, 0.9 * SIZE)
        sheet.centred(head, sheet.width / 2, top, 0.9 * SIZE)
    else:
        sheet.row(head, _MARGIN, top, 0.9 * SIZE)
        sheet.row(number, sheet.width - _MARGIN - 60, top, 0.9 * SIZE)
    sheet.skip(SkipReason.PAGE_NUMBER, number)
    sheet.skip(SkipReason.RUNNING_HEAD, head)
