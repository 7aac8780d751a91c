"""One owner with 500 queued recordings, and others who start one: how long these wait for their first audio.

The functions, Postgres and the messages are real; time is virtual. A call takes as long as a provider needs for its text, and as
many run at once as the event sources allow. A worker that becomes free gets a message of the owner with the fewest calls under
way, as from a fair queue of SQS.
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles
from uuid import UUID, uuid4

import pytest

import chalicelib.events.speech  # noqa: F401 - registers the consumers
from chalicelib.events.consumer import CONSUMERS
from chalicelib.library import texts
from chalicelib.platform import config
from chalicelib.platform.db import database
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_jobs import paragraphs, start_job
from tests.integration.speech.test_paid_providers import provider as provider
from tests.support.extracted_texts import plain_text
from tests.support.media_rows import insert_media

RECORDINGS = 500
SEGMENT_ENDS = (220, 720, 1_920)  # of each of them, as the planner cuts a text
NEWCOMERS = 12
MAX_RATIO = 1.5  # 95th percentile, to the same recording on an idle system


def call_s(text: str) -> float:
    """Return a provider's time for a text, as `bench.speech` has it."""
    return 0.5 + len(text) / (16.5 * 15)


@dataclass
class EventSource:
    """A fair queue and the copies of the function that consume it."""

    copies: int
    waiting: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    running: Counter[str] = field(default_factory=Counter)

    def next_message(self) -> tuple[str, str] | None:
        if self.running.total() >= self.copies or not any(self.waiting.values()):
            return None
        group = min((group for group, bodies in self.waiting.items() if bodies), key=lambda name: self.running[name])
        self.running[group] += 1
        return group, self.waiting[group].popleft()


@dataclass
class VirtualTime:
    """The functions behind their queues, in virtual seconds."""

    platform: Platform
    now: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)  # by owner
    delays: list[float] = field(default_factory=list)  # from the start to the first audio : what its call alone takes
    _started_at: dict[str, float] = field(default_factory=dict)  # by owner, until the first audio
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _number: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._sources = {
            source.queue.value: EventSource(source.max_concurrency("large"))
            for source in CONSUMERS["synthesize"].sources
        }

    def start_at(self, time: float, user: User, media_id: str) -> None:
        """Have a user start a recording at that time."""

        def start() -> None:
            self._started_at[str(user.id)] = self.now
            start_job(self.platform, user, media_id)

        self._at(time, start)

    def run(self, *, until: Callable[[], bool]) -> None:
        self.receive()
        while not until():
            self.now, _, act = heapq.heappop(self._events)
            act()
            self.receive()

    def _at(self, time: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._number), act))

    def receive(self) -> None:
        """Deliver at once what calls no provider, and start calls as far as there are workers."""
        cloud = self.platform.cloud
        for message in cloud.messages("speech_jobs"):
            if json.loads(message["Body"])["kind"] == "plan":  # nothing is joined here
                assert self.platform.deliver("run_speech_job", [message["Body"]]) == []
        for name, source in self._sources.items():
            for message in cloud.messages(name):
                source.waiting[message["Attributes"]["MessageGroupId"]].append(message["Body"])
            while (received := source.next_message()) is not None:
                owner, body = received
                self._at(self.now + call_s(json.loads(body)["text"]), self._ending(source, owner, body))

    def _ending(self, source: EventSource, owner: str, body: str) -> Callable[[], None]:
        def end() -> None:
            source.running[owner] -= 1
            self.calls[owner] += 1
            assert self.platform.deliver("synthesize", [body]) == []
            results = [message["Body"] for message in self.platform.cloud.messages("speech_results")]
            assert self.platform.deliver("record_segment", [result for result in results if "wake" not in result]) == []
            call = json.loads(body)
            if call["index"] == 0 and owner in self._started_at:
                self.delays.append((self.now - self._started_at.pop(owner)) / call_s(call["text"]))

        return end


def insert_text(cloud: Cloud, user: User, text: str) -> str:
    media_id = insert_media(cloud, user, media_type="text/plain", language="en", text_length=len(text))
    with database.transaction(user.id) as connection:
        texts.save(connection, user.id, UUID(media_id), plain_text(text))
    return media_id


def queue_recordings(world: VirtualTime, user: User) -> None:
    """Plan many recordings of one text: its audio is bought once, and time is virtual anyway."""
    platform, cloud = world.platform, world.platform.cloud
    media_id = insert_text(cloud, user, "\n\n".join(paragraphs(40)))
    start_job(platform, user, media_id)
    cloud.messages("speech_jobs")
    with database.transaction(user.id) as connection:
        connection.execute(
            """INSERT INTO speech_jobs (id, owner_id, media_id, voice, language, text_start, text_end, characters, status)
               SELECT gen_random_uuid(), owner_id, media_id, voice, language, 0, %(end)s, %(end)s, 'speaking'
               FROM speech_jobs, generate_series(1, %(count)s)""",
            {"end": SEGMENT_ENDS[-1], "count": RECORDINGS},
        )
        connection.execute(
            """INSERT INTO speech_segments (job_id, owner_id, index, text_start, text_end, pause_ms, voice, status)
               SELECT job.id, job.owner_id, number - 1, coalesce(ends[number - 1], 0), ends[number], 0, job.voice, 'planned'
               FROM speech_jobs AS job, (SELECT %s::int[] AS ends) AS plan, generate_series(1, %s) AS number
               WHERE job.status = 'speaking'""",
            [list(SEGMENT_ENDS), len(SEGMENT_ENDS)],
        )
    for (job_id,) in cloud.owner.execute("SELECT id FROM speech_jobs WHERE status = 'speaking'").fetchall():
        body = json.dumps({"kind": "plan", "owner_id": str(user.id), "job_id": str(job_id)})
        assert platform.deliver("run_speech_job", [body]) == []
        world.receive()


@pytest.mark.parametrize("calls", ["15", pytest.param("unlimited", marks=pytest.mark.long)])
def test_500_queued_recordings_of_one_owner_hardly_delay_the_first_audio_of_others(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch, calls: str
) -> None:
    monkeypatch.setenv("TTS_CONCURRENCY", f"speechify={calls}")
    monkeypatch.setenv("TTS_PER_SECOND", f"speechify={'unlimited' if calls == 'unlimited' else 1_000}")
    config.settings.cache_clear()
    world, dice, time = VirtualTime(platform), random.Random(5), 5.0  # noqa: S311
    queue_recordings(world, alice)
    for number in range(NEWCOMERS):
        user = User(uuid4())
        world.start_at(time, user, insert_text(cloud, user, "\n\n".join(paragraphs(2, 100 + number))))
        time += dice.uniform(0.3, 1.2)
    world.run(until=lambda: len(world.delays) == NEWCOMERS)
    assert world.calls[str(alice.id)] > 3 * NEWCOMERS  # she was served, too
    assert provider.calls
    assert quantiles(world.delays, n=20, method="inclusive")[-1] <= MAX_RATIO
