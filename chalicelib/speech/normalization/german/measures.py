"""German numbers with units, percentages and temperatures, and ranges of them."""

from __future__ import annotations

import re

from chalicelib.speech.normalization.german.figures import DASH, NUMBER, counted, gender, range_word, spoken
from chalicelib.speech.normalization.notation import TEN_RAISED, with_squared
from chalicelib.speech.normalization.rules import groups, rule

# By sign: the word, and "1" before it.
_UNITS = with_squared({
    "km": "Kilometer", "m": "Meter", "cm": "Zentimeter", "mm": "Millimeter", "µm": "Mikrometer", "nm": "Nanometer",
    "km²": "Quadratkilometer", "m²": "Quadratmeter", "cm²": "Quadratzentimeter", "m³": "Kubikmeter",
    "cm³": "Kubikzentimeter", "qm": "Quadratmeter", "ha": "Hektar", "kg": "Kilogramm", "g": "Gramm", "mg": "Milligramm",
    "t": "Tonnen", "l": "Liter", "L": "Liter", "ml": "Milliliter", "cl": "Zentiliter", "km/h": "Kilometer pro Stunde",
    "m/s": "Meter pro Sekunde", "Std.": "Stunden", "h": "Stunden", "min": "Minuten", "Min.": "Minuten", "s": "Sekunden",
    "Sek.": "Sekunden", "ms": "Millisekunden", "kB": "Kilobyte", "KB": "Kilobyte", "MB": "Megabyte", "GB": "Gigabyte",
    "TB": "Terabyte", "Mbit/s": "Megabit pro Sekunde", "Hz": "Hertz", "kHz": "Kilohertz", "MHz": "Megahertz",
    "GHz": "Gigahertz", "W": "Watt", "kW": "Kilowatt", "MW": "Megawatt", "kWh": "Kilowattstunden", "V": "Volt",
    "hPa": "Hektopascal", "kJ": "Kilojoule", "kcal": "Kilokalorien", "dB": "Dezibel", "°C": "Grad Celsius",
    "° C": "Grad Celsius", "℃": "Grad Celsius", "°F": "Grad Fahrenheit", "%": "Prozent", "‰": "Promille", "PS": "P S",
    "dpi": "Punkte pro Zoll", "px": "Pixel", "EL": "Esslöffel", "TL": "Teelöffel", "Msp.": "Messerspitzen", "Pck.": "Päckchen",
})  # fmt: skip
_FEMININE = {"Tonnen": "Tonne", "Stunden": "Stunde", "Minuten": "Minute", "Sekunden": "Sekunde",
             "Millisekunden": "Millisekunde", "Kilowattstunden": "Kilowattstunde",
             "Messerspitzen": "Messerspitze"}  # fmt: skip
_UNIT = rf"(?P<unit>{'|'.join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))})(?![\w²³/])"


def _stop(match: re.Match[str]) -> str:
    """Return the full stop of a unit that also ends the text."""
    return "." if match["unit"].endswith(".") and not match.string[match.end() :].strip() else ""


def _measure(match: re.Match[str]) -> str:
    name, written = _UNITS[match["unit"]], match["amount"]
    minus = "minus " if match["minus"] else ""
    if written == "1" and name in _FEMININE:
        return f"{minus}eine {_FEMININE[name]}{_stop(match)}"
    # "einen Meter lang": a measure before an adjective is an accusative.
    is_accusative = re.match(r" (?:lang|breit|hoch|tief|dick|weit|groß)\b", match.string[match.end() :])
    one = "einen" if is_accusative and name.endswith(("eter", "iter")) else "ein"
    return f"{minus}{counted(written, one=one)} {name}{_stop(match)}"


def _half(match: re.Match[str]) -> str:
    name = _UNITS[match["unit"]]
    name = _FEMININE.get(name, name)
    article = {"masculine": "ein halber", "neuter": "ein halbes"}.get(gender(name), "eine halbe")
    return f"{article} {name}{_stop(match)}"


RULES = [
    rule(rf"(?<![\w.,/])(?:½|1/2) ?{_UNIT}", _half),
    # The unit of a fraction, which is said by a rule of its own: "¾ l", "2½ kg".
    groups(
        rf"(?:[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]|(?<![\w/.,])\d/\d{{1,2}}) ?{_UNIT}",
        unit=lambda match: _UNITS[match["unit"]] + _stop(match),
    ),
    groups(rf"{TEN_RAISED} ?{_UNIT}", unit=lambda match: _UNITS[match["unit"]]),
    groups(
        rf"(?<![\w.,])(?P<first>{NUMBER})(?P<dash>{DASH})(?P<second>(?P<amount>{NUMBER})\s?{_UNIT})",
        first=lambda match: spoken(match["first"]),
        dash=range_word,
        second=lambda match: f"{spoken(match['amount'])} {_UNITS[match['unit']]}",
    ),
    rule(rf"(?P<minus>(?<![\w\d])[-−])?(?<![\w.,–])(?P<amount>{NUMBER})\s?{_UNIT}", _measure),
    rule(
        r"(?<![\w.,])(?P<amount>\d{1,3})°-(?P<noun>[A-ZÄÖÜ]\w+)",
        lambda match: f"{spoken(match['amount']).capitalize()}-Grad-{match['noun']}",
    ),
    rule(rf"(?<![\w.,])(?P<amount>{NUMBER})\s?°(?!\w)", lambda match: f"{counted(match['amount'])} Grad"),
    rule(
        rf"(?<![\w.,])(?P<first>{NUMBER})[×x](?P<amount>{NUMBER})-(?P<noun>[A-ZÄÖÜ]\w+)",
        lambda match: f"{spoken(match['first']).capitalize()}-mal-{spoken(match['amount'])}-{match['noun']}",
    ),
    rule(
        rf"(?<![\w.,])(?P<first>{NUMBER})[×x](?P<amount>{NUMBER})(?!\w)",
        lambda match: f"{spoken(match['first'])} mal {spoken(match['amount'])}",
    ),
]
