"""Search that ignores accents, widths and ligatures, in texts of any language, and marks the original characters."""

from typing import Any
from uuid import UUID

import pytest
from chalice.test import Client

from chalicelib.library import search_index, texts
from chalicelib.platform.db import database
from tests.integration.conftest import Cloud, Sweeping, User
from tests.integration.search.test_search import marked, search
from tests.support.extracted_texts import plain_text
from tests.support.media_rows import insert_media, list_all, request

WORDS = {
    "en": ("Don’t panic about the naïve café in ＦＵＬＬ width. C++ and panic; a co\u00adoperative Straße in Łódź.", (
        ("naive", "naïve"), ("NAÏVE", "naïve"), ("cafe", "café"), ("cafés", "café"), ("full", "ＦＵＬＬ"), ("strasse", "Straße"),
        ("lodz", "Łódź"), ("c++", "C"), ("don't", "Don’t"), ("cooperative", "co\u00adoperative"),
        ('"naive cafe"', "naïve café"), ("strasse lodz", "Straße"), ("nowhere or lodz -cat", "Łódź"),
    )),
    "de": ("Die alten Häuser am Fluß sind größer als die Straße. Über Öl weiß man wenig.", (
        ("Haus", "Häuser"), ("hauser", "Häuser"), ("fluss", "Fluß"), ("Flüsse", "Fluß"), ("grosser", "größer"),
        ("strassen", "Straße"), ("uber", "Über"), ("weiss", "weiß"),
    )),
    "fr": ("La pomme mangée par Noël était une œuvre du cœur à Bézout.", (
        ("manger", "mangée"), ("mangee", "mangée"), ("mangées", "mangée"), ("noel", "Noël"), ("oeuvre", "œuvre"),
        ("oeuvres", "œuvre"), ("coeur", "cœur"), ("bezout", "Bézout"),
    )),
    "ru": ("Новый ёж нашёл зелёный лес.", (
        ("новая", "Новый"), ("еж", "ёж"), ("зеленый", "зелёный"), ("зелёного", "зелёный"), ("НАШЕЛ", "нашёл"),
    )),
    "el": ("Ο Οδυσσεύς είδε τη θάλασσα.", (("ΟΔΥΣΣΕΥΣ", "Οδυσσεύς"), ("θαλασσα", "θάλασσα"), ("θαλασσας", "θάλασσα"))),
    "tr": ("İstanbul'da ışık ve çiçek gördüm.", (
        ("istanbul", "İstanbul"), ("isik", "ışık"), ("cicek", "çiçek"), ("çiçekler", "çiçek"),
    )),
    "vi": ("Tiếng Việt đẹp lắm.", (("tieng viet", "Tiếng Việt"), ("dep", "đẹp"))),
    "ar": ("قال مُحَمَّد إن الكِتَاب جديد.", (("محمد", "مُحَمَّد"), ("كتاب", "الكِتَاب"))),
    "he": ("הוא אמר שָׁלוֹם לכולם.", (("שלום", "שָׁלוֹם"),)),
    "hi": ("यह हिन्दी की किताब है।", (("हिन्दी", "हिन्दी"), ("किताब", "किताब"))),
    "th": ("ผมดื่มน้ำทุกวันเพราะอากาศร้อน", (("น้ำ", "น้ำ"), ("ทุกวัน", "ทุกวัน"), ("อากาศ", "อากาศ"))),
    "km": ("ខ្ញុំស្រឡាញ់ភាសាខ្មែរ។", (("ភាសា", "ភាសា"), ("ខ្មែរ", "ខ្មែរ"))),
    "lo": ("ຂ້ອຍເວົ້າພາສາລາວໄດ້", (("ພາສາ", "ພາສາ"), ("ລາວ", "ລາວ"))),
    "my": ("ကျွန်တော်မြန်မာစကားပြောတယ်", (("မြန်မာ", "မြန်မာ"), ("စကား", "စကား"))),
    "ja": ("灯台はｶﾞｲﾄﾞの光で、海を照らす。", (("灯台", "灯台"), ("ガイド", "ｶﾞｲﾄﾞ"), ("海を照", "海を照"))),
    "zh": ("灯塔在海边，它的光每天晚上都亮着。", (("每天晚上", "每天晚上"), ("灯塔", "灯塔"))),
    "ko": ("등대는 바다에 있다.", (("등대는", "등대는"), ("등대는 바다에", "등대는 바다에"))),
}  # fmt: skip
CASES = [(language, query, match) for language, (_, queries) in WORDS.items() for query, match in queries]


