"""Settings of a deployment: one frozen object, read once from the environment."""

import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)

from chalicelib.platform import addresses
from chalicelib.platform.aws.call_limits import CallLimits
from chalicelib.platform.errors import ConfigurationError

MIN_SECRET_BYTES = 32  # HMAC-SHA256 with a shorter key is weaker than its hash (RFC 7518, 3.2)
STAGES_OF_DEVELOPERS = frozenset({"local", "test"})
DEFAULT_TIMEOUT_S = 300.0  # where nothing limits the process: in operator tools
OPTIONAL_SECRETS = frozenset({"secret_key", "speechify_api_key", "openai_tts_api_key"})  # the others fail closed


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _pairs(value: object) -> object:
    """Parse `speechify=1,polly=18` as a mapping."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    return {name.strip(): number.strip() for name, _, number in pairs}


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


VoiceProvider = Literal["speechify", "polly", "openai", "hibari", "espeak"]
BUILT_IN_VOICE: VoiceProvider = "hibari"  # needs no key and no network
Number = TypeVar("Number", bound=float)


class ConfiguredVoice(BaseModel):
    """A voice that the operator lists; `model` where the provider has several."""

    model_config = ConfigDict(frozen=True)

    provider: VoiceProvider
    key: str
    model: str | None
    language: str
    gender: Literal["female", "male"] | None


_CONFIGURED_VOICE = re.compile(
    r"(?P<provider>\w+):(?P<key>[^=@\s]+)(@(?P<model>[^=\s]+))?=(?P<language>[a-zA-Z]{2,3}(-\w{2,8})*)(:(?P<gender>\w+))?"
)


def _parse_voice(value: object) -> object:
    """Parse `speechify:raphael@simba-3.0=fr-FR:male`."""
    if not isinstance(value, str):
        return value
    match = _CONFIGURED_VOICE.fullmatch(value)
    if match is None:
        raise ValueError(
            f"{value!r} is not a voice; write provider:voice=language, or provider:voice@model=language:gender"
        )
    return match.groupdict()


def _unlimited_is_none(value: object) -> object:
    return None if value == "unlimited" else value


ListedVoice = Annotated[ConfiguredVoice, BeforeValidator(_parse_voice)]
CommaSeparated = Annotated[tuple[str, ...], BeforeValidator(_split)]
ByProvider = Annotated[dict[VoiceProvider, Number], BeforeValidator(_pairs)]
CallLimit = Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(_unlimited_is_none)]
Optional = BeforeValidator(_blank_is_none)


class Settings(BaseModel):
    """Environment variables by their names in lower case. A function that needs a missing one fails with its name."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    stage: str
    version: str = "0.0.0-dev"
    # this function's own time limit; its calls of other services end in a part of it
    function_timeout_s: float = Field(default=DEFAULT_TIMEOUT_S, gt=0)
    incoming_bucket: str
    library_bucket: str
    backups_bucket: Annotated[str | None, Optional] = None  # for `backup` only
    anchors_bucket: Annotated[str | None, Optional] = None  # for `sweep` only

    ingest_queue_url: Annotated[str | None, Optional] = None
    speech_jobs_queue_url: Annotated[str | None, Optional] = None
    speech_express_queue_url: Annotated[str | None, Optional] = None
    speech_bulk_queue_url: Annotated[str | None, Optional] = None
    speech_results_queue_url: Annotated[str | None, Optional] = None
    account_queue_url: Annotated[str | None, Optional] = None
    recognition_queue_url: Annotated[str | None, Optional] = None
    speech_built_in_queue_url: Annotated[str | None, Optional] = None
    imports_queue_url: Annotated[str | None, Optional] = None
    webhooks_queue_url: Annotated[str | None, Optional] = None
    # event sources of queues that are polled while there is work; None: always
    recognition_event_source: Annotated[str | None, Optional] = None
    imports_event_source: Annotated[str | None, Optional] = None
    webhooks_event_source: Annotated[str | None, Optional] = None
    speech_built_in_event_source: Annotated[str | None, Optional] = None

    database_url: Annotated[SecretStr | None, Optional] = None
    database_iam_auth: bool = False
    # for `migrate` only, which creates the roles with it
    database_admin_secret_arn: Annotated[str | None, Optional] = None

    signing_secret: Annotated[SecretStr | None, Optional] = None
    auth_issuer: Annotated[str | None, Optional] = None
    auth_client_id: Annotated[str | None, Optional] = None
    auth_jwks_url: Annotated[str | None, Optional] = None
    secret_key: Annotated[SecretStr | None, Optional] = None
    secret_key_issuer: Annotated[str | None, Optional] = None
    secret_key_tokens_expire: bool = True

    sentry_dsn: Annotated[SecretStr | None, Optional] = None  # errors in the log are reported there, too
    # sent by CloudFront; any of these is accepted
    origin_secret: Annotated[tuple[SecretStr, ...], BeforeValidator(_split)] = ()

    cors_origins: Annotated[
        tuple[Annotated[str, AfterValidator(addresses.parse_origin)], ...], BeforeValidator(_split)
    ] = ()
    allowed_hosts: CommaSeparated = ("*",)
    trusted_proxies: int = Field(default=0, ge=0)  # our own, in front of API Gateway: 1 with CloudFront

    public_api_url: Annotated[str | None, Optional] = None  # the address clients use, where the gateway cannot know it
    s3_public_endpoint_url: Annotated[str | None, Optional] = None
    s3_addressing_style: Literal["virtual", "path"] = "virtual"
    user_rate_limit: int = Field(default=50, gt=0)  # requests per second of one user
    upload_url_valid_s: int = Field(default=900, ge=5, le=900)  # documented; a leaked URL is useless afterwards

    speechify_api_key: Annotated[SecretStr | None, Optional] = None
    speechify_api_url: str = "https://api.speechify.ai"
    openai_tts_url: Annotated[str | None, Optional] = None  # any server with OpenAI's API; usually ends in /v1
    openai_tts_api_key: Annotated[SecretStr | None, Optional] = None
    openai_tts_model: str = "kokoro"
    polly_speech_marks: bool = True  # a second request over the same text, billed like the first
    tts_providers: Annotated[tuple[VoiceProvider, ...], BeforeValidator(_split)] = (BUILT_IN_VOICE,)
    tts_fallback_enabled: bool = True
    speech_checks: bool = True  # of what voices spoke; what fails is spoken again
    speech_workers: int | None = Field(default=None, ge=1)  # copies of `synthesize`: more calls at once would only wait
    built_in_workers: int | None = Field(default=None, ge=1)  # copies of `synthesize_built_in`
    tts_voices: Annotated[tuple[ListedVoice, ...], BeforeValidator(_split)] = ()  # replaces the voices that are shipped
    voices_folder: Annotated[str | None, Optional] = None  # further voices of the built-in engine, with their manifest
    # where a contract differs from the limits in chalicelib/speech/voices/providers.py
    tts_concurrency: Annotated[dict[VoiceProvider, CallLimit], BeforeValidator(_pairs)] = {}  # or `unlimited`
    tts_per_second: Annotated[dict[VoiceProvider, CallLimit], BeforeValidator(_pairs)] = {}
    tts_max_characters: ByProvider[Annotated[int, Field(ge=200)]] = {}
    tts_price_per_million: ByProvider[Annotated[float, Field(ge=0)]] = {}

    speech_characters_per_day: int = Field(default=5_000_000, gt=0)  # billed, per user: one book of any length
    speech_characters_per_month: int = Field(default=20_000_000, gt=0)  # ~$300 with the most expensive provider we ship
    speech_jobs_at_once: int = Field(default=20, gt=0)

    quota_bytes: int = Field(default=20 * 1024**3, gt=0)
    quota_items: int = Field(default=10_000, gt=0)
    trash_days: int = Field(default=30, gt=0)
    refused_days: int = Field(default=30, gt=0)  # uploads that were rejected or never came
    export_days: int = Field(default=7, gt=0)
    audit_days: int = Field(default=365, ge=30)  # the database never deletes the last 30 days
    idempotency_hours: int = Field(default=24, ge=1)
    erasure_quiet_s: int = Field(default=890, ge=0, le=890)  # all workers have ended by then; SQS delays 900 s at most
    pdf_active_content: Literal["disarm", "reject"] = "disarm"
    # BCP 47; those whose models the function `recognize` has
    recognition_languages: CommaSeparated = ("en", "de")
    import_allow_loopback: bool = False  # for web servers of developers; the local stack sets it
    webhook_allow_loopback: bool = False  # the same for receivers of webhooks
    ingest_workers: int = Field(default=2, ge=1)  # copies of `ingest`: half of them are for files of one user
    av_engine: Literal["none", "clamd", "guardduty"] = "none"
    clamd_address: Annotated[str | None, Optional] = None  # unix:/path/to/clamd.sock, or host:port
    clamd_timeout_s: float = Field(default=20, gt=0, le=20)  # for one file: 100 MB take 3 s

    @field_validator("signing_secret", "secret_key", "origin_secret")
    @classmethod
    def _has_enough_bytes(
        cls, value: SecretStr | tuple[SecretStr, ...] | None
    ) -> SecretStr | tuple[SecretStr, ...] | None:
        for secret in value if isinstance(value, tuple) else filter(None, (value,)):
            if len(secret.get_secret_value().encode()) < MIN_SECRET_BYTES:
                raise ValueError(f"needs at least {MIN_SECRET_BYTES} bytes; make one with: openssl rand -base64 48")
        return value

    @field_validator("sentry_dsn")
    @classmethod
    def _is_project_dsn(cls, dsn: SecretStr | None) -> SecretStr | None:
        if dsn is not None:
            match = re.fullmatch(r"(https?://)[0-9a-zA-Z]+@([^/@?#]+(?:/[^/@?#]+)*)/[0-9]+", dsn.get_secret_value())
            if match is None:
                raise ValueError("is not a DSN; Sentry shows it as https://key@host/number")
            addresses.check(match[1] + match[2], allow_private_network=True)
        return dsn

    @field_validator("speechify_api_url")
    @classmethod
    def _is_public_address(cls, url: str) -> str:
        return addresses.check(url)

    @field_validator("openai_tts_url")
    @classmethod
    def _is_usable_address(cls, url: str | None) -> str | None:
        return url and addresses.check(url, allow_private_network=True)

    @property
    def speech_providers(self) -> tuple[VoiceProvider, ...]:
        """Providers that speak, preferred ones first. The built-in voice takes over last for those of `tts_providers`."""
        takes_over = self.tts_providers and self.tts_fallback_enabled and BUILT_IN_VOICE not in self.tts_providers
        return (*self.tts_providers, BUILT_IN_VOICE) if takes_over else self.tts_providers

    @property
    def page_url(self) -> str | None:
        """The address of the page: the first allowed origin is its own."""
        return next((origin for origin in self.cors_origins if origin != "*"), None)

    @property
    def imports_reach_loopback(self) -> bool:
        """True only where no one but the developer asks for pages: on Lambda, this machine's services are not the user's."""
        return self.import_allow_loopback and self.stage in STAGES_OF_DEVELOPERS

    @property
    def webhooks_reach_loopback(self) -> bool:
        """True only where no one but the developer creates webhooks."""
        return self.webhook_allow_loopback and self.stage in STAGES_OF_DEVELOPERS

    @property
    def has_only_built_in_voice(self) -> bool:
        return set(self.tts_providers) == {BUILT_IN_VOICE}

    def require(self, name: str) -> str:
        """Return a setting that this function cannot work without. Raises ConfigurationError with its name when it is missing."""
        value = getattr(self, name)
        if value is None:
            raise ConfigurationError(f"{name.upper()} is not set; this function needs it")
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; secrets listed in SECRET_PARAMETERS override the environment. Raises ConfigurationError."""
        values = {name.lower(): value for name, value in environment.items()}
        if parameters := environment.get("SECRET_PARAMETERS"):
            timeout_s = float(environment.get("FUNCTION_TIMEOUT_S", DEFAULT_TIMEOUT_S))
            values |= _read_secrets(parameters.split(","), CallLimits.of(timeout_s))
        try:
            return cls.model_validate({name: values[name] for name in cls.model_fields if name in values})
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
            raise ConfigurationError(f"The settings are invalid. {problems}") from None


def _read_secrets(parameters: list[str], limits: CallLimits) -> dict[str, str]:
    """Read secrets from Parameter Store in one call; /visionary/prod/SECRET_KEY is the setting `secret_key`.

    Raises ConfigurationError if one is missing that is not optional: without ORIGIN_SECRET the API would admit every request.
    """
    import boto3

    client = limits.install(boto3.client("ssm", config=limits.config()))
    response = client.get_parameters(Names=parameters, WithDecryption=True)
    missing = [name for name in response["InvalidParameters"] if _setting(name) not in OPTIONAL_SECRETS]
    if missing:
        raise ConfigurationError(f"{', '.join(missing)} is not in Parameter Store; a deployment creates it")
    return {_setting(parameter["Name"]): parameter["Value"] for parameter in response["Parameters"]}


def _setting(parameter: str) -> str:
    return parameter.rpartition("/")[2].lower()


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings.from_environment(os.environ)
