"""Voice catalogue: default voices by language, and equivalents at other providers."""

from uuid import UUID

import pytest

from chalicelib.platform import config
from chalicelib.speech.stored_objects.audio_key import audio_key
from chalicelib.speech.voices import catalogue, languages, providers
from chalicelib.speech.voices.model import Gender, UnknownVoiceError, Voice

pytestmark = pytest.mark.usefixtures("deployment")

ALL_PROVIDERS = ["speechify", "polly", "openai", "espeak"]


@pytest.mark.parametrize(
    ("language", "order", "voice"),
    [
        ("en", ["speechify", "espeak"], "speechify:geffen_32"),
        ("en-GB", ["speechify", "espeak"], "speechify:beatrice_32"),
        (
            "en-AU",
            ["speechify", "polly"],
            "speechify:geffen_32",
        ),  # the preferred provider takes precedence over the accent
        ("en-AU", ["polly", "speechify"], "polly:Olivia"),
        ("fr", ["speechify", "espeak"], "espeak:fr-fr"),
        ("fr", ["speechify", "polly", "espeak"], "polly:Lea"),
        ("fr-CH", ["espeak"], "espeak:fr-ch"),
        ("fr_CA", ["espeak"], "espeak:fr-fr"),
        ("zh-cn", ["espeak"], "espeak:cmn"),
        ("zh-cn", ["openai"], "openai:zf_xiaoxiao"),
        ("zh", ["polly"], "polly:Zhiyu"),
        ("zh-HK", ["espeak"], "espeak:yue"),
        ("zh-HK", ["polly"], "polly:Hiujin"),
        ("no", ["espeak"], "espeak:nb"),
        ("no", ["polly"], "polly:Ida"),
        ("de", ["openai", "polly"], "polly:Vicki"),
        ("pt-br", ["espeak"], "espeak:pt-br"),
        ("pt", ["polly"], "polly:Camila"),
        (None, ["espeak"], "espeak:en-us"),
        ("und", ["espeak"], "espeak:en-us"),
        (None, ["polly"], "polly:Joanna"),
        ("en", ["openai"], "openai:af_heart"),
    ],
)
def test_the_default_voice_is_from_the_first_provider_that_supports_the_language(
    language: str | None, order: list[str], voice: str
) -> None:
    assert catalogue.default_voice(language, order).id == voice


def test_an_unsupported_language_or_unknown_voice_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownVoiceError, match="tlh"):
        catalogue.default_voice("tlh", ALL_PROVIDERS)
    with pytest.raises(UnknownVoiceError, match="espeak:klingon"):
        catalogue.get_voice("espeak:klingon", ALL_PROVIDERS)
    with pytest.raises(UnknownVoiceError):
        catalogue.get_voice("speechify:hugh_32", ["espeak"])


def voice(tag: str, language: str, gender: Gender | None = None) -> Voice:
    return Voice(f"other:{tag}", tag, language, gender)


MAN_GB, WOMAN_GB = voice("man-gb", "en-GB", "male"), voice("woman-gb", "en-GB", "female")
MAN_US, WOMAN_US = voice("man-us", "en-US", "male"), voice("woman-us", "en-US", "female")
WOMAN_FR, ANY = voice("woman-fr", "fr-FR", "female"), voice("any", "mul")
CANDIDATES = [WOMAN_US, MAN_US, WOMAN_GB, MAN_GB, WOMAN_FR]


@pytest.mark.parametrize(
    ("original", "language", "candidates", "expected"),
    [
        (MAN_GB, None, CANDIDATES, MAN_GB),  # language, region and gender
        (MAN_GB, "en", CANDIDATES, MAN_GB),  # the text's tag is less specific than the voice's
        (MAN_GB, None, [WOMAN_GB, MAN_US], MAN_US),  # gender takes precedence over accent
        (MAN_GB, None, [WOMAN_US, WOMAN_GB], WOMAN_GB),  # without the gender, the accent
        (MAN_GB, None, [WOMAN_US], WOMAN_US),  # language only
        (voice("x", "en-GB"), None, CANDIDATES, WOMAN_GB),  # unknown gender: the accent
        (voice("x", "en-AU", "male"), None, CANDIDATES, MAN_US),
        (voice("x", "en", "male"), None, CANDIDATES, MAN_US),
        (MAN_GB, None, [WOMAN_FR], None),  # no candidate speaks it
        (MAN_GB, "fr", CANDIDATES, WOMAN_FR),  # the text is French
        (WOMAN_FR, "fr-CA", CANDIDATES, WOMAN_FR),
        (ANY, "fr", CANDIDATES, WOMAN_FR),  # a multilingual voice is replaced by one of this language
        (MAN_GB, None, [ANY], ANY),
        (WOMAN_FR, None, [ANY, WOMAN_FR], WOMAN_FR),  # a French voice rather than a multilingual one
        (voice("x", "cmn-CN", "female"), "zh", [voice("y", "cmn", "female")], voice("y", "cmn", "female")),
        (voice("x", "yue"), "zh-HK", [voice("y", "cmn")], None),  # Cantonese is not Mandarin
        (MAN_GB, None, [], None),
    ],
)
def test_the_closest_voice_matches_language_gender_and_accent_in_this_order(
    original: Voice, language: str | None, candidates: list[Voice], expected: Voice | None
) -> None:
    assert catalogue.closest_voice(original, candidates, language) == expected