def save_text(cloud: Cloud, user: User, text: str, **columns: Any) -> str:
    """Insert a media with a text, as a finished upload does; return its id."""
    media_id = insert_media(cloud, user, **columns)
    with database.transaction(user.id) as connection:
        texts.save(connection, user.id, UUID(media_id), plain_text(text))
    return media_id


@pytest.mark.parametrize(("language", "query", "match"), CASES)
def test_a_word_is_found_however_it_is_written_and_marked_as_it_is(
    client: Client, cloud: Cloud, alice: User, language: str, query: str, match: str
) -> None:
    text, _ = WORDS[language]
    media_id = save_text(cloud, alice, text, language=language, title="T", filename="f.txt")
    save_text(cloud, alice, "Nothing of the kind.", language=language, title="T", filename="f.txt")
    (hit,) = search(client, alice, query.replace("+", "%2B"))
    assert (hit["media_id"], marked(hit)[0]) == (media_id, match)
    assert text[hit["text_start"] : hit["text_end"]] == match


def test_only_the_matches_are_marked(client: Client, cloud: Cloud, alice: User) -> None:
    save_text(cloud, alice, WORDS["en"][0], language="en", title="C", filename="f.txt")
    (hit,) = search(client, alice, "c%2B%2B")
    assert "<mark>C</mark>++ and panic;" in hit["snippet"]
    assert len(marked(hit)) == 1
    (hit,) = search(client, alice, "panic naive")
    assert marked(hit) == ["panic", "naïve", "panic"]


@pytest.mark.parametrize(
    ("query", "marked_title"),
    [("strasse", "Straße"), ("full", "ＦＵＬＬ"), ("strasse full", "Straße ＦＵＬＬ"), ("oeuvre", "Œuvre")],
)
def test_titles_are_folded_too(client: Client, cloud: Cloud, alice: User, query: str, marked_title: str) -> None:
    title = "Die Straße ＦＵＬＬ: Œuvre"
    media_id = save_text(cloud, alice, "Some text.", language="de", title=title, filename="f.txt")
    renamed = save_text(cloud, alice, "", language="fr", title="Other", filename="f.txt")
    request(client, alice, "PATCH", f"/v1/media/{renamed}", {"title": title})
    hits = search(client, alice, query)
    assert {hit["media_id"] for hit in hits} == {media_id, renamed}
    for hit in hits:
        assert marked(hit) == [marked_title]


def test_a_match_beyond_the_first_letters_of_the_query_is_located(client: Client, cloud: Cloud, alice: User) -> None:
    """Stemmers of Arabic and Indonesian remove the beginnings of words."""
    text = "Dia membaca buku."
    save_text(cloud, alice, text, language="id", title="T", filename="f.txt")
    (hit,) = search(client, alice, "baca")
    assert marked(hit) == ["membaca"]


def test_stop_words_are_neither_required_nor_marked_in_either_form(client: Client, cloud: Cloud, alice: User) -> None:
    save_text(cloud, alice, "Ein Haus bleibt immer stehen.", language="de", title="T", filename="f.txt")
    (hit,) = search(client, alice, "für immer")
    assert marked(hit) == ["immer"]


# ---- media of the release before ---------------------------------------------------------------------------------------

UNFOLDED = "Die Straße. Der naïve Łukasz."


def index_as_before(user: User, media_id: str, text: str) -> None:
    """Store and index a text as the release before does."""
    with database.transaction(user.id) as connection:
        connection.execute("DELETE FROM search_words WHERE media_id = %s", [media_id])
        connection.execute("DELETE FROM media_passages WHERE media_id = %s", [media_id])
        connection.execute(
            """INSERT INTO media_passages (media_id, owner_id, number, page, text_start, text_end, body)
               VALUES (%s, %s, 1, 0, 0, %s, %s)""",
            [media_id, user.id, len(text), text],
        )
        connection.execute("INSERT INTO search_configs VALUES (%s, 'german') ON CONFLICT DO NOTHING", [user.id])
        connection.execute(
            """INSERT INTO search_words (media_id, owner_id, number, config, words)
               SELECT id, owner_id, 1, 'german', app.to_search_vector('german', lower(title), lower(%s))
               FROM media WHERE id = %s""",
            [text.replace(".", " "), media_id],
        )


