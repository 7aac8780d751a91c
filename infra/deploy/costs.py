"""The monthly costs of an idle stage, and of its use. docs/cost.md shows the calculation and the sources of the prices.

python -m infra.deploy.costs --stage prod
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# USD, us-east-1, as published by AWS in 2026; other regions cost up to a third more. Free tiers are ignored.
ACU_HOUR = 0.12
AURORA_GB_MONTH = 0.10
INSTANCE_HOURS = {"db.t4g.micro": 0.016, "db.t4g.small": 0.032, "db.t4g.medium": 0.065, "db.m7g.large": 0.168}
GP3_GB_MONTH = 0.115
PROXY_ACU_HOUR = 0.015  # at least 8 ACU are billed
NAT_HOUR = 0.045
ADDRESS_HOUR = 0.005  # every public IPv4
SECRET_MONTH = 0.40
ALARM_METRIC_MONTH = 0.10
COMPOSITE_ALARM_MONTH = 0.50
DASHBOARD_MONTH = 3.00
METRIC_MONTH = 0.30
FIREWALL_MONTH = 5.00
FIREWALL_RULE_MONTH = 1.00
LAMBDA_REQUEST = 0.20 / 1_000_000
LAMBDA_GB_SECOND = 0.0000133334  # arm64
API_REQUEST = 3.50 / 1_000_000
SQS_REQUEST = 0.40 / 1_000_000
S3_PUT = 0.005 / 1_000
S3_GET = 0.0004 / 1_000
S3_GB_MONTH = 0.023
CDN_REQUEST = 0.01 / 10_000
EGRESS_GB = 0.085
LOG_GB = 0.50
HOURS = 730

SECRETS = 5  # signing, authorize, speech, edge, and the database's master user
ALARM_METRICS = 26  # that infra/monitoring.yaml looks at
COMPOSITE_ALARMS = 1
METRICS = 30  # custom series of a busy stage
FIREWALL_RULES = 5
RESUME_S = 75  # Aurora resumes, and the sweep's connection stays open until the server closes it
SWEEP_SECONDS, SWEEP_GB = 0.5, 0.5

# The parameters that change the costs.
DEPENDS_ON = (
    "DatabaseEngine", "DatabaseProxy", "Firewall", "InstanceClass", "MinAcu", "NatGateway", "PauseAfterS", "SecondInstance",
    "StorageGb", "SweepMinutes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of the bill."""

    name: str
    usd: float
    calculation: str


def idle(settings: Mapping[str, str]) -> list[CostLine]:
    """Return the monthly costs of an idle stage.

    `settings` are parameters of its templates; missing ones have the templates' defaults.
    """

    def is_enabled(name: str, default: str) -> bool:
        return settings.get(name, default) == "true"

    lines = [_database(settings)]
    if is_enabled("DatabaseProxy", "false"):
        lines.append(CostLine("RDS Proxy", PROXY_ACU_HOUR * 8 * HOURS, f"8 ACU × {HOURS} h × {PROXY_ACU_HOUR}"))
    if is_enabled("NatGateway", "false"):
        nat = (NAT_HOUR + ADDRESS_HOUR) * HOURS
        lines.append(CostLine("NAT gateway", nat, f"{HOURS} h × ({NAT_HOUR} + {ADDRESS_HOUR} for its address)"))
    if is_enabled("Firewall", "true"):
        firewall = FIREWALL_MONTH + FIREWALL_RULES * FIREWALL_RULE_MONTH
        lines.append(
            CostLine("WAF", firewall, f"{FIREWALL_MONTH:.0f} + {FIREWALL_RULES} rules × {FIREWALL_RULE_MONTH:.0f}")
        )
    sweeps = round(HOURS * 3600 / _sweep_period_s(settings))
    sweep = sweeps * (LAMBDA_REQUEST + SWEEP_SECONDS * SWEEP_GB * LAMBDA_GB_SECOND)
    lines += [
        CostLine("secrets", SECRETS * SECRET_MONTH, f"{SECRETS} × {SECRET_MONTH:.2f}"),
        CostLine(
            "alarms",
            ALARM_METRICS * ALARM_METRIC_MONTH + COMPOSITE_ALARMS * COMPOSITE_ALARM_MONTH,
            f"{ALARM_METRICS} metrics × {ALARM_METRIC_MONTH:.2f} + {COMPOSITE_ALARMS} × {COMPOSITE_ALARM_MONTH:.2f}",
        ),
        CostLine("dashboard", DASHBOARD_MONTH, "1; an account has three for free"),
        CostLine(
            "metrics",
            METRICS * METRIC_MONTH,
            f"{METRICS} series × {METRIC_MONTH:.2f}, billed per hour in which they are written",
        ),
        CostLine("the sweep", sweep, f"{sweeps:,} runs of {SWEEP_SECONDS} s and {SWEEP_GB} GB"),
    ]
    return lines


