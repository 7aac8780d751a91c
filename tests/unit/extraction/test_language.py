"""The language of a text: what the document says first, a guess by the letters otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.extraction import language
from chalicelib.extraction.extract import extract
from tests.support import pdf_books, sample_files, structured_documents

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ENGLISH = "The keeper climbed the stairs and looked out over the sea, where no ship could be seen that night."
SENTENCES = {
    "am": "መብራቱ ሌሊቱን ሙሉ በራ።",
    "ar": "أضاءت المنارة طوال الليل",
    "az": "Mayak bütün gecə yanırdı və dəniz sakit idi.",
    "be": "Маяк гарэў усю ноч, і мора было спакойнае.",
    "bg": "Фарът гореше цяла нощ.",
    "cs": "Maják hořel celou noc.",
    "cy": "Llosgodd y goleudy drwy'r nos.",
    "da": "Fyrtårnet brændte hele natten.",
    "de": "Der Leuchtturm brannte die ganze Nacht.",
    "el": "Ο φάρος έκαιγε όλη τη νύχτα.",
    "en": "The keeper slept. He woke.",
    "eo": "La lumturo brulis la tutan nokton.",
    "es": "El faro ardió toda la noche.",
    "et": "Majakas põles terve öö.",
    "eu": "Itsasargia gau osoan piztuta egon zen.",
    "fa": "فانوس دریایی تمام شب می‌سوخت",
    "fi": "Majakka paloi koko yön.",
    "fr": "Le phare brûla toute la nuit.",
    "ga": "Bhí an solas ar lasadh ar feadh na hoíche.",
    "he": "המגדלור בער כל הלילה",
    "hi": "प्रकाशस्तंभ पूरी रात जलता रहा।",
    "hr": "Svjetionik je gorio cijelu noć.",
    "hu": "A világítótorony egész éjjel égett.",
    "hy": "Փարոսը վառվում էր ամբողջ գիշեր։",
    "is": "Vitinn logaði alla nóttina í storminum.",
    "it": "Il faro bruciò tutta la notte.",
    "ja": "灯台は一晩中燃えていた。",
    "ka": "შუქურა მთელი ღამე ენთო.",
    "kk": "Маяк түні бойы жанып тұрды.",
    "ko": "등대는 밤새 켜져 있었다.",
    "la": "Lucerna totam noctem in turri ardebat.",
    "lb": "De Liichttuerm huet déi ganz Nuecht gebrannt.",
    "mk": "Светилникот гореше цела ноќ.",
    "my": "မီးပြတိုက်သည် တစ်ညလုံး လင်းနေခဲ့သည်။",
    "nl": "De vuurtoren brandde de hele nacht.",
    "pl": "Latarnia paliła się całą noc.",
    "pt": "O farol ardeu a noite toda.",
    "ro": "Farul a ars toată noaptea.",
    "ru": "Маяк горел всю ночь.",
    "sr": "Светионик је горео целу ноћ и море је било мирно.",
    "sv": "Fyren brann hela natten.",
    "sw": "Mnara wa taa uliwaka usiku kucha.",
    "th": "ประภาคารส่องสว่างตลอดทั้งคืน",
    "tr": "Deniz feneri bütün gece yandı.",
    "uk": "Маяк горів усю ніч.",
    "vi": "Ngọn hải đăng cháy suốt đêm.",
    "zh-CN": "灯塔整夜亮着，守塔人说海面很平静。",
    "zh-TW": "燈塔整夜亮著，守塔人說海面很平靜。",
}


# ---- detection ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tag", "sentence"), SENTENCES.items())
def test_one_sentence_is_enough(tag: str, sentence: str) -> None:
    assert language.detect(sentence) == tag


@pytest.mark.parametrize("text", ["", "2024", "* * *", "Report 2024", "12 34 56 78 90 " * 20, "a" * 600, "ha" * 9])
def test_a_few_letters_are_not_a_language(text: str) -> None:
    assert language.detect(text) == "und"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("“Café” costs 5 € – naïve.", "en"),  # Catalan, French and Portuguese are a little likelier by the letters
        ("Le café coûte 5 €, naïf.", "fr"),
        ("Bon dia a tothom", "ca"),
    ],
)
def test_a_rare_language_must_be_clearly_likelier_than_a_frequent_one(text: str, tag: str) -> None:
    assert language.detect(text) == tag


def test_chapter_titles_alone_are_chinese_although_other_languages_share_their_letters() -> None:
    assert language.detect("第一章 港口 第二章 冬天的信 第三章 天文台 第四章 归途") == "zh-CN"


def test_a_foreign_preface_does_not_decide_and_the_guess_is_always_the_same() -> None:
    text = "Ein Vorwort in einer anderen Sprache steht ganz am Anfang dieses Buches. " * 20
    text += "\n\n".join(pdf_books.make_book(5).paragraphs) * 3
    assert {language.detect(text) for _ in range(5)} == {"en"}


# ---- tags --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "standard"),
    [
        ("de", "de"),
        (" de \n", "de"),
        ("DE-at", "de-AT"),
        ("en_us", "en-US"),
        ("eng", "en"),
        ("ger", "de"),
        ("deu", "de"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("sr-Latn", "sr-Latn"),
        ("iw", "he"),
        ("und", "und"),
        ("UND", "und"),
        ("zxx", "und"),
        ("mul", "und"),
        ("x-default", "und"),
        ("English", "und"),
        ("", "und"),
        (None, "und"),
        ("{lang}", "und"),
        ("e" * 10_000, "und"),
    ],
)
def test_tags_get_their_standard_form(tag: str | None, standard: str) -> None:
    assert language.normalize(tag) == standard


# ---- what documents say ------------------------------------------------------------------------------------------------


def language_of(folder: Path, media_type: str, content: bytes) -> str:
    path = folder / "object"
    path.write_bytes(content)
    return extract(path, media_type).language


def word_document(*runs: str, default: str = "") -> bytes:
    """Return a DOCX with one paragraph of these runs, and a language for text that states none."""
    defaults = f"<w:docDefaults><w:rPrDefault><w:rPr>{stated(default)}</w:rPr></w:rPrDefault></w:docDefaults>"
    return structured_documents.docx(f"<w:p>{''.join(runs)}</w:p>", styles=defaults if default else "")


def stated(tag: str) -> str:
    return f'<w:lang w:val="{tag}"/>'


def test_a_page_says_its_language(tmp_path: Path) -> None:
    for page, tag in {
        f'<html lang="ga"><body>{ENGLISH}</body></html>': "ga",
        f'<html lang="en"><body lang="GD">{ENGLISH}</body></html>': "gd",
        f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml" xml:lang="lat"><body>{ENGLISH}</body></html>': "la",
        f'<html lang="und"><body>{ENGLISH}</body></html>': "en",
        f"<body>{ENGLISH}</body>": "en",
    }.items():
        assert language_of(tmp_path, "text/html", page.encode()) == tag, page


def test_a_book_says_its_language(tmp_path: Path) -> None:
    for tag, expected in {"is": "is", "ISL": "is", "UND": "en", "": "en", "sr-Latn": "sr-Latn"}.items():
        content = structured_documents.epub(f"<p>{ENGLISH}</p>", metadata=f"<dc:language>{tag}</dc:language>")
        assert language_of(tmp_path, "application/epub+zip", content) == expected


def test_a_word_document_has_the_language_of_most_of_its_letters(tmp_path: Path) -> None:
    content = word_document(
        structured_documents.run(ENGLISH, stated("et-EE")), structured_documents.run("Title", stated("fr-FR"))
    )
    assert language_of(tmp_path, DOCX, content) == "et-EE"


def test_the_default_of_a_word_document_counts_for_text_that_states_nothing(tmp_path: Path) -> None:
    assert language_of(tmp_path, DOCX, word_document(structured_documents.run(ENGLISH), default="gl-ES")) == "gl-ES"


def test_english_as_a_default_says_nothing_because_templates_have_it(tmp_path: Path) -> None:
    german = "Der Leuchtturm brannte die ganze Nacht, und niemand kam an Land."
    assert language_of(tmp_path, DOCX, word_document(structured_documents.run(german), default="en-US")) == "de"


def test_a_pdf_says_its_language(tmp_path: Path) -> None:
    for entry, expected in {b"/Lang (mt-MT)": "mt-MT", b"/Lang (x-unknown)": "en", b"": "en"}.items():
        assert language_of(tmp_path, "application/pdf", sample_files.one_page(catalog=entry)) == expected
