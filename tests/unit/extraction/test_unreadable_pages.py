"""Pages that need text recognition."""

import pytest

from chalicelib.extraction.pdf import unreadable_pages
from chalicelib.extraction.pdf.layout import Line, Page

PROSE = "The keeper of the light counted the ships every evening before the lamp was lit"


def page(*texts: str, picture_share: float = 1.0, has_hidden_text: bool = False) -> Page:
    """Return a page of lines from the middle downwards."""
    lines = tuple(Line(text, 50.0, 400.0, 400.0 - 14 * row, 10.0) for row, text in enumerate(texts))
    return Page(lines, height=800.0, picture_share=picture_share, has_hidden_text=has_hidden_text)


def test_pictures_without_text_are_unreadable_and_blank_pages_are_not() -> None:
    readability = unreadable_pages.judge([page(), page("7"), page(picture_share=0.0), Page(has_drawings=True)])
    assert readability.unreadable == (1, 2, 4)


def test_the_same_short_text_on_every_picture_is_a_stamp() -> None:
    pages = [page("Downloaded from example.org", f"page {number} of 9") for number in range(1, 4)]
    readability = unreadable_pages.judge([*pages, page(*[PROSE] * 12)])
    assert readability.unreadable == (1, 2, 3)
    assert [(stamp.page, stamp.reason) for stamp in readability.stamps] == [(1, "stamp"), (2, "stamp"), (3, "stamp")]
    assert readability.stamps[0].excerpt == "Downloaded from example.org page 1 of 9"
    assert [len(cleaned.lines) for cleaned in readability.pages] == [0, 0, 0, 12]


def test_different_short_texts_on_pictures_are_slides() -> None:
    pages = [page(title, "Lamps are cheap, oil is dear.") for title in ("Why ships", "How many", "Next steps")]
    assert unreadable_pages.judge(pages).unreadable == ()


def test_a_stamp_at_the_edge_of_a_single_scan_is_found() -> None:
    stamp = Line("Scanned by the archive", 50.0, 200.0, 12.0, 8.0)
    assert unreadable_pages.judge([Page((stamp,), height=800.0, picture_share=1.0)]).unreadable == (1,)


def test_hidden_text_is_no_stamp() -> None:
    assert unreadable_pages.judge([page(PROSE, has_hidden_text=True)] * 5).unreadable == ()


@pytest.mark.parametrize(
    ("text", "is_language"),
    [
        (PROSE, True),
        ("Der Wärter zählte jeden Abend die Schiffe, bevor das Licht angezündet wurde.", True),
        ("Смотритель маяка каждый вечер считал корабли перед тем как зажечь лампу", True),
        ("THE KEEPER’S well-known lamp (again), http://example.org/lamp and keeper@example.org, part 17-4711b", True),
        ("Wkh nhhshu ri wkh oljkw frxqwhg wkh vklsv hyhub hyhqlqj ehiruh wkh odps zdv olw", False),
        ("a%&b 0!(4* q+/v 7#k3! 0o5/! *r!4x &!4*z !3*+13!k 6b28!/ 6/+/)!$x (02!4*ab !-#.1!7#3!c", False),
        ("$%&a ´x", True),
    ],
)  # fmt: skip
def test_text_that_is_not_language_is_found(text: str, is_language: bool) -> None:
    assert unreadable_pages.is_language(text) is is_language


def test_the_page_that_stands_for_a_dynamic_form_is_left_out() -> None:
    text = ("Please wait...", "You can upgrade by visiting http://www.adobe.com/go/reader_download.")
    pages, left_out = unreadable_pages.without_placeholder([page(*text, picture_share=0.0)])
    assert [len(cleaned.lines) for cleaned in pages] == [0]
    assert [(omission.page, omission.reason) for omission in left_out] == [(1, "placeholder")]
    assert unreadable_pages.without_placeholder([page(PROSE)]) == ([page(PROSE)], [])
