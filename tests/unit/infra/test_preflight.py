"""Checks before a deployment: voices' keys, quotas of the account, mail, and the role of a GitHub workflow."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.deploy import github, preflight, quotas
from infra.deploy.quotas import AccountQuotas
from infra.deploy.stacks import DeployError
from infra.deploy.stage import Stage

ROOMY = AccountQuotas(concurrent_executions=1000, free_vpcs=4)
KEY = {"SPEECHIFY_API_KEY": "sk-1"}
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "octocat/library",
    "GITHUB_REPOSITORY_OWNER_ID": "123456",
    "GITHUB_REPOSITORY_ID": "456789",
}
SUBJECT = "repo:octocat@123456/library@456789:environment:prod"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def stage(**environment: str) -> Stage:
    deployed = Stage("prod", {"AWS_DEFAULT_REGION": "us-east-1", **environment}, print)
    deployed.load_secrets()
    return deployed


def problems(account: AccountQuotas = ROOMY, /, **environment: str) -> list[str]:
    return list(preflight.problems(stage(**environment), account))


def notes(account: AccountQuotas = ROOMY, /, **environment: str) -> list[str]:
    return list(preflight.notes(stage(**environment), account))


# ---- voices ------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("aws")
def test_a_provider_without_its_key_is_refused_with_the_command_that_stores_it() -> None:
    (problem,) = problems(TTS_PROVIDERS="speechify")
    assert "python -m infra.deploy.secrets --stage prod SPEECHIFY_API_KEY" in problem
    assert "TTS_PROVIDERS= deploys without speech" in problem
    assert problems(TTS_PROVIDERS="") == problems(TTS_PROVIDERS="speechify", **KEY) == problems() == []


@pytest.mark.usefixtures("aws")
def test_a_stored_key_is_enough() -> None:
    parameter = "/visionary/prod/SPEECHIFY_API_KEY"
    boto3.client("ssm").put_parameter(Name=parameter, Value="sk-1", Type="SecureString")
    assert problems(TTS_PROVIDERS="speechify") == []
    assert stage().setting("TtsProviders") == "hibari,speechify", (
        "users keep the voices that they had without the setting"
    )
    assert stage(TTS_PROVIDERS="polly").setting("TtsProviders") == "polly"


def test_every_provider_without_its_setting_is_named_and_others_need_none() -> None:
    missing = list(preflight.missing_voice_settings("dev", ["speechify", "openai", "polly", "hibari", "espeak"], {}))
    assert [problem.partition(" ")[0] for problem in missing] == ["speechify", "openai"]
    assert "OPENAI_TTS_URL=https://" in missing[1]
    known = {"SPEECHIFY_API_KEY": "k", "OPENAI_TTS_URL": "https://tts.example/v1"}
    assert not list(preflight.missing_voice_settings("dev", ["speechify", "openai"], known))


# ---- quotas ------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("aws")
def test_a_size_that_a_new_account_cannot_run_is_refused_with_what_to_request() -> None:
    (refused,) = problems(AccountQuotas(10, 1), **KEY)
    assert "SIZE=small" in refused
    assert "--service-code lambda --quota-code L-B99A9384" in refused
    (refused,) = problems(AccountQuotas(100, 1), **KEY)
    assert "SIZE=medium" in refused
    with pytest.raises(DeployError, match="SIZE is 'huge'"):
        problems(**KEY, SIZE="huge")


@pytest.mark.usefixtures("aws")
def test_a_small_stage_is_never_refused_but_the_operator_is_told_what_is_tight() -> None:
    assert problems(AccountQuotas(10, 1), **KEY, SIZE="small") == []
    (note,) = notes(AccountQuotas(10, 1), SIZE="small")
    assert "L-B99A9384" in note
    assert notes(SIZE="small") == []


@pytest.mark.usefixtures("aws")
def test_an_account_without_a_free_network_is_told_what_to_request() -> None:
    (refused,) = problems(AccountQuotas(1000, 0), **KEY)
    assert "--service-code vpc --quota-code L-F678F1CE" in refused


@pytest.mark.usefixtures("aws")
def test_quotas_that_may_not_be_read_are_told_and_refuse_nothing() -> None:
    assert problems(AccountQuotas(None, None), **KEY) == []
    (note,) = notes(AccountQuotas(None, 1))
    assert "lambda:GetAccountSettings" in note


@pytest.mark.usefixtures("aws")
def test_free_networks_are_counted_in_the_account() -> None:
    free = quotas.free_vpcs()
    boto3.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")
    assert quotas.free_vpcs() == free - 1


# ---- mail --------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("aws")
def test_open_sign_up_without_ses_is_told_the_daily_limit_of_mails() -> None:
    (note,) = notes(SELF_SIGN_UP="true")
    assert "50 mails a day" in note
    assert notes(SELF_SIGN_UP="true", SES_IDENTITY_ARN="arn:aws:ses:us-east-1:1:identity/example.org") == []


# ---- the role of a workflow --------------------------------------------------------------------------------------------------


def trust(*subjects: str) -> dict[str, Any]:
    return {"Statement": [{"Condition": {"StringEquals": {github.SUBJECT: list(subjects)}}}]}


def test_the_role_must_trust_the_immutable_subject_of_the_repositorys_tokens() -> None:
    expected = github.subject("prod", GITHUB)
    assert expected == SUBJECT
    assert not list(github.trust_notes("deploy", trust(SUBJECT), expected))
    (note,) = github.trust_notes("deploy", trust("repo:octocat/library:environment:prod"), expected)
    assert SUBJECT in note
    single = {"Statement": [{"Condition": {"StringEquals": {github.SUBJECT: SUBJECT}}}]}
    assert not list(github.trust_notes("deploy", single, expected))


def test_the_roles_sessions_must_last_as_long_as_a_deployment() -> None:
    (note,) = github.session_notes("deploy", 3600)
    assert f"--max-session-duration {github.SESSION_S}" in note
    assert not list(github.session_notes("deploy", github.SESSION_S))


@pytest.mark.usefixtures("aws")
def test_a_plan_in_a_workflow_checks_the_role_that_it_runs_as() -> None:
    policy = '{"Statement": [{"Condition": {"StringEquals": {"%s": "repo:octocat/library:environment:prod"}}}]}'
    boto3.client("iam").create_role(
        RoleName="deploy", AssumeRolePolicyDocument=policy % github.SUBJECT, MaxSessionDuration=3600
    )
    caller = "arn:aws:sts::123456789012:assumed-role/deploy/GitHubActions"
    session, subject = github.check_role(caller, "prod", GITHUB)
    assert "end after 3600 s" in session
    assert SUBJECT in subject
    (unknown,) = github.check_role(caller.replace("deploy", "gone"), "prod", GITHUB)
    assert "iam:GetRole" in unknown
    assert not list(github.check_role("arn:aws:iam::123456789012:user/me", "prod", GITHUB))
