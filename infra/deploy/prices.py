"""Prices of AWS, and what it gives to every account for ever.

USD in us-east-1, as published in 2026; other regions cost up to a third more. Offers of an account's first months, and
credits, are left out. Sources: the pricing page of each service, and https://aws.amazon.com/free ("always free").
"""

from __future__ import annotations

from dataclasses import dataclass

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a unit, and how many units a month are always free, for the whole account."""

    unit: str
    usd: float
    always_free: float = 0.0


# ---- database ------------------------------------------------------------------------------------------------------------
ACU_HOUR = Price("ACU-hour of Aurora", 0.12)
AURORA_GB_MONTH = Price("GB-month of Aurora", 0.10)
AURORA_IO = Price("I/O operation of Aurora", 0.20 / MILLION)
BACKUP_GB_MONTH = Price("GB-month of backups", 0.021)  # as much as the database has is free: costs.py
INSTANCE_HOURS = {"db.t4g.micro": 0.016, "db.t4g.small": 0.032, "db.t4g.medium": 0.065, "db.m7g.large": 0.168}
GP3_GB_MONTH = Price("GB-month of gp3", 0.115)
PROXY_ACU_HOUR = Price("ACU-hour of RDS Proxy", 0.015)  # at least 8 ACU are billed

# ---- network and edge ------------------------------------------------------------------------------------------------------
NAT_HOUR = Price("hour of a NAT gateway", 0.045)
ADDRESS_HOUR = Price("hour of a public IPv4 address", 0.005)
FIREWALL_MONTH = Price("firewall", 5.00)
FIREWALL_RULE_MONTH = Price("rule of the firewall", 1.00)
FIREWALL_REQUEST = Price("request through the firewall", 0.60 / MILLION)
CDN_REQUEST = Price("request to CloudFront", 0.01 / 10_000, always_free=10 * MILLION)
CDN_GB = Price("GB from CloudFront", 0.085, always_free=1_024)
EGRESS_GB = Price("GB from S3", 0.09, always_free=100)  # of all services but CloudFront together

# ---- functions, queues, storage ---------------------------------------------------------------------------------------------
API_REQUEST = Price("request to API Gateway", 3.50 / MILLION)
LAMBDA_REQUEST = Price("invocation", 0.20 / MILLION, always_free=MILLION)
LAMBDA_GB_SECOND = Price("GB-second", 0.0000133334, always_free=400_000)  # arm64
SQS_REQUEST = Price("request to SQS", 0.40 / MILLION, always_free=MILLION)
S3_PUT = Price("write to S3", 0.005 / 1_000)
S3_GET = Price("read from S3", 0.0004 / 1_000)
S3_GB_MONTH = Price("GB-month of S3", 0.023)

# ---- secrets, users, monitoring ---------------------------------------------------------------------------------------------
SECRET_MONTH = Price("secret", 0.40)
USER_MONTH = {
    "ESSENTIALS": Price("active user (Essentials)", 0.015, always_free=10_000),
    "LITE": Price("active user (Lite)", 0.0055, always_free=10_000),
}
ALARM_METRIC_MONTH = Price("metric of an alarm", 0.10, always_free=10)
COMPOSITE_ALARM_MONTH = Price("composite alarm", 0.50)
DASHBOARD_MONTH = Price("dashboard", 3.00, always_free=3)
METRIC_MONTH = Price("series of metrics", 0.30, always_free=10)  # billed by the hour in which it is written
LOG_GB = Price("GB of logs", 0.50, always_free=5)
TRACE = Price("trace", 5.00 / MILLION, always_free=100_000)
SCANNED_GB = Price("GB scanned by GuardDuty", 0.09)
SCANNED_OBJECT = Price("object scanned by GuardDuty", 0.215 / 1_000)
