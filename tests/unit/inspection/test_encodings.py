"""Texts and pages in old encodings: what is found, noted, shown and extracted."""

from pathlib import Path

import pytest

from chalicelib.extraction import extract
from chalicelib.formats import charset
from chalicelib.inspection import types
from chalicelib.inspection.model import Report
from chalicelib.inspection.previews import view_copy
from tests.support import pdf_books
from tests.support.inspections import inspect, rejection_of

TEXTS = {
    "German": "Über den Dächern hörte man die Glocken läuten, während die Straße noch naß vom Regen war.",
    "German, quoted": "Sie sagte: „Morgen fahren wir früh“ – und schloß die Tür. Die Überfahrt kostet 20 €.",
    "French": "L’été dernier, nous sommes allés à la mer. Les élèves étaient déjà là, très contents de l’être.",
    "Spanish": "El niño subió a la montaña y miró el océano. ¿Cuándo volverá la primavera? ¡Qué alegría!",
    "Polish": "Zażółć gęślą jaźń. Wczoraj wieczorem długo rozmawialiśmy o książkach, które kupiłeś w księgarni.",
    "Czech": "Příliš žluťoučký kůň úpěl ďábelské ódy. Včera večer jsme seděli u řeky a mluvili o létě.",
    "Hungarian": "Az idő szép volt, és a gyerekek a kertben játszottak. Később együtt főztünk, sütöttünk és énekeltünk.",
    "Russian": "Вечером над рекой поднялся туман, и лодки вернулись к берегу. Мы долго сидели у костра и молчали.",
    "Ukrainian": "Увечері над річкою піднявся туман, і човни повернулися до берега. Її діти їли пиріг із ягодами.",
    "Greek": "Το βράδυ η θάλασσα ήταν ήσυχη και οι βάρκες γύρισαν στο λιμάνι. Καθίσαμε ώρα πολλή κοντά στη φωτιά.",
    "Hebrew": "בערב הים היה שקט והסירות חזרו אל הנמל. ישבנו שעה ארוכה ליד המדורה ושתקנו.",
    "Arabic": "في المساء كان البحر هادئا وعادت القوارب إلى الميناء. جلسنا طويلا قرب النار ولم نتكلم.",
    "Thai": "ในตอนเย็นทะเลสงบและเรือกลับมาที่ท่าเรือ เรานั่งข้างกองไฟเป็นเวลานานโดยไม่พูดอะไร",
    "Turkish": "Akşam deniz sakindi, tekneler limana döndü. Çocuklar ağaçların altında şarkı söylüyor, ışıklar yanıyordu.",
    "Japanese": "夕方、海は静かになり、船は港へ戻ってきた。私たちは火のそばに長いあいだ座って、何も話さなかった。",
    "Chinese": "傍晚，大海很平静，船只回到了港口。我们在火堆旁坐了很久，谁也没有说话。",
    "Chinese, traditional": "傍晚，大海很平靜，船隻回到了港口。我們在火堆旁坐了很久，誰也沒有說話。",
    "Korean": "저녁이 되자 바다는 잔잔해지고 배들은 항구로 돌아왔다. 우리는 모닥불 옆에 오래 앉아 있었다.",
}
SAMPLES = (
    *(("German", codec) for codec in ("cp1252", "iso8859-1", "iso8859-15", "utf-16-le", "utf-16-be")),
    ("German, quoted", "cp1252"),
    *(("French", codec) for codec in ("cp1252", "utf-16-le")),
    *(("Spanish", codec) for codec in ("cp1252", "iso8859-1", "iso8859-15")),
    *(("Polish", codec) for codec in ("cp1250", "iso8859-2")),
    *(("Czech", codec) for codec in ("cp1250", "iso8859-2")),
    *(("Hungarian", codec) for codec in ("cp1250", "iso8859-2")),
    *(("Russian", codec) for codec in ("cp1251", "koi8-r", "iso8859-5", "cp866", "utf-16-le", "utf-16-be")),
    *(("Ukrainian", codec) for codec in ("cp1251", "koi8-u")),
    *(("Greek", codec) for codec in ("cp1253", "iso8859-7")),
    *(("Hebrew", codec) for codec in ("cp1255",)),
    *(("Arabic", codec) for codec in ("cp1256",)),
    *(("Thai", codec) for codec in ("cp874",)),
    *(("Turkish", codec) for codec in ("cp1254",)),
    *(("Japanese", codec) for codec in ("shift_jis", "euc_jp", "utf-16-le")),
    *(("Chinese", codec) for codec in ("gb2312", "gbk", "gb18030")),
    *(("Chinese, traditional", codec) for codec in ("big5",)),
    *(("Korean", codec) for codec in ("euc_kr", "utf-16-be")),
)
PAGE = "<!doctype html><html><head><title>Evening</title></head><body><p>{}</p></body></html>"


