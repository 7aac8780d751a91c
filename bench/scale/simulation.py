"""Speech jobs of many users in virtual time: the real functions, a modelled voice, modelled queues.

An event loop keeps the virtual time. Starting a job, planning, dispatching and recording are the product's functions on a real
Postgres; each takes as long in virtual time as it took here. A call to the voice lasts as long as its model says. Building and
joining audio is left out: it needs the audio.
"""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from bench.scale.queues import Message, VirtualQueue, answered_by
from bench.scale.virtual_database import START, VirtualDatabase
from chalicelib.events import speech as speech_events
from chalicelib.events.consumer import CONSUMERS
from chalicelib.platform.aws.queues import Queue
from chalicelib.speech.lifecycle.start import start
from chalicelib.speech.messages import SegmentResultMessage, SynthesizeSegmentMessage
from chalicelib.speech.model import NewSpeech
from chalicelib.speech.voices.model import CallOutcome

RECORDING_CHARACTERS = 20_000
ACTIVE_SHARE = 0.1  # of the users, a day; each makes one recording
PEAK_SHARE = 0.15  # of a day's recordings, in its busiest hour
DELIVERY_S = 0.02  # from a message's sending to its function
REDELIVERY_S = 60.0  # of a failed message
CHARACTERS_PER_AUDIO_S = 16.5
TEXTS = 50  # different ones; owners share them, because audio is stored per owner
FLOODING_OWNER = UUID(int=1)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A load and a stage to simulate.

    `express_copies` and `copies` of `synthesize` consume its two queues; `slots` are the calls that a provider takes at once,
    None for one without limits. One more owner queues `flood` recordings at the beginning.
    """

    name: str
    users: int
    voice: str
    call_s: Callable[[int], float]
    copies: int
    express_copies: int = 5
    slots: int | None = None
    is_fair: bool = True
    flood: int = 0

    @property
    def arrivals_per_s(self) -> float:
        return self.users * ACTIVE_SHARE * PEAK_SHARE / 3_600


@dataclass
class SimulationResult:
    """Measurements of a simulation. Times are virtual seconds; those of the flooding owner are left out."""

    ended_s: float = 0.0
    requested_s: dict[UUID, float] = field(default_factory=dict)
    first_audio_s: dict[UUID, float] = field(default_factory=dict)
    spoken_s: dict[UUID, float] = field(default_factory=dict)
    queue_age_s: defaultdict[Queue, list[float]] = field(default_factory=lambda: defaultdict(list))
    handler_s: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    calls: int = 0
    call_s: float = 0.0
    max_calls: int = 0
    transactions: int = 0


class Simulation:
    """One run of a scenario."""

    def __init__(self, scenario: Scenario, database: VirtualDatabase, seed: int) -> None:
        self.result = SimulationResult()
        self._scenario, self._database = scenario, database
        self._random = random.Random(seed)  # noqa: S311 - arrivals, no secrets
        self._now_s = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._queues = {queue: VirtualQueue(is_fair=scenario.is_fair) for queue in Queue}
        sources = [source for consumer in CONSUMERS.values() for source in consumer.sources]
        self._free_copies = {source.queue: source.max_concurrency("large") for source in sources}
        self._free_copies |= {Queue.SPEECH_EXPRESS: scenario.express_copies, Queue.SPEECH_BULK: scenario.copies}
        self._batch_size = {source.queue: source.batch_size for source in sources}
        self._sent: list[tuple[Queue, str, str, int]] = []
        self._flooded: set[UUID] = set()
        self._speaking = 0
        self._in_flight = 0
        self._lock_free_s = 0.0
        self._clock_changes = 0

    def run(self, recordings: int) -> SimulationResult:
        """Start so many recordings, as users would, and continue until all are spoken."""
        before = self._database.count_transactions()
        with answered_by(lambda *message: self._sent.append(message)):
            for number in range(self._scenario.flood):
                self._at(0.0, partial(self._request, FLOODING_OWNER, TEXTS + number))
            arrival_s = 0.0
            for _ in range(recordings):
                arrival_s += self._random.expovariate(self._scenario.arrivals_per_s)
                self._at(arrival_s, partial(self._request, uuid4(), self._random.randrange(TEXTS)))
            while self._events and (self._speaking or self._now_s < arrival_s):
                self._now_s, _, act = heapq.heappop(self._events)
                act()
        self.result.ended_s = self._now_s
        self.result.transactions = self._database.count_transactions() - before - self._clock_changes
        return self.result

    def _at(self, virtual_s: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (virtual_s, next(self._order), act))

    def _request(self, owner_id: UUID, seed: int) -> None:
        """Start a recording, as the API would."""
        media_id, job_id = self._database.insert_document(owner_id, RECORDING_CHARACTERS, seed), uuid4()
        if owner_id == FLOODING_OWNER:
            self._flooded.add(job_id)
            self._database.lift_rate_limits()
        else:
            self.result.requested_s[job_id] = self._now_s
            self._speaking += 1
        request = NewSpeech(voice=self._scenario.voice)
        self._execute("start", lambda: start(owner_id, media_id, request, job_id=job_id))

    # ---- queues and functions ------------------------------------------------------------------------------------------

    def _execute(self, name: str, work: Callable[[], Any]) -> tuple[Any, float]:
        """Run a real function at the current virtual time; return its result and when it ended. Sends what it sent.

        Functions that assign a provider's slots wait for each other, here for all of their time: they lock its row for a part.
        """
        begins_s = self._now_s
        if self._scenario.slots is not None and name != "start":
            begins_s = max(begins_s, self._lock_free_s)
        self._database.set_time(begins_s)
        self._clock_changes += 1
        started = time.perf_counter()
        result = work()
        duration_s = time.perf_counter() - started
        self.result.handler_s[name].append(duration_s)
        ended_s = self._lock_free_s = begins_s + duration_s
        for queue, body, group, delay_s in self._sent:
            self._at(ended_s + DELIVERY_S + delay_s, partial(self._receive, queue, body, group))
        self._sent.clear()
        return result, ended_s

    def _receive(self, queue: Queue, body: str, group: str) -> None:
        self._queues[queue].put(Message(body, group, self._now_s))
        self._invoke(queue)

    def _invoke(self, queue: Queue) -> None:
        """Start copies of a queue's function while it has messages and free copies."""
        while self._free_copies[queue] and (batch := self._take_batch(queue)):
            self._free_copies[queue] -= 1
            self.result.queue_age_s[queue] += [self._now_s - message.sent_s for message in batch]
            ended_s = self._handle(queue, batch)
            self._at(ended_s, partial(self._release, queue, batch))

    def _take_batch(self, queue: Queue) -> list[Message]:
        waiting = self._queues[queue]
        return [message for _ in range(self._batch_size[queue]) if (message := waiting.take()) is not None]

    def _release(self, queue: Queue, batch: Sequence[Message]) -> None:
        for message in batch:
            self._queues[queue].delete(message)
        self._free_copies[queue] += 1
        self._invoke(queue)

    def _handle(self, queue: Queue, batch: Sequence[Message]) -> float:
        """Handle a batch of messages; return the virtual second at which their function is free again."""
        match queue:
            case Queue.SPEECH_EXPRESS | Queue.SPEECH_BULK:
                return max(self._call(SynthesizeSegmentMessage.model_validate_json(m.body)) for m in batch)
            case Queue.SPEECH_RESULTS:
                ended_s = self._deliver(queue, batch, "record_segment", speech_events.on_result)
                self._note_progress(batch, ended_s)
                return ended_s
            case Queue.SPEECH_JOBS:
                plans = [message for message in batch if '"kind":"plan"' in message.body]
                return self._deliver(queue, plans, "run_speech_job", speech_events.on_job) if plans else self._now_s
            case _:
                return self._now_s

    def _deliver(
        self, queue: Queue, batch: Sequence[Message], name: str, handler: Callable[[dict[str, Any], object], Any]
    ) -> float:
        records = [_record(queue, number, message) for number, message in enumerate(batch)]
        result, ended_s = self._execute(name, lambda: handler({"Records": records}, None))
        for failure in result["batchItemFailures"]:
            message = batch[int(failure["itemIdentifier"])]
            self._at(ended_s + REDELIVERY_S, partial(self._receive, queue, message.body, message.group))
        return ended_s

    # ---- the voice -----------------------------------------------------------------------------------------------------

    def _call(self, message: SynthesizeSegmentMessage) -> float:
        begins_s = max(self._now_s, (message.begins_at - START).total_seconds())
        duration_s = self._scenario.call_s(len(message.text))
        self.result.calls += 1
        self.result.call_s += duration_s
        self._in_flight += 1
        self.result.max_calls = max(self.result.max_calls, self._in_flight)
        self._at(begins_s + duration_s, partial(self._speak, message))
        return begins_s + duration_s

    def _speak(self, message: SynthesizeSegmentMessage) -> None:
        self._in_flight -= 1
        audio_ms = round(len(message.text) / CHARACTERS_PER_AUDIO_S * 1_000)
        result = SegmentResultMessage(
            **message.model_dump(include=set(SegmentResultMessage.model_fields)),
            outcome=CallOutcome.SPOKEN,
            frame_count=audio_ms // 24 + 1,
            audio_bytes=audio_ms * 8,
            duration_ms=audio_ms,
            billed_characters=len(message.text),
        )
        body = result.model_dump_json()
        self._at(self._now_s + DELIVERY_S, partial(self._receive, Queue.SPEECH_RESULTS, body, str(message.owner_id)))

    def _note_progress(self, batch: Sequence[Message], recorded_s: float) -> None:
        """Note the first audio of jobs, and the end of those whose segments are all recorded."""
        for message in batch:
            if '"outcome"' not in message.body:
                continue
            result = SegmentResultMessage.model_validate_json(message.body)
            if result.job_id in self._flooded:
                continue
            if result.index == 0:
                self.result.first_audio_s.setdefault(result.job_id, recorded_s)
            if result.job_id not in self.result.spoken_s and self._database.is_spoken(result.job_id):
                self.result.spoken_s[result.job_id] = recorded_s
                self._speaking -= 1


def _record(queue: Queue, number: int, message: Message) -> dict[str, Any]:
    """Return an SQS record as Lambda passes it."""
    return {
        "messageId": str(number),
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": "2"},  # the age of a first delivery would be by the real clock
        "messageAttributes": {},
        "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:visionary-local-{queue.replace('_', '-')}",
    }
