"""Finding a word or a phrase, and the moment at which it is heard."""

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
from tests.support.media_rows import ask, everything, shelve

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


def search(client: Client, user: User, asked: str, **more: Any) -> list[dict[str, Any]]:
    query = "".join(f"&{name}={value}" for name, value in more.items())
    response = ask(client, user, "GET", f"/v1/search?q={asked.replace('&', '%26')}{query}")
    assert response.status_code == 200, response.body
    items: list[dict[str, Any]] = response.json_body["items"]
    return items


def text_of(client: Client, user: User, media_id: str) -> str:
    text: str = ask(client, user, "GET", f"/v1/media/{media_id}/text").json_body["text"]
    return text


def marked(hit: dict[str, Any]) -> list[str]:
    return [html.unescape(each) for each in re.findall(r"<mark>(.*?)</mark>", hit["snippet"])]


@pytest.fixture
def keeper(platform: Platform, alice: User) -> dict[str, Any]:
    return upload(platform, alice, KEEPER.encode(), filename="the_keeper.txt")


def test_a_phrase_is_found_where_it_stands(client: Client, alice: User, keeper: dict[str, Any]) -> None:
    assert search(client, alice, "stairs")[0]["snippet"].endswith(" …")
    (hit,) = search(client, alice, '"can still read a flash"')
    assert (hit["media_id"], hit["title"], hit["page"]) == (keeper["id"], "the keeper", None)
    text = text_of(client, alice, keeper["id"])
    assert text[hit["text_start"] : hit["text_end"]] == "can still read a flash"
    assert marked(hit) == ["can still read a flash"]
    assert hit["snippet"].startswith("… ")
    assert hit["speech"] is None


FOUND = {
    "keepers climbing": "keeper",  # in any of their forms
    "LAMP": "lamp",
    "winter lamp": "winter",
    "“its rhythm”": "its rhythm",
    "nowhere or rhythm": "rhythm",
    "lamp -lighthouse": "lamp",
    "dusk, as every": "dusk",
}


@pytest.mark.parametrize(("asked", "first"), FOUND.items())
def test_words_are_found_as_people_ask_for_them(
    client: Client, alice: User, keeper: dict[str, Any], asked: str, first: str
) -> None:
    (hit,) = search(client, alice, asked)
    found = text_of(client, alice, keeper["id"])[hit["text_start"] : hit["text_end"]]
    assert found.startswith(first)
    assert marked(hit)[0] == found


@pytest.mark.parametrize(
    "asked", ["nowhere", "lamp nowhere", '"rhythm its"', "lamp -keeper", "!!!", "-lamp", "the and of"]
)
def test_what_is_not_there_is_not_found(client: Client, alice: User, keeper: dict[str, Any], asked: str) -> None:
    assert keeper["status"] == "ready"
    assert search(client, alice, asked) == []


def test_each_language_is_searched_by_its_own_rules(platform: Platform, alice: User) -> None:
    english = upload(platform, alice, KEEPER.encode())
    german = upload(platform, alice, HAUS.encode(), filename="Hafen.txt")
    chinese = upload(platform, alice, LIGHTHOUSE_ZH.encode(), filename="dengta.txt")
    assert (english["language"], german["language"], chinese["language"][:2]) == ("en", "de", "zh")
    for asked, media, word in (
        ("Haus", german, "Häuser"),
        ("leuchttürme", german, "Leuchtturm"),
        ("nachrichten", german, "Nachricht"),
        ("lamps", english, "lamp"),
        ("每天晚上", chinese, "每天晚上"),
    ):
        (hit,) = search(platform.client, alice, asked)
        text = text_of(platform.client, alice, media["id"])
        assert (hit["media_id"], text[hit["text_start"] : hit["text_end"]]) == (media["id"], word)
    # In each language one word of two is another's stop word: both documents are asked in their own.
    assert {hit["media_id"] for hit in search(platform.client, alice, "winter")} == {english["id"], german["id"]}
    assert {hit["media_id"] for hit in search(platform.client, alice, "winter -Häuser")} == {english["id"]}
    assert search(platform.client, alice, "晚每") == []


def test_pages_answer_one_by_one_and_the_best_first(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, essay(pages=4), filename="essay.pdf", media_type="application/pdf")
    hits = search(platform.client, alice, "essay")
    assert sorted(hit["page"] for hit in hits) == [1, 2, 3, 4]
    assert hits[0]["page"] == 1  # with the title's word
    (third,) = search(platform.client, alice, '"page 3"')
    assert third["page"] == 3
    text = text_of(platform.client, alice, media["id"])
    assert text[third["text_start"] : third["text_end"]] == "page 3"


def test_a_text_without_pages_answers_with_each_of_its_parts(platform: Platform, alice: User) -> None:
    filler = "\n\n".join(
        f"Paragraph {n} says what paragraphs say when they have nothing to tell at all." for n in range(400)
    )
    media = upload(platform, alice, f"A zeppelin rises.\n\n{filler}\n\nThe zeppelin lands.".encode())
    hits = search(platform.client, alice, "zeppelins")
    text = text_of(platform.client, alice, media["id"])
    assert sorted(hit["text_start"] for hit in hits) == [text.index("zeppelin"), text.rindex("zeppelin")]
    assert [hit["page"] for hit in hits] == [None, None]