def shown(folder: Path, report: Report) -> str:
    """Return the text of the copy that readers get."""
    view = folder / "view"
    kind = types.ACCEPTED_TYPES[report.media_type]
    assert kind.is_shown_as_copy(report)
    assert view_copy.make_view_copy(folder / "object", view, kind, encoding=report.encoding) is None
    assert view.read_bytes().startswith(b"\xef\xbb\xbf")
    return view.read_bytes().decode("utf-8-sig")


def notes(report: Report) -> list[str]:
    assert report.rejection is None, report.rejection
    return [warning.code for warning in report.warnings]


@pytest.mark.parametrize(("language", "codec"), [pytest.param(*row, id=" ".join(row)) for row in SAMPLES])
@pytest.mark.parametrize(
    ("media_type", "filename"), [("text/plain", "a.txt"), ("text/html", "a.html")], ids=["text", "page"]
)
def test_an_encoding_that_nothing_states_is_guessed_and_the_copy_is_utf_8(
    media_type: str, filename: str, language: str, codec: str, tmp_path: Path
) -> None:
    text = TEXTS[language] if media_type == "text/plain" else PAGE.format(TEXTS[language])
    content = f"{text}\r\n".encode(codec)
    report = inspect(tmp_path, content, media_type, filename)
    assert notes(report) == ["encoding_guessed"]
    assert not report.withhold_original
    assert shown(tmp_path, report) == f"{text}\r\n"
    assert TEXTS[language] in extract.extract_in_sandbox(tmp_path / "view", media_type).text


def test_the_guess_is_said_by_its_usual_name(tmp_path: Path) -> None:
    report = inspect(tmp_path, TEXTS["German"].encode("cp1252"), "text/plain")
    assert report.warnings[0].detail == "The text does not say how it is encoded. It was read as Windows-1252."
    page = inspect(tmp_path, PAGE.format(TEXTS["Japanese"]).encode("cp932"), "text/html", "a.html")
    assert page.warnings[0].detail == "The page does not say how it is encoded. It was read as Shift_JIS."
    assert charset.Encoding("iso8859-2").name == "ISO-8859-2"
    assert charset.Encoding("koi8-r").name == "KOI8-R"


@pytest.mark.parametrize(
    ("language", "charset_name"),
    [
        ("German", "iso-8859-1"),
        ("German", "windows-1252"),
        ("Russian", "koi8-r"),
        ("Russian", "windows-1251"),
        ("Japanese", "Shift_JIS"),
        ("Japanese", "utf-16"),
        ("Chinese", "gb18030"),
        ("Polish", '"iso-8859-2"'),
    ],
)
def test_the_charset_of_the_declared_type_is_used_and_not_noted(
    language: str, charset_name: str, tmp_path: Path
) -> None:
    content = TEXTS[language].encode(charset_name.strip('"')).removeprefix(b"\xff\xfe")
    report = inspect(tmp_path, content, f"Text/Plain; format=flowed; charset={charset_name}", "a.txt")
    assert (report.media_type, notes(report)) == ("text/plain", [])
    assert shown(tmp_path, report) == TEXTS[language]


def test_a_short_text_is_what_its_declaration_says(tmp_path: Path) -> None:
    report = inspect(tmp_path, "да".encode("koi8-r"), "text/markdown; charset=koi8-r", "a.md")
    assert notes(report) == []
    assert shown(tmp_path, report) == "да"


@pytest.mark.parametrize(
    ("codec", "charset_name", "expected"),
    [
        ("cp1252", "utf-8", ["encoding_guessed"]),
        ("cp1252", "Shift_JIS", ["encoding_guessed"]),
        ("utf-16-le", "utf-8", ["encoding_guessed"]),
        ("utf-8", "iso-8859-1", []),
        ("utf-8", "utf-16", []),
        ("utf-8", "us-ascii", []),
    ],
)
def test_a_declaration_that_the_bytes_contradict_is_passed_over(
    codec: str, charset_name: str, expected: list[str], tmp_path: Path
) -> None:
    report = inspect(tmp_path, TEXTS["German"].encode(codec), f"text/plain; charset={charset_name}", "a.txt")
    assert notes(report) == expected
    assert report.encoding == (codec if expected else None)


