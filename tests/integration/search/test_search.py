"""Full-text search, and the times at which matches are spoken."""

import html
import random
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from chalice.test import Client
from hypothesis import given
from hypothesis import strategies as st
from psycopg import errors

from chalicelib.library import texts
from chalicelib.platform.db import database
from chalicelib.speech import word_index
from chalicelib.speech.audio.marks import WordTiming
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.library.test_media import IN_A_LIVE_DATABASE
from tests.integration.speech.test_speech import start as start_speech
from tests.integration.uploads.test_uploads import essay, upload
from tests.support.media_rows import insert_media, list_all, request

KEEPER = (
    "The keeper climbed the stairs at dusk, as every evening, and counted them without thinking. Light needs no language.\n\n"
    "In winter the sea came up to the door. The lamp burned all the same, fed by hand, hour after hour, until the morning.\n\n"
    "Nobody wrote down how often it was lit. A ship that cannot read the chart can still read a flash, and knows the rock "
    "by its rhythm. The log counts only the nights on which it went out, and there are three.\n"
)
HAUS = (
    "Die alten Häuser am Hafen wurden im letzten Winter abgerissen. Niemand wusste, wohin die Fischer gegangen waren, denn "
    "sie hatten keine Nachricht hinterlassen. Der Leuchtturm aber blieb stehen, und sein Licht brennt noch heute.\n"
)
LIGHTHOUSE_ZH = "灯塔在海边。它的光每天晚上都亮着，给船指路。没有人知道它有多老了，但是大家都喜欢它。\n"


def search(client: Client, user: User, query: str, **more: Any) -> list[dict[str, Any]]:
    parameters = "".join(f"&{name}={value}" for name, value in more.items())
    response = request(client, user, "GET", f"/v1/search?q={query.replace('&', '%26')}{parameters}")
    assert response.status_code == 200, response.body
    items: list[dict[str, Any]] = response.json_body["items"]
    return items


def text_of(client: Client, user: User, media_id: str) -> str:
    text: str = request(client, user, "GET", f"/v1/media/{media_id}/text").json_body["text"]
    return text


def marked(hit: dict[str, Any]) -> list[str]:
    return [html.unescape(match) for match in re.findall(r"<mark>(.*?)</mark>", hit["snippet"])]


@pytest.fixture
def keeper(platform: Platform, alice: User) -> dict[str, Any]:
    return upload(platform, alice, KEEPER.encode(), filename="the_keeper.txt")


def test_a_phrase_is_located_in_the_text(client: Client, alice: User, keeper: dict[str, Any]) -> None:
    assert search(client, alice, "stairs")[0]["snippet"].endswith(" …")
    (hit,) = search(client, alice, '"can still read a flash"')
    assert (hit["media_id"], hit["title"], hit["page"]) == (keeper["id"], "the keeper", None)
    text = text_of(client, alice, keeper["id"])
    assert text[hit["text_start"] : hit["text_end"]] == "can still read a flash"
    assert marked(hit) == ["can still read a flash"]
    assert hit["snippet"].startswith("… ")
    assert hit["speech"] is None


FIRST_MATCHES = {
    "keepers climbing": "keeper",  # in any form
    "LAMP": "lamp",
    "winter lamp": "winter",
    "“its rhythm”": "its rhythm",
    "nowhere or rhythm": "rhythm",
    "lamp -lighthouse": "lamp",
    "dusk, as every": "dusk",
}


@pytest.mark.parametrize(("query", "first"), FIRST_MATCHES.items())
def test_words_are_found_in_any_form_and_combination(
    client: Client, alice: User, keeper: dict[str, Any], query: str, first: str
) -> None:
    (hit,) = search(client, alice, query)
    match = text_of(client, alice, keeper["id"])[hit["text_start"] : hit["text_end"]]
    assert match.startswith(first)
    assert marked(hit)[0] == match


@pytest.mark.parametrize(
    "query", ["nowhere", "lamp nowhere", '"rhythm its"', "lamp -keeper", "!!!", "-lamp", "the and of"]
)
def test_a_query_without_a_match_finds_nothing(client: Client, alice: User, keeper: dict[str, Any], query: str) -> None:
    assert keeper["status"] == "ready"
    assert search(client, alice, query) == []