def test_a_title_is_found_with_and_without_text(client: Client, platform: Platform, alice: User, cloud: Cloud) -> None:
    media = upload(platform, alice, KEEPER.encode(), filename="The_Who.txt")
    for asked, snippet in (("The Who", "<mark>The Who</mark>"), ("who", "The <mark>Who</mark>")):
        (hit,) = search(client, alice, asked)
        assert (hit["media_id"], hit["page"], hit["snippet"]) == (media["id"], None, snippet)
        assert (hit["text_start"], hit["text_end"]) == (0, 0)
    blank = upload(platform, alice, b"... --- ...", filename="Morse & <Code>.txt")
    (hit,) = search(client, alice, "morse code")
    assert (hit["media_id"], hit["snippet"]) == (blank["id"], "<mark>Morse</mark> &amp; &lt;<mark>Code</mark>&gt;")
    picture = shelve(cloud, alice, title="A lighthouse in Morse code")
    with database.transaction(alice.id) as connection:
        texts.save(connection, alice.id, UUID(picture), "", [])
    hit = next(hit for hit in search(client, alice, "morse code") if hit["media_id"] == picture)
    assert (hit["page"], hit["text_start"], hit["text_end"], hit["speech"]) == (None, None, None, None)
    assert hit["snippet"] == "A lighthouse in <mark>Morse code</mark>"


def test_a_new_title_is_found_and_the_old_one_is_not(client: Client, alice: User, keeper: dict[str, Any]) -> None:
    ask(client, alice, "PATCH", f"/v1/media/{keeper['id']}", {"title": "Ein Turm, spät"})
    assert [hit["title"] for hit in search(client, alice, "turm")] == ["Ein Turm, spät"]
    assert [hit["media_id"] for hit in search(client, alice, "spät")] == [keeper["id"]]
    (hit,) = search(client, alice, "keeper")  # it still stands in the text
    assert text_of(client, alice, keeper["id"])[hit["text_start"] :].startswith("keeper")
    (hit,) = search(client, alice, '"counts only the nights"')
    assert marked(hit) == ["counts only the nights"]


def test_titles_come_before_texts(platform: Platform, alice: User) -> None:
    upload(platform, alice, (KEEPER + "A rock, a rock, a rock, and a rock.").encode(), filename="sea.txt")
    titled = upload(platform, alice, HAUS.encode(), filename="rock.txt")
    hits = search(platform.client, alice, "rock")
    assert (len(hits), hits[0]["media_id"]) == (2, titled["id"])


def test_only_what_is_ready_is_found(client: Client, alice: User, keeper: dict[str, Any]) -> None:
    assert len(search(client, alice, "lamp")) == 1
    ask(client, alice, "DELETE", f"/v1/media/{keeper['id']}")
    assert search(client, alice, "lamp") == []
    ask(client, alice, "POST", f"/v1/media/{keeper['id']}/restore")
    assert len(search(client, alice, "lamp")) == 1
    ask(client, alice, "DELETE", f"/v1/media/{keeper['id']}?permanent=true")
    assert search(client, alice, "lamp") == []


# ---- speech -------------------------------------------------------------------------------------------------------


def test_every_word_that_was_read_is_found_at_the_moment_it_is_heard(
    platform: Platform, alice: User, keeper: dict[str, Any]
) -> None:
    job = start_speech(platform.client, alice, keeper["id"]).json_body
    assert search(platform.client, alice, "rhythm")[0]["speech"] is None
    platform.run()
    words = ask(platform.client, alice, "GET", f"/v1/speech/{job['id']}/marks").json_body["words"]
    text = text_of(platform.client, alice, keeper["id"])
    times = {start: ms for ms, _, start, _ in words}
    for word in ("keeper", "thinking", "winter", "flash", "rhythm", "log", "three"):
        (hit,) = search(platform.client, alice, word)
        assert text[hit["text_start"] : hit["text_end"]] == word
        assert hit["speech"] == {"job_id": job["id"], "start_ms": times[hit["text_start"]]}
    (hit,) = search(platform.client, alice, '"read a flash"')
    assert hit["speech"]["start_ms"] == times[text.index("read a flash")]