def _database(settings: Mapping[str, str]) -> CostLine:
    instances = 2 if settings.get("SecondInstance") == "true" else 1
    if settings.get("DatabaseEngine", "aurora") == "postgres":
        instance_class, size_gb = settings.get("InstanceClass", "db.t4g.micro"), float(settings.get("StorageGb", "20"))
        hourly_usd = INSTANCE_HOURS.get(instance_class)
        if hourly_usd is None:
            return CostLine("database", 0, f"{instance_class}: price unknown; look it up")
        usd = instances * (hourly_usd * HOURS + size_gb * GP3_GB_MONTH)
        calculation = f"{HOURS} h × {hourly_usd} + {size_gb:.0f} GB × {GP3_GB_MONTH}"
        return CostLine("database", usd, f"{instances} × ({instance_class}, {calculation})")
    min_acu = float(settings.get("MinAcu", "0"))
    active_share = (
        1.0 if min_acu else min(1.0, (float(settings.get("PauseAfterS", "600")) + RESUME_S) / _sweep_period_s(settings))
    )
    usd = instances * max(min_acu, 0.5) * active_share * ACU_HOUR * HOURS + 10 * AURORA_GB_MONTH
    calculation = f"{max(min_acu, 0.5):g} ACU × {HOURS * active_share:.0f} h × {ACU_HOUR} + 10 GB × {AURORA_GB_MONTH}"
    return CostLine("database", usd, f"{instances} × {calculation}" + ("" if min_acu else "; the sweep resumes it"))


def _sweep_period_s(settings: Mapping[str, str]) -> float:
    return float(settings.get("SweepMinutes", "5")) * 60


# One upload: a document of 10 MB. One recording: 20,000 characters, about 22 minutes of audio, in 18 segments.
UPLOAD_GB, UPLOAD_REQUESTS, INGEST_S, INGEST_GB = 0.010, 6, 3.0, 2.0
RECORDING_CHARACTERS, SEGMENTS, RECORDING_REQUESTS, SYNTHESIS_S = 20_000, 18, 40, 3.0
API_S, API_GB = 0.05, 1.0
SPEECHIFY_USD, POLLY_USD = (
    15.0 / 1_000_000,
    2 * 16.0 / 1_000_000,
)  # Polly is called twice: for audio and for word timings
AUDIO_GB = 0.010


def uploads(number: int) -> list[CostLine]:
    """Return the costs of uploads in their month, and the monthly costs of keeping them."""
    inspection = INGEST_S * INGEST_GB * LAMBDA_GB_SECOND
    return [
        CostLine(
            "requests", number * UPLOAD_REQUESTS * _request(), f"{UPLOAD_REQUESTS} each through API Gateway and Lambda"
        ),
        CostLine("inspection", number * inspection, f"{INGEST_S:g} s of {INGEST_GB:g} GB each"),
        CostLine(
            "storage ops", number * (4 * S3_PUT + 4 * S3_GET + 6 * SQS_REQUEST), "4 writes, 4 reads, 6 queue calls each"
        ),
        CostLine(
            "storage",
            number * 2 * UPLOAD_GB * S3_GB_MONTH,
            f"every month: 2 × {UPLOAD_GB * 1000:.0f} MB each, original and view",
        ),
    ]


def recordings(number: int, *, usd_per_character: float = SPEECHIFY_USD) -> list[CostLine]:
    """Return the costs of recordings in their month, and the monthly costs of keeping them."""
    segment = LAMBDA_REQUEST + SYNTHESIS_S * 0.5 * LAMBDA_GB_SECOND + 2 * S3_PUT + 9 * SQS_REQUEST
    voice = RECORDING_CHARACTERS * usd_per_character
    return [
        CostLine("voice", number * voice, f"{RECORDING_CHARACTERS:,} characters each"),
        CostLine("segments", number * SEGMENTS * segment, f"{SEGMENTS} each, {SYNTHESIS_S:g} s of 0.5 GB"),
        CostLine(
            "requests",
            number * RECORDING_REQUESTS * _request(),
            f"{RECORDING_REQUESTS} each during synthesis and playback",
        ),
        CostLine("audio out", number * 2 * AUDIO_GB * EGRESS_GB, "played twice"),
        CostLine("storage", number * 2 * AUDIO_GB * S3_GB_MONTH, "every month: recording and segments"),
    ]


def _request() -> float:
    return API_REQUEST + 2 * LAMBDA_REQUEST + API_S * API_GB * LAMBDA_GB_SECOND + CDN_REQUEST


def table(lines: list[CostLine], period: str = "a month when idle; docs/cost.md has the costs of use") -> list[str]:
    """Return the lines and their total as text."""
    total = CostLine("total", sum(line.usd for line in lines), period)
    return [f"{line.name:12} {line.usd:9.2f} USD   {line.calculation}" for line in [*lines, total]]


def main() -> None:
    parser = argparse.ArgumentParser(description="Print the monthly costs of a stage.")
    parser.add_argument("--stage", choices=["dev", "prod"], default="prod")
    settings = json.loads((Path(__file__).parent.parent / "stages.json").read_text())[parser.parse_args().stage]
    print("\n".join(table(idle(settings), "a month when idle")))
    for number in (1_000, 100_000):
        print(f"\n{number:,} uploads")
        print("\n".join(table(uploads(number), "in their month")))
        print(f"\n{number:,} recordings by Speechify")
        print("\n".join(table(recordings(number), "in their month")))


if __name__ == "__main__":
    main()