def test_a_page_whose_own_declaration_is_wrong_is_guessed_and_says_so(tmp_path: Path) -> None:
    page = PAGE.format(TEXTS["German"]).replace("<title>", "<meta charset=utf-8><title>")
    report = inspect(tmp_path, page.encode("cp1252"), "text/html", "a.html")
    assert report.warnings[0].detail == "The page is not in the encoding that is declared. It was read as Windows-1252."
    assert shown(tmp_path, report) == page


def test_a_page_that_was_declared_wrongly_is_read_as_it_says_itself(tmp_path: Path) -> None:
    content = PAGE.format(TEXTS["Russian"]).replace("<title>", "<meta charset=koi8-r><title>").encode("koi8-r")
    report = inspect(tmp_path, content, "text/html; charset=utf-8", "a.html")
    assert (notes(report), report.encoding) == ([], "koi8-r")
    assert TEXTS["Russian"] in shown(tmp_path, report)


def test_the_copy_overrules_what_a_page_says_itself(tmp_path: Path) -> None:
    page = PAGE.format(TEXTS["Greek"]).replace("<title>", "<meta charset=koi8-r><title>")
    report = inspect(tmp_path, page.encode(), "text/html; charset=utf-8", "a.html")
    assert notes(report) == []
    assert shown(tmp_path, report) == page
    assert TEXTS["Greek"] in extract.extract_in_sandbox(tmp_path / "view", "text/html").text


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", ["Japanese", "Chinese", "Korean"])
def test_utf_16_is_known_by_its_line_ends_alone(language: str, codec: str, tmp_path: Path) -> None:
    text = f"{TEXTS[language].replace(' ', '')}\n" * 3
    report = inspect(tmp_path, text.encode(codec), "text/plain", "a.txt")
    assert report.encoding == codec
    assert shown(tmp_path, report) == text


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_a_byte_order_mark_is_shown_in_utf_8_without_a_note(codec: str, tmp_path: Path) -> None:
    text = "Hello, 你好, 🙂"
    report = inspect(tmp_path, f"\ufeff{text}".encode(codec), "text/plain")
    assert (notes(report), report.encoding) == ([], "utf-16")
    assert shown(tmp_path, report) == text


@pytest.mark.parametrize("content", [b"ASCII", "Grüße".encode(), "\ufeffGrüße".encode()])
@pytest.mark.parametrize("declared", ["text/plain", "text/plain; charset=utf-8", "text/plain; charset=iso-8859-1"])
def test_utf_8_is_shown_as_it_is(content: bytes, declared: str, tmp_path: Path) -> None:
    assert inspect(tmp_path, content, declared, "a.txt") == Report("text/plain", None)


@pytest.mark.parametrize("codec", ["cp1252", "koi8-r", "utf-16-le"])
def test_the_copy_has_no_end_of_file_of_dos(codec: str, tmp_path: Path) -> None:
    text = TEXTS["Russian" if codec == "koi8-r" else "German"]
    report = inspect(tmp_path, f"{text}\r\n\x1a".encode(codec), "text/plain")
    assert shown(tmp_path, report).endswith(".\r\n")


@pytest.mark.parametrize("name", ["utf-7", "hz", "iso-2022-jp", "utf-16-surrogates", "hex", "unheard-of", "cp037"])
@pytest.mark.parametrize("media_type", ["text/plain", "text/html"])
def test_encodings_that_bypass_filters_are_rejected(name: str, media_type: str, tmp_path: Path) -> None:
    filename = "a.txt" if media_type == "text/plain" else "a.html"
    content = b"+ADw-script+AD4-" if media_type == "text/plain" else PAGE.format("+ADw-script+AD4-").encode()
    rejection = rejection_of(inspect(tmp_path, content, f"{media_type}; charset={name}", filename))
    assert rejection.code == "malformed"
    assert "encoding that is not accepted" in rejection.detail
    assert "UTF-8" in rejection.detail


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 20,
        b"a plain text with one \x00 in it" * 3,
        "Täglich ein \x00 im Wörterbuch.".encode("cp1252") * 3,
        "bell \x07 rings".encode("utf-16-le"),
        b"\x81\x8d\x8f\x90\x9d\xff\x02",
        TEXTS["Russian"].encode("koi8-r") + b"\x07",
    ],
)
def test_binary_data_is_no_text_in_any_encoding(content: bytes, tmp_path: Path) -> None:
    assert rejection_of(inspect(tmp_path, content, "text/plain")).code == "type_mismatch"


