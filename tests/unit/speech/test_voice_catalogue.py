"""Which voice reads what, and who takes over from whom."""

from uuid import UUID

import pytest

from chalicelib.platform import config
from chalicelib.speech import messages
from chalicelib.speech.voices import catalogue, languages, providers
from chalicelib.speech.voices.model import Gender, UnknownVoiceError, Voice

pytestmark = pytest.mark.usefixtures("deployment")

EVERYBODY = ["speechify", "polly", "openai", "espeak"]


@pytest.mark.parametrize(
    ("language", "order", "voice"),
    [
        ("en", ["speechify", "espeak"], "speechify:geffen_32"),
        ("en-GB", ["speechify", "espeak"], "speechify:beatrice_32"),
        ("en-AU", ["speechify", "polly"], "speechify:geffen_32"),  # the preferred provider counts more than the accent
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
def test_a_language_finds_the_voice_of_the_first_provider_that_speaks_it(
    language: str | None, order: list[str], voice: str
) -> None:
    assert catalogue.default_voice(language, order).id == voice


def test_a_language_or_voice_that_nobody_has_is_told() -> None:
    with pytest.raises(UnknownVoiceError, match="tlh"):
        catalogue.default_voice("tlh", EVERYBODY)
    with pytest.raises(UnknownVoiceError, match="espeak:klingon"):
        catalogue.get_voice("espeak:klingon", EVERYBODY)
    with pytest.raises(UnknownVoiceError):
        catalogue.get_voice("speechify:hugh_32", ["espeak"])


def voice(tag: str, language: str, gender: Gender | None = None) -> Voice:
    return Voice(f"other:{tag}", tag, language, gender)


MAN_GB, WOMAN_GB = voice("man-gb", "en-GB", "male"), voice("woman-gb", "en-GB", "female")
MAN_US, WOMAN_US = voice("man-us", "en-US", "male"), voice("woman-us", "en-US", "female")
WOMAN_FR, ANY = voice("woman-fr", "fr-FR", "female"), voice("any", "mul")
SPEAKERS = [WOMAN_US, MAN_US, WOMAN_GB, MAN_GB, WOMAN_FR]


@pytest.mark.parametrize(
    ("of", "text", "others", "expected"),
    [
        (MAN_GB, None, SPEAKERS, MAN_GB),  # language, region and gender
        (MAN_GB, "en", SPEAKERS, MAN_GB),  # the text says less than the voice
        (MAN_GB, None, [WOMAN_GB, MAN_US], MAN_US),  # the gender counts more than the accent
        (MAN_GB, None, [WOMAN_US, WOMAN_GB], WOMAN_GB),  # without the gender, the accent
        (MAN_GB, None, [WOMAN_US], WOMAN_US),  # language only
        (voice("x", "en-GB"), None, SPEAKERS, WOMAN_GB),  # nobody knows the gender: the accent
        (voice("x", "en-AU", "male"), None, SPEAKERS, MAN_US),
        (voice("x", "en", "male"), None, SPEAKERS, MAN_US),
        (MAN_GB, None, [WOMAN_FR], None),  # nobody speaks it
        (MAN_GB, "fr", SPEAKERS, WOMAN_FR),  # what is read is French
        (WOMAN_FR, "fr-CA", SPEAKERS, WOMAN_FR),
        (ANY, "fr", SPEAKERS, WOMAN_FR),  # who spoke everything is followed by who speaks this
        (MAN_GB, None, [ANY], ANY),
        (WOMAN_FR, None, [ANY, WOMAN_FR], WOMAN_FR),  # a French voice rather than one of all trades
        (voice("x", "cmn-CN", "female"), "zh", [voice("y", "cmn", "female")], voice("y", "cmn", "female")),
        (voice("x", "yue"), "zh-HK", [voice("y", "cmn")], None),  # Cantonese is not Mandarin
        (MAN_GB, None, [], None),
    ],
)
def test_who_takes_over_sounds_as_much_alike_as_can_be(
    of: Voice, text: str | None, others: list[Voice], expected: Voice | None
) -> None:
    assert catalogue.closest_voice(of, others, text) == expected


@pytest.mark.parametrize(
    ("voice_id", "provider", "takes_over"),
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
def test_the_shipped_providers_take_over_from_each_other(voice_id: str, provider: str, takes_over: str | None) -> None:
    found = catalogue.equivalent_voice(catalogue.get_voice(voice_id, EVERYBODY), provider)
    assert (found.id if found else None) == takes_over


def test_voices_that_a_deployment_lists_are_its_voices_of_that_provider(deployment: pytest.MonkeyPatch) -> None:
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
    assert catalogue.list_voices(["polly"]), "what is not listed anew stays"


@pytest.mark.parametrize("name", EVERYBODY)
def test_shipped_voices_are_told_apart_and_say_their_language(name: str) -> None:
    voices = catalogue.list_voices([name])
    assert len({voice.id for voice in voices}) == len(voices) > 5
    for voice in voices:
        assert providers.get(voice.provider).name == name
        assert languages.matches(voice.language, voice.language.partition("-")[0])


@pytest.mark.parametrize(
    ("language", "asked", "meant"),
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
def test_what_is_meant_by_a_language(language: str, asked: str, meant: bool) -> None:
    assert languages.matches(language, asked) is meant


def test_another_model_or_another_kind_of_word_times_is_other_audio(deployment: pytest.MonkeyPatch) -> None:
    deployment.setenv("SIGNING_SECRET", "s" * 32)

    def key(voice_id: str) -> str:
        config.settings.cache_clear()
        return messages.audio_key(UUID(int=1), voice_id, "en", "Hello there.", 0)

    before = {name: key(name) for name in ("openai:af_heart", "polly:Joanna", "espeak:en-us")}
    assert {name: key(name) for name in before} == before
    deployment.setenv("OPENAI_TTS_MODEL", "tts-1-hd")
    deployment.setenv("POLLY_SPEECH_MARKS", "false")
    assert {name for name, was in before.items() if key(name) == was} == {"espeak:en-us"}