@pytest.mark.parametrize(
    ("voice_id", "provider", "equivalent"),
    [
        ("espeak:en-gb", "speechify", "speechify:edmund_32"),
        ("speechify:beatrice_32", "espeak", "espeak:en-gb"),
        ("speechify:harper_32", "espeak", "espeak:en-us"),
        ("speechify:harper_32", "polly", "polly:Joanna"),
        ("speechify:hugh_32", "polly", "polly:Brian"),
        ("speechify:hugh_32", "openai", "openai:bm_george"),
        ("polly:Remi", "openai", "openai:ff_siwis"),
        ("polly:Daniel", "openai", None),
        ("espeak:fr-fr", "speechify", None),
    ],
)
def test_shipped_voices_have_equivalents_at_other_providers(
    voice_id: str, provider: str, equivalent: str | None
) -> None:
    replacement = catalogue.equivalent_voice(catalogue.get_voice(voice_id, ALL_PROVIDERS), provider)
    assert (replacement.id if replacement else None) == equivalent


def test_configured_voices_replace_the_shipped_ones_of_their_provider(deployment: pytest.MonkeyPatch) -> None:
    deployment.setenv(
        "TTS_VOICES",
        "openai:alloy=mul, openai:tts_models/de/anna@piper=de-DE:female, speechify:raphael@simba-3.0=fr-FR:male",
    )
    config.settings.cache_clear()
    alloy, anna, raphael = catalogue.list_voices(["openai", "speechify"])
    assert (alloy.id, alloy.language, alloy.gender, alloy.model) == ("openai:alloy", "mul", None, None)
    assert (anna.key, anna.language, anna.gender, anna.model) == ("tts_models/de/anna", "de-DE", "female", "piper")
    assert (raphael.id, raphael.model) == ("speechify:raphael", "simba-3.0")
    assert catalogue.default_voice("hu", ["speechify", "openai"]).id == "openai:alloy"
    assert catalogue.list_voices(["polly"]), "providers without configured voices keep the shipped ones"


@pytest.mark.parametrize("name", ALL_PROVIDERS)
def test_shipped_voices_have_unique_ids_and_a_language(name: str) -> None:
    voices = catalogue.list_voices([name])
    assert len({voice.id for voice in voices}) == len(voices) > 5
    for voice in voices:
        assert providers.get(voice.provider).name == name
        assert languages.matches(voice.language, voice.language.partition("-")[0])


@pytest.mark.parametrize(
    ("language", "requested", "is_match"),
    [
        ("en-GB", "en", True),
        ("en-GB", "EN", True),
        ("en-GB", "en-GB", True),
        ("en-GB", "en_gb", True),
        ("en-GB", "en-US", False),
        ("de", "de-DE", True),
        ("de-DE", "de-AT", False),
        ("en-GB-x-rp", "en-GB", True),
        ("cmn-CN", "zh", True),
        ("yue", "zh", False),
        ("yue-CN", "zh-HK", True),
        ("nb-NO", "no", True),
        ("es", "est", False),
        ("mul", "hu", True),
    ],
)
def test_a_language_matches_a_request(language: str, requested: str, is_match: bool) -> None:
    assert languages.matches(language, requested) is is_match


def test_another_model_or_timing_accuracy_changes_the_audio_key(deployment: pytest.MonkeyPatch) -> None:
    deployment.setenv("SIGNING_SECRET", "s" * 32)

    def key(voice_id: str) -> str:
        config.settings.cache_clear()
        return audio_key(UUID(int=1), voice_id, "en", "Hello there.", 0)

    before = {name: key(name) for name in ("openai:af_heart", "polly:Joanna", "espeak:en-us")}
    assert {name: key(name) for name in before} == before
    deployment.setenv("OPENAI_TTS_MODEL", "tts-1-hd")
    deployment.setenv("POLLY_SPEECH_MARKS", "false")
    assert {name for name, old_key in before.items() if key(name) == old_key} == {"espeak:en-us"}