def test_each_language_is_searched_with_its_own_configuration(platform: Platform, alice: User) -> None:
    english = upload(platform, alice, KEEPER.encode())
    german = upload(platform, alice, HAUS.encode(), filename="Hafen.txt")
    chinese = upload(platform, alice, LIGHTHOUSE_ZH.encode(), filename="dengta.txt")
    assert (english["language"], german["language"], chinese["language"][:2]) == ("en", "de", "zh")
    for query, media, word in (
        ("Haus", german, "Häuser"),
        ("leuchttürme", german, "Leuchtturm"),
        ("nachrichten", german, "Nachricht"),
        ("lamps", english, "lamp"),
        ("每天晚上", chinese, "每天晚上"),
    ):
        (hit,) = search(platform.client, alice, query)
        text = text_of(platform.client, alice, media["id"])
        assert (hit["media_id"], text[hit["text_start"] : hit["text_end"]]) == (media["id"], word)
    # A word of one language can be another's stop word: each document is searched in its own.
    assert {hit["media_id"] for hit in search(platform.client, alice, "winter")} == {english["id"], german["id"]}
    assert {hit["media_id"] for hit in search(platform.client, alice, "winter -Häuser")} == {english["id"]}
    assert search(platform.client, alice, "晚每") == []


def test_each_matching_page_is_a_hit_and_the_best_comes_first(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, essay(pages=4), filename="essay.pdf", media_type="application/pdf")
    hits = search(platform.client, alice, "essay")
    assert sorted(hit["page"] for hit in hits) == [1, 2, 3, 4]
    assert hits[0]["page"] == 1  # with the title's word
    (third,) = search(platform.client, alice, '"page 3"')
    assert third["page"] == 3
    text = text_of(platform.client, alice, media["id"])
    assert text[third["text_start"] : third["text_end"]] == "page 3"


def test_each_passage_of_a_text_without_pages_is_a_hit(platform: Platform, alice: User) -> None:
    filler = "\n\n".join(
        f"Paragraph {n} says what paragraphs say when they have nothing to tell at all." for n in range(400)
    )
    media = upload(platform, alice, f"A zeppelin rises.\n\n{filler}\n\nThe zeppelin lands.".encode())
    hits = search(platform.client, alice, "zeppelins")
    text = text_of(platform.client, alice, media["id"])
    assert sorted(hit["text_start"] for hit in hits) == [text.index("zeppelin"), text.rindex("zeppelin")]
    assert [hit["page"] for hit in hits] == [None, None]


def test_a_title_is_found_with_or_without_text(client: Client, platform: Platform, alice: User, cloud: Cloud) -> None:
    media = upload(platform, alice, KEEPER.encode(), filename="The_Who.txt")
    for query, snippet in (("The Who", "<mark>The Who</mark>"), ("who", "The <mark>Who</mark>")):
        (hit,) = search(client, alice, query)
        assert (hit["media_id"], hit["page"], hit["snippet"]) == (media["id"], None, snippet)
        assert (hit["text_start"], hit["text_end"]) == (0, 0)
    blank = upload(platform, alice, b"... --- ...", filename="Morse & <Code>.txt")
    (hit,) = search(client, alice, "morse code")
    assert (hit["media_id"], hit["snippet"]) == (blank["id"], "<mark>Morse</mark> &amp; &lt;<mark>Code</mark>&gt;")
    picture = insert_media(cloud, alice, title="A lighthouse in Morse code")
    with database.transaction(alice.id) as connection:
        texts.save(connection, alice.id, UUID(picture), None)
    hit = next(hit for hit in search(client, alice, "morse code") if hit["media_id"] == picture)
    assert (hit["page"], hit["text_start"], hit["text_end"], hit["speech"]) == (None, None, None, None)
    assert hit["snippet"] == "A lighthouse in <mark>Morse code</mark>"


def test_a_new_title_is_found_and_the_old_one_is_not_anymore(
    client: Client, alice: User, keeper: dict[str, Any]
) -> None:
    request(client, alice, "PATCH", f"/v1/media/{keeper['id']}", {"title": "Ein Turm, spät"})
    assert [hit["title"] for hit in search(client, alice, "turm")] == ["Ein Turm, spät"]
    assert [hit["media_id"] for hit in search(client, alice, "spät")] == [keeper["id"]]
    (hit,) = search(client, alice, "keeper")  # it still occurs in the text
    assert text_of(client, alice, keeper["id"])[hit["text_start"] :].startswith("keeper")
    (hit,) = search(client, alice, '"counts only the nights"')
    assert marked(hit) == ["counts only the nights"]


def test_matches_in_titles_come_first(platform: Platform, alice: User) -> None:
    upload(platform, alice, (KEEPER + "A rock, a rock, a rock, and a rock.").encode(), filename="sea.txt")
    titled = upload(platform, alice, HAUS.encode(), filename="rock.txt")
    hits = search(platform.client, alice, "rock")
    assert (len(hits), hits[0]["media_id"]) == (2, titled["id"])


def test_only_ready_media_are_found(client: Client, alice: User, keeper: dict[str, Any]) -> None:
    assert len(search(client, alice, "lamp")) == 1
    request(client, alice, "DELETE", f"/v1/media/{keeper['id']}")
    assert search(client, alice, "lamp") == []
    request(client, alice, "POST", f"/v1/media/{keeper['id']}/restore")
    assert len(search(client, alice, "lamp")) == 1
    request(client, alice, "DELETE", f"/v1/media/{keeper['id']}?permanent=true")
    assert search(client, alice, "lamp") == []


