"""Checks before a deployment changes anything: what would make it fail ends it, what the operator should know is reported."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import boto3

from infra.deploy import github, quotas
from infra.deploy.quotas import AccountQuotas
from infra.deploy.stacks import DeployError
from infra.deploy.stage import Stage
from infra.operate.voices import REQUIRED_SETTINGS

COGNITO_MAILS_PER_DAY = 50  # of its own sender, for all sign-ups and forgotten passwords together


def check(stage: Stage) -> None:
    """Check voices, quotas, mail and the workflow's role. Raises DeployError with everything that is missing."""
    creates_network = "network" in stage.parts and not stage.exists("network")
    account = AccountQuotas(
        quotas.read_if_allowed(quotas.concurrent_executions),
        quotas.read_if_allowed(quotas.free_vpcs) if creates_network else 1,
    )
    for note in [*notes(stage, account), *_role(stage)]:
        stage.report(f"note: {note}")
    if missing := list(problems(stage, account)):
        raise DeployError("Nothing has changed. " + "\n".join(missing))


def problems(stage: Stage, account: AccountQuotas) -> Iterator[str]:
    """Yield what would make a deployment fail, each with what to do."""
    yield from missing_voice_settings(stage.name, _providers(stage), {**stage.environment, **stage.secrets})
    if account.concurrent_executions is not None:
        yield from quotas.too_large(stage.size, account.concurrent_executions)
    if account.free_vpcs is not None:
        yield from quotas.no_vpc_left(account.free_vpcs)


def notes(stage: Stage, account: AccountQuotas) -> Iterator[str]:
    """Yield what the operator should know before users come."""
    if account.concurrent_executions is not None:
        yield from quotas.tight(stage.size, account.concurrent_executions)
    if None in (account.concurrent_executions, account.free_vpcs):
        yield f"Not every quota could be checked: that requires {quotas.RIGHTS}."
    if stage.name != "local" and stage.setting("SelfSignUp") == "true" and not stage.setting("SesIdentityArn"):
        yield (
            f"Cognito's own sender sends {COGNITO_MAILS_PER_DAY} mails a day; further sign-ups and forgotten passwords get no"
            " code. SES_IDENTITY_ARN and MAIL_FROM send by SES."
        )


def missing_voice_settings(stage: str, providers: Collection[str], known: Mapping[str, str]) -> Iterator[str]:
    """Yield what to do about each voice provider without its key or address."""
    for provider in providers:
        setting = REQUIRED_SETTINGS.get(provider)
        if setting is None or known.get(setting):
            continue
        is_address = setting.endswith("_URL")
        remedy = f"{setting}=https://…" if is_address else f"python -m infra.deploy.secrets --stage {stage} {setting}"
        yield f"{provider} is in TTS_PROVIDERS, but has no {setting}. Set it: {remedy}. TTS_PROVIDERS= deploys without speech."


def _providers(stage: Stage) -> list[str]:
    return [name.strip() for name in stage.setting("TtsProviders").split(",") if name.strip()]


def _role(stage: Stage) -> Iterator[str]:
    if stage.environment.get("GITHUB_ACTIONS") == "true" and stage.name != "local":
        caller = boto3.client("sts").get_caller_identity()["Arn"]
        yield from github.check_role(caller, stage.name, stage.environment)
