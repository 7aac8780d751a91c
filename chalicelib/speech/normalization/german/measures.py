"""German numbers with units, percentages and temperatures, and ranges of them."""

from __future__ import annotations

import re

from chalicelib.speech.normalization.german.figures import DASH, NUMBER, counted, spoken
from chalicelib.speech.normalization.rules import groups, rule

# By sign: the word, and "1" before it.
_UNITS = {
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
    "dpi": "Punkte pro Zoll", "px": "Pixel",
}  # fmt: skip
_FEMININE = {"Tonnen": "Tonne", "Stunden": "Stunde", "Minuten": "Minute", "Sekunden": "Sekunde",
             "Millisekunden": "Millisekunde", "Kilowattstunden": "Kilowattstunde"}  # fmt: skip
_UNIT = rf"(?P<unit>{'|'.join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))})(?![\w²³/])"


def _measure(match: re.Match[str]) -> str:
    name, written = _UNITS[match["unit"]], match["amount"]
    minus = "minus " if match["minus"] else ""
    if written == "1" and name in _FEMININE:
        return f"{minus}eine {_FEMININE[name]}"
    # "einen Meter lang": a measure before an adjective is an accusative.
    is_accusative = re.match(r" (?:lang|breit|hoch|tief|dick|weit|groß)\b", match.string[match.end() :])
    one = "einen" if is_accusative and name.endswith(("eter", "iter")) else "ein"
    return f"{minus}{counted(written, one=one)} {name}"


RULES = [
    groups(
        rf"(?<![\w.,])(?P<first>{NUMBER})(?P<dash>{DASH})(?P<second>(?P<amount>{NUMBER})\s?{_UNIT})",
        first=lambda match: spoken(match["first"]),
        dash=" bis ",
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