@pytest.mark.parametrize(
    "text",
    [
        "%PDF-1.7 is how such a file begins, said the teacher.",
        "A lesson about the web.\n\n<script>\nis how a script begins in a page.",
    ],
)
def test_prose_that_begins_like_another_format_is_text(text: str, tmp_path: Path) -> None:
    assert inspect(tmp_path, text.encode(), "text/plain") == Report("text/plain", None)


@pytest.mark.parametrize(
    "content",
    [
        pdf_books.prose_page("A page of words."),
        b"%PDF-1.7\nwords\n1 0 obj\n<< /Type /Catalog >>",
        b"<!doctype html><script>alert(1)</script>",
    ],
)
def test_another_format_is_no_text_because_it_is_declared_so(content: bytes, tmp_path: Path) -> None:
    assert rejection_of(inspect(tmp_path, content, "text/plain")).code == "type_mismatch"


def test_control_characters_are_left_out_of_what_is_shown(tmp_path: Path) -> None:
    report = inspect(tmp_path, b"Page one.\x0bPage two in \x1b[31mred\x1b[0m letters.", "text/plain")
    assert (notes(report), report.encoding) == (["control_characters_removed"], "utf-8")
    assert shown(tmp_path, report) == "Page one.\nPage two in red letters."


def test_stray_control_characters_of_a_long_text_are_left_out_of_what_is_shown(tmp_path: Path) -> None:
    content = (
        b"Page one ends here.\x0cPage two\x0bbegins\x00here\x1b[31m red\x1b[0m.\x1b[2J N\x08NA\x08AME of a man\x07ual"
    )
    report = inspect(tmp_path, content, "text/plain")
    assert (notes(report), report.encoding) == (["control_characters_removed"], "utf-8")
    assert shown(tmp_path, report) == "Page one ends here.\x0cPage two\nbegins here red. NAME of a manual"


def test_a_stray_control_character_makes_a_page_no_binary_data(tmp_path: Path) -> None:
    page = b"<!doctype html><title>a</title><p>The keeper counted the ships\x00 every evening."
    assert inspect(tmp_path, page, "text/html", "a.html") == Report("text/html", None)


def test_a_long_text_is_guessed_by_its_letters_wherever_they_are(tmp_path: Path) -> None:
    content = b"Pages of English. " * 200_000 + TEXTS["Russian"].encode("koi8-r")
    report = inspect(tmp_path, content, "text/plain")
    assert (notes(report), report.encoding) == (["encoding_guessed"], "koi8-r")
    assert shown(tmp_path, report).endswith(TEXTS["Russian"])


def test_an_encoding_that_a_user_chooses_may_have_any_usual_name() -> None:
    chosen = {
        name: charset.chosen_codec(name)
        for name in ("Windows-1252", "latin1", "shift-jis", "GBK", "UTF-8", "utf-7", "")
    }
    assert list(chosen.values()) == ["cp1252", "cp1252", "cp932", "gb18030", "utf-8", None, None]
    names = charset.list_names()
    assert {"Big5", "EUC-KR", "GB18030", "KOI8-R", "Shift_JIS", "UTF-16", "Windows-1252"} < set(names)
    assert all(charset.chosen_codec(name) for name in names)


@pytest.mark.parametrize(("content", "encoding"), [("Tür".encode("utf-16-le"), "cp1252"), (b"T\xfcr", "utf-8")])
def test_a_file_that_is_no_text_in_a_chosen_encoding_has_no_copy_in_it(
    tmp_path: Path, content: bytes, encoding: str
) -> None:
    source, target = tmp_path / "source", tmp_path / "view"
    source.write_bytes(content)
    file_type = types.ACCEPTED_TYPES["text/plain"]
    assert view_copy.make_view_copy(source, target, file_type, encoding=encoding) is not None
    assert not target.exists()