# ---- speech -------------------------------------------------------------------------------------------------------


def test_every_spoken_word_is_found_with_its_time(platform: Platform, alice: User, keeper: dict[str, Any]) -> None:
    job = start_speech(platform.client, alice, keeper["id"]).json_body
    assert search(platform.client, alice, "rhythm")[0]["speech"] is None
    platform.run()
    words = request(platform.client, alice, "GET", f"/v1/speech/{job['id']}/marks").json_body["words"]
    text = text_of(platform.client, alice, keeper["id"])
    times = {start: ms for ms, _, start, _ in words}
    for word in ("keeper", "thinking", "winter", "flash", "rhythm", "log", "three"):
        (hit,) = search(platform.client, alice, word)
        assert text[hit["text_start"] : hit["text_end"]] == word
        assert hit["speech"] == {"job_id": job["id"], "start_ms": times[hit["text_start"]]}
    (hit,) = search(platform.client, alice, '"read a flash"')
    assert hit["speech"]["start_ms"] == times[text.index("read a flash")]


def test_a_hit_refers_to_the_newest_recording_that_covers_it(
    platform: Platform, alice: User, keeper: dict[str, Any]
) -> None:
    text = text_of(platform.client, alice, keeper["id"])
    whole = start_speech(platform.client, alice, keeper["id"]).json_body
    platform.run()
    winter = text.index("In winter")
    part = start_speech(platform.client, alice, keeper["id"], start=winter, end=text.index("Nobody")).json_body
    platform.run()
    (inside,), (outside,) = search(platform.client, alice, "lamp"), search(platform.client, alice, "rhythm")
    assert inside["speech"]["job_id"] == part["id"]
    assert outside["speech"]["job_id"] == whole["id"]
    assert inside["speech"]["start_ms"] < outside["speech"]["start_ms"]


def test_unspoken_text_has_no_time(client: Client, cloud: Cloud, alice: User) -> None:
    assert client  # the application reads the database
    media_id, job_id = UUID(insert_media(cloud, alice)), uuid4()
    cloud.owner.execute(
        """INSERT INTO speech_jobs (id, owner_id, media_id, voice, language, text_start, text_end, status, finished_at)
           VALUES (%s, %s, %s, 'espeak:en', 'en', 0, 150, 'partial', now())""",
        [job_id, alice.id, media_id],
    )
    spoken = [
        word_index.SegmentWords(0, 50, [WordTiming(0, 400, 0, 6), WordTiming(400, 900, 7, 50)]),
        word_index.SegmentWords(100, 150, [WordTiming(1_500, 1_900, 102, 150)]),
    ]
    with database.transaction(alice.id) as connection:
        for _ in range(2):  # a job may be finished twice
            word_index.replace(connection, alice.id, job_id, spoken)
        positions = [0, 3, 6, 7, 49, 50, 75, 99, 100, 102, 149, 150, -1]
        words = word_index.locate_words(connection, [(media_id, position) for position in positions])
    assert [word and word.start_ms for word in words] == [
        0, 0, 0, 400, 400, None, None, None, 1_500, 1_500, 1_500, None, None,
    ]  # fmt: skip


# ---- pages of hits ------------------------------------------------------------------------------------------------


def index(cloud: Cloud, user: User, titles: list[str]) -> list[str]:
    """Insert media with these titles and index them as a finished upload does; return their ids."""
    made = [insert_media(cloud, user, title=title, language="en") for title in titles]
    with database.transaction(user.id) as connection:
        for media_id in made:
            texts.save(connection, user.id, UUID(media_id), None)
    return made


@IN_A_LIVE_DATABASE
@given(
    existing=st.lists(st.integers(1, 4), min_size=1, max_size=10),
    added=st.lists(st.integers(1, 4), max_size=6),
    limit=st.integers(1, 4),
)
def test_hits_are_listed_once_and_in_order_while_media_are_added(
    client: Client, cloud: Cloud, existing: list[int], added: list[int], limit: int
) -> None:
    user = User(uuid4())
    before = set(index(cloud, user, ["rock " * count + "and sea" for count in existing]))
    collected: list[str] = []
    cursor = ""
    pending = list(added)
    while True:
        response = request(client, user, "GET", f"/v1/search?q=rock&limit={limit}{cursor}").json_body
        collected += [item["media_id"] for item in response["items"]]
        if response["next_cursor"] is None:
            break
        cursor = f"&cursor={response['next_cursor']}"
        if pending:
            index(cloud, user, ["rock " * pending.pop() + "and sea"])
    assert len(collected) == len(set(collected))
    assert before <= set(collected)
    whole = [item["media_id"] for item in search(client, user, "rock", limit=100)]
    assert [media_id for media_id in whole if media_id in collected] == collected


