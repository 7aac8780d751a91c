"""Consumption of an idle stage, an upload, a recording and a user in a month, in the units that AWS bills.

Counts of resources are compared with the templates by tests; counts of calls come from the code that makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from chalicelib.events import account, built_in_voice, imports, ingest, recognition, speech  # noqa: F401 - importing them registers their consumers
from chalicelib.events.consumer import CONSUMERS, Polling, Source
from chalicelib.formats import mpeg_frames
from chalicelib.platform.config import BUILT_IN_VOICE
from chalicelib.platform.db import sweep_schedule
from chalicelib.speech import segments
from chalicelib.speech.audio import mp3, playlist
from chalicelib.speech.voices.providers import PROVIDER_DEFAULTS
from infra.deploy import prices
from infra.deploy.prices import Price

HOURS = 730  # of a month
DAYS = HOURS / 24

# ---- an idle stage: what the templates create -------------------------------------------------------------------------------
SECRETS = 1  # the database's master user; the others are in Parameter Store, which is free
ALARM_METRICS = 26  # that infra/monitoring.yaml looks at
COMPOSITE_ALARMS = 1
FIREWALL_RULES = 5
DATABASE_GB = 10  # with little in it; its backups of 35 days are about as large
RELEASES_GB = 0.5  # bundles in the artifacts bucket
# Lambda has at least five pollers for each queue, each of them waits 20 s for a message. AWS's documentation does not say so;
# operators measure 15 empty receives a minute: https://github.com/getlift/lift/issues/132
POLLERS, POLL_S = 5, 20
RESUME_S = 75  # the database's start, and a connection that stays open until the server closes it
SWEEP_S, SWEEP_GB = 2.0, 0.5
# The parameters that change the costs.
DEPENDS_ON = (
    "AvEngine", "DatabaseEngine", "DatabaseProxy", "Firewall", "InstanceClass", "MinAcu", "NatGateway", "PauseAfterS",
    "SecondInstance", "StorageGb", "TtsProviders", "UserPoolTier",
)  # fmt: skip

# ---- logs and traces ---------------------------------------------------------------------------------------------------------
INVOCATION_LOG_GB = 1.2e-6  # Lambda's own three lines, ours, and a metric
REQUEST_LOG_GB = 1.0e-6  # the gateway's line and CloudFront's

# ---- an upload: a document of 10 MB, viewed once -------------------------------------------------------------------------------
UPLOAD_GB, UPLOAD_REQUESTS, INGEST_S, INGEST_GB = 0.010, 8, 3.0, 2.0
UPLOAD_TEXT_GB = 0.001  # its text and the search index, in the database

# ---- a dense page of a scan of 30 --------------------------------------------------------------------------------------------
PAGE_CPU_S, PAGE_OTHER_S, PAGE_GB = (
    1.3,
    0.4,
    2.0,
)  # Tesseract; download, database and the sandbox's start, shared by the document
PAGE_MESSAGES = 3  # calls to SQS: send, receive, delete
PAGES_PER_SCAN = 30

# ---- a recording: 20,000 characters, 22 minutes of audio, played twice ---------------------------------------------------------
CHARACTERS, AUDIO_S, AUDIO_GB, PLAYS = 20_000, 1_320, 0.0106, 2
SYNTHESIS_S, RECORD_S, JOB_S = 3.0, 0.1, 0.5  # of 0.5, 0.5 and 1 GB, for each segment
SAVE_INTERVAL_S = 10  # the page saves the listening position
START_REQUESTS = 20  # quote, start, progress, speech marks
DOCUMENT_WRITES = 3  # speech marks, captions and artwork
RECORDING_WRITES = 1  # of up to 16 MiB
SEGMENT_WRITES = 3  # claim, audio, and its description
SEGMENT_MESSAGES = 9  # calls to SQS: send, receive, delete for the text, its result and the HLS segments

API_S, API_GB = 0.05, 1.0
FUNCTIONS_PER_REQUEST = 2  # the authorizer and the API
IO_PER_REQUEST, IO_PER_SEGMENT = 5, 30  # of the database; a guess, worth cents


@dataclass(frozen=True, slots=True)
class Use:
    """A quantity of something with a price, in a month. Uses of one name are one line of the bill."""

    name: str
    price: Price
    quantity: float
    calculation: str = ""


def idle(settings: Mapping[str, str]) -> list[Use]:
    """Return what a stage uses in a month without users."""
    uses = [
        *_database(settings),
        Use("secrets", prices.SECRET_MONTH, SECRETS, "the database's master user; RDS keeps it"),
    ]
    if _is_enabled(settings, "DatabaseProxy"):
        uses.append(Use("RDS Proxy", prices.PROXY_ACU_HOUR, 8 * HOURS, f"8 ACU × {HOURS} h"))
    if _is_enabled(settings, "NatGateway"):
        uses.append(Use("NAT gateway", prices.NAT_HOUR, HOURS, f"{HOURS} h, and its address"))
        uses.append(Use("NAT gateway", prices.ADDRESS_HOUR, HOURS))
    if _is_enabled(settings, "Firewall"):
        uses.append(Use("firewall", prices.FIREWALL_MONTH, 1, f"5, and {FIREWALL_RULES} rules"))
        uses.append(Use("firewall", prices.FIREWALL_RULE_MONTH, FIREWALL_RULES))
    queues = sum(_is_polled(source, settings) for consumer in CONSUMERS.values() for source in consumer.sources)
    polls = queues * POLLERS * HOURS * 3600 / POLL_S
    composite = f"{ALARM_METRICS} metrics, and {COMPOSITE_ALARMS} alarm of alarms at 0.50"
    return [
        *uses,
        Use("polling", prices.SQS_REQUEST, polls, f"{queues} queues × {POLLERS} pollers × {3600 // POLL_S} an hour"),
        Use("alarms", prices.ALARM_METRIC_MONTH, ALARM_METRICS, composite),
        Use("alarms", prices.COMPOSITE_ALARM_MONTH, COMPOSITE_ALARMS),
        Use("dashboard", prices.DASHBOARD_MONTH, 1),
        Use("metrics", prices.METRIC_MONTH, 0, "none is written when idle"),
        *_invocations("the sweep", DAYS, SWEEP_S * SWEEP_GB, "once a day; logs and traces included"),
        Use("releases", prices.S3_GB_MONTH, RELEASES_GB, f"{RELEASES_GB:g} GB of bundles"),
    ]


def _is_polled(source: Source, settings: Mapping[str, str]) -> bool:
    """Return whether Lambda polls a queue all the time."""
    voices = _providers(settings)
    match source.polling:
        case Polling.ALWAYS:
            return True
        case Polling.ON_DEMAND:
            return False
        case Polling.FOR_OTHER_VOICES:
            return voices != [BUILT_IN_VOICE]
        case Polling.FOR_BUILT_IN_VOICE:
            return BUILT_IN_VOICE in voices


def _providers(settings: Mapping[str, str]) -> list[str]:
    return settings.get("TtsProviders", BUILT_IN_VOICE).split(",")


def _database(settings: Mapping[str, str]) -> list[Use]:
    instances = 2 if _is_enabled(settings, "SecondInstance") else 1
    if settings.get("DatabaseEngine", "aurora") == "postgres":
        instance_class, size_gb = settings.get("InstanceClass", "db.t4g.micro"), float(settings.get("StorageGb", "20"))
        hour = prices.INSTANCE_HOURS.get(instance_class)
        if hour is None:
            return [Use("database", Price("hour", 0.0), 0, f"{instance_class}: price unknown; look it up")]
        calculation = f"{instances} × {instance_class}, {HOURS} h, and {size_gb:.0f} GB"
        return [
            Use("database", Price(f"hour of {instance_class}", hour), instances * HOURS, calculation),
            Use("database", prices.GP3_GB_MONTH, instances * size_gb),
        ]
    awake_h = HOURS if float(settings.get("MinAcu", "0")) else DAYS * _awake_s(settings) / 3600
    acu = max(float(settings.get("MinAcu", "0")), 0.5)
    why = "never pauses" if awake_h == HOURS else f"the daily sweep keeps it awake for {_awake_s(settings):.0f} s"
    backups = Price("GB-month of backups", prices.BACKUP_GB_MONTH.usd, always_free=DATABASE_GB)
    return [
        Use(
            "database",
            prices.ACU_HOUR,
            instances * acu * awake_h,
            f"{instances} × {acu:g} ACU × {awake_h:.1f} h: {why}",
        ),
        Use("its storage", prices.AURORA_GB_MONTH, DATABASE_GB, f"{DATABASE_GB} GB"),
        Use("its backups", backups, DATABASE_GB, f"{DATABASE_GB} GB; as much as the database has is free"),
    ]


def _awake_s(settings: Mapping[str, str], *, use_s: float = 0.0) -> float:
    """Return how long one use keeps a paused database awake."""
    return use_s + float(settings.get("PauseAfterS", "600")) + RESUME_S


def uploads(number: int, settings: Mapping[str, str]) -> list[Use]:
    """Return what so many uploads use in their month. Storage is used every month."""
    scans = [
        Use("virus scan", prices.SCANNED_GB, number * UPLOAD_GB, "by GuardDuty"),
        Use("virus scan", prices.SCANNED_OBJECT, number),
    ]
    return [
        *_requests(number, UPLOAD_REQUESTS, settings),
        *_invocations("inspection", number, INGEST_S * INGEST_GB, f"{INGEST_S:g} s of {INGEST_GB:g} GB"),
        Use("storage calls", prices.S3_PUT, number * 4, "4 writes, 4 reads, 6 calls to queues"),
        Use("storage calls", prices.S3_GET, number * 4),
        Use("storage calls", prices.SQS_REQUEST, number * 6),
        *(scans if settings.get("AvEngine") == "guardduty" else ()),
        Use("delivery", prices.EGRESS_GB, number * UPLOAD_GB, "viewed once, from S3"),
        Use(
            "rows",
            prices.AURORA_GB_MONTH,
            number * UPLOAD_TEXT_GB,
            f"{UPLOAD_TEXT_GB * 1000:g} MB of text and index, every month",
        ),
        Use("rows", prices.AURORA_IO, number * 200),
        Use("objects", prices.S3_GB_MONTH, number * 2 * UPLOAD_GB, "original and view copy, every month"),
        _awake(number, sweep_schedule.WAKE_AFTER_S, settings),
    ]


def pages(number: int, settings: Mapping[str, str]) -> list[Use]:
    """Return what so many recognised pages of scans use in their month, beyond their upload."""
    seconds = PAGE_CPU_S + PAGE_OTHER_S
    return [
        *_invocations(
            "recognition",
            number,
            seconds * PAGE_GB,
            f"{seconds:g} s of {PAGE_GB:g} GB, of which Tesseract takes {PAGE_CPU_S:g}",
        ),
        Use("queue calls", prices.SQS_REQUEST, number * PAGE_MESSAGES, f"{PAGE_MESSAGES} for each page"),
        Use("storage calls", prices.S3_PUT, number / PAGES_PER_SCAN, f"a view copy for every {PAGES_PER_SCAN} pages"),
        Use("storage calls", prices.S3_GET, number),
        Use("rows", prices.AURORA_IO, number * IO_PER_SEGMENT, "of pages and their words"),
        _awake(number // PAGES_PER_SCAN, PAGES_PER_SCAN * seconds, settings),
    ]


def recordings(number: int, settings: Mapping[str, str]) -> list[Use]:
    """Return what so many recordings use in their month. Storage is used every month."""
    speech_segments, hls_segments = recording_shape()
    provider = next(p for p in PROVIDER_DEFAULTS if p.name == _providers(settings)[0])
    voice = Price(
        f"character by {provider.name}", provider.billing_multiplier * provider.price_per_million / prices.MILLION
    )
    saves = PLAYS * AUDIO_S // SAVE_INTERVAL_S
    requests = START_REQUESTS + PLAYS * hls_segments + saves
    synthesis_gb_s = 0.0 if provider.is_in_process else SYNTHESIS_S * 0.5  # its time is its price
    work_gb_s = synthesis_gb_s + RECORD_S * 0.5 + JOB_S * 1.0
    writes = recording_writes(speech_segments, hls_segments)
    return [
        Use("voice", voice, number * CHARACTERS, f"{provider.name}, {CHARACTERS:,} characters"),
        *_requests(number, requests, settings),
        *_invocations(
            "segments",
            number * speech_segments * 3,
            work_gb_s / 3,
            f"{speech_segments} segments: synthesize, record, build",
        ),
        Use(
            "queue calls",
            prices.SQS_REQUEST,
            number * speech_segments * SEGMENT_MESSAGES,
            f"{SEGMENT_MESSAGES} for each segment",
        ),
        Use(
            "storage calls",
            prices.S3_PUT,
            number * writes,
            f"{writes} writes: {SEGMENT_WRITES} a segment, {hls_segments} HLS segments",
        ),
        Use("storage calls", prices.S3_GET, number * (PLAYS * hls_segments + 4 * speech_segments)),
        Use("delivery", prices.EGRESS_GB, number * PLAYS * AUDIO_GB, f"played {PLAYS} times, from S3"),
        Use("rows", prices.AURORA_IO, number * speech_segments * IO_PER_SEGMENT, "of segments, words and calls"),
        Use("objects", prices.S3_GB_MONTH, number * 3 * AUDIO_GB, "recording, segments and HLS segments, every month"),
        _awake(number, PLAYS * AUDIO_S + sweep_schedule.WAKE_AFTER_S, settings),
    ]


@cache
def recording_shape() -> tuple[int, int]:
    """Return the numbers of speech segments and of HLS segments of a recording, by the code that splits text and audio."""
    sentence = "The keeper wound the apparatus at dusk, and its beam swept over the bay until the morning came. "
    paragraph = (sentence * 4).strip() + "\n\n"
    text = (paragraph * (CHARACTERS // len(paragraph) + 1))[:CHARACTERS]
    planned = segments.split(text, [offset + 1 for offset, character in enumerate(text) if character == "."])
    sample_rate = mp3.SPEECH_FORMAT.sample_rate
    frames_per_character = AUDIO_S / CHARACTERS * sample_rate / mpeg_frames.samples_per_frame(sample_rate)
    hls_segments = (
        playlist.split_frames(
            round((segment.end - segment.start) * frames_per_character),
            max_ms=playlist.max_hls_segment_ms(segment.index, CHARACTERS),
        )
        for segment in planned
    )
    return len(planned), sum(map(len, hls_segments))


def recording_writes(speech_segments: int, hls_segments: int) -> int:
    """Return the number of writes to S3 that one recording takes."""
    return speech_segments * SEGMENT_WRITES + hls_segments + RECORDING_WRITES + DOCUMENT_WRITES


def users(number: int, settings: Mapping[str, str]) -> list[Use]:
    """Return what so many active users cost in a month, before they upload or listen."""
    tier = settings.get("UserPoolTier", "LITE")
    return [Use("Cognito", prices.USER_MONTH[tier], number, f"{tier.capitalize()}; active in the month")]


def _requests(number: int, requests: int, settings: Mapping[str, str]) -> list[Use]:
    total = number * requests
    firewall = [Use("requests", prices.FIREWALL_REQUEST, total)] if _is_enabled(settings, "Firewall") else []
    return [
        Use("requests", prices.API_REQUEST, total, f"{requests} through CloudFront, API Gateway and Lambda"),
        Use("requests", prices.CDN_REQUEST, total),
        Use("requests", prices.LAMBDA_REQUEST, total * FUNCTIONS_PER_REQUEST),
        Use("requests", prices.LAMBDA_GB_SECOND, total * API_S * API_GB),
        Use("requests", prices.AURORA_IO, total * IO_PER_REQUEST),
        *firewall,
        Use(
            "logs and traces",
            prices.LOG_GB,
            total * (REQUEST_LOG_GB + FUNCTIONS_PER_REQUEST * INVOCATION_LOG_GB),
            "of the requests",
        ),
        Use("logs and traces", prices.TRACE, total),
    ]


def _invocations(name: str, number: float, gb_s: float, calculation: str) -> list[Use]:
    return [
        Use(name, prices.LAMBDA_REQUEST, number, calculation),
        Use(name, prices.LAMBDA_GB_SECOND, number * gb_s),
        Use(name, prices.LOG_GB, number * INVOCATION_LOG_GB),
        Use(name, prices.TRACE, number),
    ]


def _awake(number: int, use_s: float, settings: Mapping[str, str]) -> Use:
    """Return for how long so many uses keep Aurora awake, if each comes when it sleeps; at most for the whole month."""
    is_aurora_paused = settings.get("DatabaseEngine", "aurora") == "aurora" and not float(settings.get("MinAcu", "0"))
    each_s = _awake_s(settings, use_s=use_s)
    hours = min(HOURS - DAYS * _awake_s(settings) / 3600, number * each_s / 3600) if is_aurora_paused else 0.0
    calculation = f"at most: {each_s / 60:.0f} minutes each, if each comes alone, up to the whole month"
    return Use("database awake", prices.ACU_HOUR, 0.5 * hours, calculation if is_aurora_paused else "it never pauses")


def _is_enabled(settings: Mapping[str, str], name: str) -> bool:
    return settings.get(name) == "true"