def test_media_of_the_release_before_are_found_meanwhile_and_folded_by_the_sweep(
    client: Client, cloud: Cloud, alice: User, bob: User, sweeping: Sweeping
) -> None:
    media_id = insert_media(cloud, alice, language="de", title="Łódź", filename="a.txt", folded_name=None)
    plain = insert_media(cloud, bob, language="en", title="Plain", filename="b.txt", folded_name=None)
    pending = insert_media(cloud, bob, status="pending", title="Größe", filename="c.txt", folded_name=None)
    index_as_before(alice, media_id, UNFOLDED)
    for query in ("straße", "naïve", "łukasz"):  # as before
        assert [hit["media_id"] for hit in search(client, alice, query)] == [media_id]
    assert list_all(client, alice, "/v1/media?q=łodz") == [media_id]
    assert list_all(client, alice, "/v1/media?q=lodz") == []
    with sweeping():
        assert search_index.reindex_outdated() == 3
        assert search_index.reindex_outdated() == 0
    for query, match in (("strasse", "Straße"), ("straße", "Straße"), ("naive", "naïve"), ("lukasz", "Łukasz")):
        (hit,) = search(client, alice, query)
        assert (hit["media_id"], marked(hit)) == (media_id, [match])
    assert list_all(client, alice, "/v1/media?q=lodz") == [media_id]
    assert list_all(client, bob, "/v1/media?q=plain") == [plain]
    assert list_all(client, bob, "/v1/media?q=grosse") == [pending]


def test_what_the_release_before_writes_later_is_folded_again(
    client: Client, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    renamed = save_text(cloud, alice, "Text.", language="de", title="Erste", filename="a.txt")
    indexed = save_text(cloud, alice, "Text.", language="de", title="Größe", filename="b.txt")
    same = save_text(cloud, alice, "Text.", language="de", title="Straße", filename="c.txt")
    with database.transaction(alice.id) as connection:
        connection.execute("UPDATE media SET title = 'Łukasz' WHERE id = %s", [renamed])
        connection.execute("UPDATE media SET title = 'STRAßE' WHERE id = %s", [same])
    index_as_before(alice, indexed, UNFOLDED)
    with sweeping():
        assert search_index.reindex_outdated() == 2
    assert list_all(client, alice, "/v1/media?q=lukasz") == [renamed]
    assert {hit["media_id"] for hit in search(client, alice, "lukasz")} == {renamed, indexed}
    assert list_all(client, alice, "/v1/media?q=grosse") == [indexed]
    assert list_all(client, alice, "/v1/media?q=strasse") == [same]


def test_the_release_before_finds_what_this_one_indexes(client: Client, cloud: Cloud, alice: User) -> None:
    assert client
    save_text(cloud, alice, UNFOLDED, language="de", title="Łódź", filename="a.txt")
    with database.transaction(alice.id) as connection:
        for words in ("straße", "naïve", "łukasz", "łódź"):
            query = f'[[{{"words": "{words}", "phrase": false, "excluded": false}}]]'
            assert connection.execute("SELECT count(*) FROM app.search(%s, 100)", [query]).fetchone() == (1,), words


def test_renaming_keeps_a_media_unfolded_until_its_text_is(
    client: Client, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    media_id = insert_media(cloud, alice, language="de", title="Alt", filename="a.txt", folded_name=None)
    index_as_before(alice, media_id, UNFOLDED)
    request(client, alice, "PATCH", f"/v1/media/{media_id}", {"title": "Größer"})
    assert list_all(client, alice, "/v1/media?q=größer") == [media_id]
    with sweeping():
        assert search_index.reindex_outdated() == 1
    assert list_all(client, alice, "/v1/media?q=grosser") == [media_id]
    assert [marked(hit) for hit in search(client, alice, "strasse")] == [["Straße"]]
