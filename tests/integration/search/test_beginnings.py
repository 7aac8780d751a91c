"""Search while a word is typed: the last word of a query is also the beginning of words."""

import pytest
from chalice.test import Client

from chalicelib.library import search_index
from chalicelib.platform.db import database
from tests.integration.conftest import Cloud, Sweeping, User
from tests.integration.search.test_folded_search import save_text
from tests.integration.search.test_search import marked, search
from tests.support.media_rows import request

TEXTS = {
    "en": ("The keeper took measurements of the lighthouse, and spoke of universities.", (
        ("kee", "keeper"), ("keep", "keeper"), ("measurem", "measurements"), ("MEASUREMENT", "measurements"),
        ("lighth", "lighthouse"), ("universiti", "universities"), ("the keep", "keeper"), ("keeper measurem", "keeper"),
        ("nowhere or lighth", "lighthouse"),
    )),
    "de": ("Das Protokoll der Sitzung lag auf den Straßenbahnschienen; über Öl kein Wort.", (
        ("Proto", "Protokoll"), ("protokol", "Protokoll"), ("sitzu", "Sitzung"), ("strassenb", "Straßenbahnschienen"),
        ("Straßenb", "Straßenbahnschienen"), ("ube", "über"),
    )),
    "fr": ("L’observatoire était à l’œuvre, mangée par Noël.", (
        ("l'observat", "L’observatoire"), ("observat", "observatoire"), ("oeuv", "œuvre"), ("mang", "mangée"), ("noe", "Noël"),
    )),
    "ja": ("灯台はガイドの光で、海を照らす。", (("ガイド", "ガイド"), ("海を照", "海を照"))),
}  # fmt: skip
CASES = [(language, query, match) for language, (_, queries) in TEXTS.items() for query, match in queries]


@pytest.mark.parametrize(("language", "query", "match"), CASES)
def test_a_word_is_found_by_its_beginning(
    client: Client, cloud: Cloud, alice: User, language: str, query: str, match: str
) -> None:
    text, _ = TEXTS[language]
    media_id = save_text(cloud, alice, text, language=language, title="T", filename="f.txt")
    save_text(cloud, alice, "Nothing of that kind.", language=language, title="T", filename="f.txt")
    (hit,) = search(client, alice, query)
    assert (hit["media_id"], marked(hit)[0]) == (media_id, match)
    assert text[hit["text_start"] : hit["text_end"]] == match


@pytest.mark.parametrize(
    "query",
    ["ke", "measurem%20", '"measurem"', "lighthouse -measurem", "measurem lighthouse", "keepers -light", "easure"],
)
def test_other_words_are_complete(client: Client, cloud: Cloud, alice: User, query: str) -> None:
    save_text(cloud, alice, TEXTS["en"][0], language="en", title="T", filename="f.txt")
    expected = 1 if query in {"lighthouse -measurem", "keepers -light"} else 0
    assert len(search(client, alice, query)) == expected


def test_names_are_found_by_their_beginnings_and_listed_with_each_hit(
    client: Client, cloud: Cloud, alice: User
) -> None:
    media_id = save_text(cloud, alice, "Text.", language="en", title="The Waves", filename="f.txt")
    metadata = {"creators": ["Virginia Woolf"], "series": "Hogarth Press"}
    assert request(client, alice, "PATCH", f"/v1/media/{media_id}", {"metadata": metadata}).status_code == 200
    for query, match in (("virg", "Virginia"), ("wav", "Waves"), ("hogar", "Hogarth")):
        (hit,) = search(client, alice, query)
        assert (hit["media_id"], marked(hit)) == (media_id, [match])
        assert (hit["title"], hit["creators"], hit["series"]) == ("The Waves", ["Virginia Woolf"], "Hogarth Press")


def test_what_an_earlier_release_indexed_is_indexed_again_by_the_sweep(
    client: Client, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    media_id = save_text(cloud, alice, TEXTS["en"][0], language="en", title="T", filename="f.txt")
    with database.transaction(alice.id) as connection:
        connection.execute("UPDATE media SET index_version = 1 WHERE id = %s", [media_id])
        connection.execute(
            "UPDATE search_words SET words = app.to_search_vector('english', 't', %s) WHERE media_id = %s",
            [TEXTS["en"][0].lower(), media_id],
        )
    assert [hit["media_id"] for hit in search(client, alice, "kee")] == [media_id]
    assert search(client, alice, "measurem") == []
    with sweeping():
        assert search_index.reindex_outdated() == 1
        assert search_index.reindex_outdated() == 0
    assert [marked(hit) for hit in search(client, alice, "measurem")] == [["measurements"]]