def test_the_newest_reading_that_covers_the_place_is_played(
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


def test_what_no_voice_would_speak_is_heard_nowhere(client: Client, cloud: Cloud, alice: User) -> None:
    assert client  # the application is what reads
    media_id, job_id = UUID(shelve(cloud, alice)), uuid4()
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
        places = [0, 3, 6, 7, 49, 50, 75, 99, 100, 102, 149, 150, -1]
        heard = word_index.locate_words(connection, [(media_id, place) for place in places])
    assert [found and found.start_ms for found in heard] == [
        0, 0, 0, 400, 400, None, None, None, 1_500, 1_500, 1_500, None, None,
    ]  # fmt: skip


# ---- pages of hits ------------------------------------------------------------------------------------------------


def index(cloud: Cloud, user: User, words: list[str]) -> list[str]:
    """Media with a title each, put into the index as a finished upload puts them."""
    made = [shelve(cloud, user, title=title, language="en") for title in words]
    with database.transaction(user.id) as connection:
        for media_id in made:
            texts.save(connection, user.id, UUID(media_id), "", [])
    return made


@IN_A_LIVE_DATABASE
@given(
    there=st.lists(st.integers(1, 4), min_size=1, max_size=10),
    added=st.lists(st.integers(1, 4), max_size=6),
    limit=st.integers(1, 4),
)
def test_hits_are_listed_once_and_in_order_while_others_are_added(
    client: Client, cloud: Cloud, there: list[int], added: list[int], limit: int
) -> None:
    user = User(uuid4())
    before = set(index(cloud, user, ["rock " * count + "and sea" for count in there]))
    seen: list[str] = []
    cursor = ""
    waiting = list(added)
    while True:
        response = ask(client, user, "GET", f"/v1/search?q=rock&limit={limit}{cursor}").json_body
        seen += [item["media_id"] for item in response["items"]]
        if response["next_cursor"] is None:
            break
        cursor = f"&cursor={response['next_cursor']}"
        if waiting:
            index(cloud, user, ["rock " * waiting.pop() + "and sea"])
    assert len(seen) == len(set(seen))
    assert before <= set(seen)
    whole = [item["media_id"] for item in search(client, user, "rock", limit=100)]
    assert [each for each in whole if each in seen] == seen


def test_the_cursor_of_another_question_is_refused(client: Client, cloud: Cloud, alice: User) -> None:
    index(cloud, alice, ["rock and sea", "sea and rock"])
    cursor = ask(client, alice, "GET", "/v1/search?q=rock&limit=1").json_body["next_cursor"]
    assert ask(client, alice, "GET", f"/v1/search?q=ROCK&limit=1&cursor={cursor}").status_code == 200
    refused = ask(client, alice, "GET", f"/v1/search?q=sea&limit=1&cursor={cursor}")
    assert (refused.status_code, problem(refused)["code"]) == (422, "other_order")


# ---- hostile questions, and other people --------------------------------------------------------------------------

STRANGE = [
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


@pytest.mark.parametrize("asked", STRANGE)
def test_any_question_is_answered_and_harms_nothing(
    client: Client, alice: User, bob: User, keeper: dict[str, Any], asked: str
) -> None:
    for hit in search(client, alice, asked):
        assert hit["media_id"] == keeper["id"]
    assert search(client, bob, asked) == []
    assert len(everything(client, alice, "/v1/media")) == 1


@pytest.mark.parametrize("query", ["", "q=", "q=" + "x" * 201, "q=a&limit=0", "q=a&cursor=nonsense", "q=a&language=en"])
def test_a_search_that_makes_no_sense_is_refused(client: Client, alice: User, query: str) -> None:
    assert problem(ask(client, alice, "GET", f"/v1/search?{query}"))["status"] == 422


def test_nobody_finds_what_is_not_theirs(platform: Platform, alice: User, bob: User, cloud: Cloud) -> None:
    mine = upload(platform, alice, KEEPER.encode())
    theirs = upload(platform, bob, KEEPER.encode())
    for user, media in ((alice, mine), (bob, theirs)):
        for asked in ("lamp", '"its rhythm"', "lamp or rock", "rock -nowhere"):
            assert [hit["media_id"] for hit in search(platform.client, user, asked)] == [media["id"]]
    assert search(platform.client, User(uuid4()), "lamp") == []
    # Two owners whose ids end alike share their entries in the index, and nothing else.
    twin = User(UUID(str(uuid4())[:-8] + str(alice.id)[-8:]))
    index(cloud, twin, ["A lamp"])
    assert [hit["title"] for hit in search(platform.client, twin, "lamp")] == ["A lamp"]
    assert [hit["media_id"] for hit in search(platform.client, alice, "lamp")] == [mine["id"]]


def test_the_function_that_looks_into_the_whole_index_answers_for_one_owner_only(
    platform: Platform, alice: User, bob: User
) -> None:
    upload(platform, alice, KEEPER.encode())
    seen = """SELECT count(*) FROM app.search('[[{"words": "lamp", "phrase": false, "excluded": false}]]', 100)"""
    for owner_id, count in ((alice.id, 1), (bob.id, 0), (None, 0)):
        with database.transaction(owner_id) as connection:
            assert connection.execute(seen).fetchone() == (count,)
            assert connection.execute("SELECT count(*) FROM search_words").fetchone() == (count,)
    for forbidden in ("SET ROLE visionary_search", "ALTER FUNCTION app.search(jsonb, integer) OWNER TO visionary_app"):
        with pytest.raises(errors.InsufficientPrivilege), database.transaction(bob.id) as connection:
            connection.execute(forbidden.encode())