def test_the_cursor_of_another_query_is_rejected(client: Client, cloud: Cloud, alice: User) -> None:
    index(cloud, alice, ["rock and sea", "sea and rock"])
    cursor = request(client, alice, "GET", "/v1/search?q=rock&limit=1").json_body["next_cursor"]
    assert request(client, alice, "GET", f"/v1/search?q=ROCK&limit=1&cursor={cursor}").status_code == 200
    response = request(client, alice, "GET", f"/v1/search?q=sea&limit=1&cursor={cursor}")
    assert (response.status_code, problem(response)["code"]) == (422, "sort_mismatch")


def test_a_cursor_of_the_version_before_still_works(client: Client, cloud: Cloud, alice: User) -> None:
    index(cloud, alice, ["rock and sea", "sea and rock"])
    # ["search 4232dd0ee283c2ea","1000.0 1","00000000-0000-0000-0000-000000000000"], for the query "rock"
    cursor = "WyJzZWFyY2ggNDIzMmRkMGVlMjgzYzJlYSIsIjEwMDAuMCAxIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0"
    assert len(search(client, alice, "rock", cursor=cursor)) == 2


# ---- hostile queries, and other owners --------------------------------------------------------------------------

STRANGE_QUERIES = [
    "'; DROP TABLE media; --",
    "' OR 1=1 --",
    "a & b | !c",
    "lamp:*",
    "lamp:ABCD <-> (winter | !sea)",
    "\\'lamp\\'",
    "$1 %s %(q)s {0}",
    "a%00b",
    "%01lamp%02%03",
    "\u202elamp",
    "((((((((((",
    '"' * 200,
    "-" * 200,
    "or " * 66,
    "x" * 200,
    "\U0001f4a3" * 100,
    "灯" * 200,
    " ".join(random.Random(3).choices("abcdefghij", k=100)),  # noqa: S311 - no secret
    "owner:" + "0" * 36,
]


@pytest.mark.parametrize("query", STRANGE_QUERIES)
def test_any_query_returns_and_harms_nothing(
    client: Client, alice: User, bob: User, keeper: dict[str, Any], query: str
) -> None:
    for hit in search(client, alice, query):
        assert hit["media_id"] == keeper["id"]
    assert search(client, bob, query) == []
    assert len(list_all(client, alice, "/v1/media")) == 1


@pytest.mark.parametrize("query", ["", "q=", "q=" + "x" * 201, "q=a&limit=0", "q=a&cursor=nonsense", "q=a&language=en"])
def test_an_invalid_search_is_rejected(client: Client, alice: User, query: str) -> None:
    assert problem(request(client, alice, "GET", f"/v1/search?{query}"))["status"] == 422


def test_owners_find_only_their_own_media(platform: Platform, alice: User, bob: User, cloud: Cloud) -> None:
    mine = upload(platform, alice, KEEPER.encode())
    theirs = upload(platform, bob, KEEPER.encode())
    for user, media in ((alice, mine), (bob, theirs)):
        for query in ("lamp", '"its rhythm"', "lamp or rock", "rock -nowhere"):
            assert [hit["media_id"] for hit in search(platform.client, user, query)] == [media["id"]]
    assert search(platform.client, User(uuid4()), "lamp") == []
    # Two owners with ids that end alike share index entries, and nothing else.
    twin = User(UUID(str(uuid4())[:-8] + str(alice.id)[-8:]))
    index(cloud, twin, ["A lamp"])
    assert [hit["title"] for hit in search(platform.client, twin, "lamp")] == ["A lamp"]
    assert [hit["media_id"] for hit in search(platform.client, alice, "lamp")] == [mine["id"]]


def test_the_function_that_reads_the_whole_index_returns_rows_of_one_owner_only(
    platform: Platform, alice: User, bob: User
) -> None:
    upload(platform, alice, KEEPER.encode())
    statement = """SELECT count(*) FROM app.search('[[{"words": "lamp", "phrase": false, "excluded": false}]]', 100)"""
    for owner_id, count in ((alice.id, 1), (bob.id, 0), (None, 0)):
        with database.transaction(owner_id) as connection:
            assert connection.execute(statement).fetchone() == (count,)
            assert connection.execute("SELECT count(*) FROM search_words").fetchone() == (count,)
    for forbidden in ("SET ROLE visionary_search", "ALTER FUNCTION app.search(jsonb, integer) OWNER TO visionary_app"):
        with pytest.raises(errors.InsufficientPrivilege), database.transaction(bob.id) as connection:
            connection.execute(forbidden.encode())
