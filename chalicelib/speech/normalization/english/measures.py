"""English numbers with units, percentages and temperatures, and ranges of them."""

from __future__ import annotations

import re

from chalicelib.speech.normalization.english.figures import DASH, NUMBER, is_adjective, range_word, spoken
from chalicelib.speech.normalization.notation import TEN_RAISED, with_squared
from chalicelib.speech.normalization.rules import groups, rule

# By sign: one, many.
_UNITS = with_squared({
    "km": ("kilometre", "kilometres"), "m": ("metre", "metres"), "cm": ("centimetre", "centimetres"),
    "mm": ("millimetre", "millimetres"), "µm": ("micrometre", "micrometres"), "nm": ("nanometre", "nanometres"),
    "mi": ("mile", "miles"), "yd": ("yard", "yards"), "ft": ("foot", "feet"), "in.": ("inch", "inches"),
    "km²": ("square kilometre", "square kilometres"), "m²": ("square metre", "square metres"),
    "cm²": ("square centimetre", "square centimetres"), "ft²": ("square foot", "square feet"),
    "m³": ("cubic metre", "cubic metres"), "cm³": ("cubic centimetre", "cubic centimetres"),
    "km2": ("square kilometre", "square kilometres"), "m2": ("square metre", "square metres"),
    "sq ft": ("square foot", "square feet"), "ha": ("hectare", "hectares"),
    "kg": ("kilogram", "kilograms"), "g": ("gram", "grams"), "mg": ("milligram", "milligrams"),
    "µg": ("microgram", "micrograms"), "t": ("tonne", "tonnes"), "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "l": ("litre", "litres"), "L": ("litre", "litres"), "ml": ("millilitre", "millilitres"),
    "mL": ("millilitre", "millilitres"), "cl": ("centilitre", "centilitres"), "gal": ("gallon", "gallons"),
    "km/h": ("kilometre per hour", "kilometres per hour"), "kmh": ("kilometre per hour", "kilometres per hour"),
    "mph": ("mile per hour", "miles per hour"), "m/s": ("metre per second", "metres per second"),
    "kn": ("knot", "knots"), "kt": ("knot", "knots"), "rpm": ("revolution per minute", "revolutions per minute"),
    "h": ("hour", "hours"), "hr": ("hour", "hours"), "hrs": ("hour", "hours"), "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"), "s": ("second", "seconds"), "sec": ("second", "seconds"),
    "ms": ("millisecond", "milliseconds"), "µs": ("microsecond", "microseconds"), "ns": ("nanosecond", "nanoseconds"),
    "kB": ("kilobyte", "kilobytes"), "KB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"), "Mbit/s": ("megabit per second", "megabits per second"),
    "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"), "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"),
    "MW": ("megawatt", "megawatts"), "kWh": ("kilowatt hour", "kilowatt hours"), "V": ("volt", "volts"),
    "mA": ("milliampere", "milliamperes"), "Pa": ("pascal", "pascals"), "hPa": ("hectopascal", "hectopascals"),
    "kJ": ("kilojoule", "kilojoules"), "kcal": ("kilocalorie", "kilocalories"), "dB": ("decibel", "decibels"),
    "°C": ("degree Celsius", "degrees Celsius"), "° C": ("degree Celsius", "degrees Celsius"),
    "℃": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "° F": ("degree Fahrenheit", "degrees Fahrenheit"), "℉": ("degree Fahrenheit", "degrees Fahrenheit"),
    "%": ("percent", "percent"), "‰": ("per mille", "per mille"), "dpi": ("dot per inch", "dots per inch"),
    "px": ("pixel", "pixels"), "tsp": ("teaspoon", "teaspoons"), "tsp.": ("teaspoon", "teaspoons"),
    "tbsp": ("tablespoon", "tablespoons"), "tbsp.": ("tablespoon", "tablespoons"),
})  # fmt: skip
_UNIT = rf"(?P<unit>{'|'.join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))})(?![\w²³/])"
_DIRECTIONS = {"N": "north", "S": "south", "E": "east", "W": "west"}


def _stop(match: re.Match[str]) -> str:
    """Return the full stop of a unit that also ends a sentence."""
    ends_sentence = re.match(r"\s*$|\s+[A-Z“\"]", match.string[match.end() :]) is not None
    return "." if match["unit"].endswith(".") and ends_sentence else ""


def _measure(match: re.Match[str]) -> str:
    one, many = _UNITS[match["unit"]]
    minus = "minus " if match["minus"] else ""
    return f"{minus}{spoken(match['amount'])} {one if match['amount'] == '1' or is_adjective(match) else many}{_stop(match)}"


def _bare_degrees(match: re.Match[str]) -> str:
    is_angle = re.match(r" (?:angle|turn|bend|rotation|corner|arc)\b", match.string[match.end() :])
    return f"{spoken(match['amount'])} degree{'' if is_angle or match['amount'] == '1' or is_adjective(match) else 's'}"


def _times(match: re.Match[str]) -> str:
    return f"{spoken(match['first'])} {'by' if match['sign'] in '×x' and not match['gap'] else 'times'} {spoken(match['amount'])}"


RULES = [
    # The unit of a fraction, which is said by a rule of its own: "½ tsp", "2½ in.".
    groups(
        rf"(?P<whole>\d ?)?(?:[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]|(?<![\w/.,])\d/\d{{1,2}}) ?{_UNIT}",
        unit=lambda match: _UNITS[match["unit"]][match["whole"] is not None] + _stop(match),
    ),
    groups(rf"{TEN_RAISED} ?{_UNIT}", unit=lambda match: _UNITS[match["unit"]][1] + _stop(match)),
    groups(
        rf"(?<![\w.,])(?P<first>{NUMBER})(?P<dash>{DASH})(?P<second>(?P<amount>{NUMBER})\s?{_UNIT})",
        first=lambda match: spoken(match["first"]),
        dash=range_word,
        second=lambda match: f"{spoken(match['amount'])} {_UNITS[match['unit']][1]}",
    ),
    rule(rf"(?P<minus>(?<![\w\d])[-−])?(?<![\w.,–])(?P<amount>{NUMBER})\s?{_UNIT}", _measure),
    rule(
        rf"(?<![\w.,])(?P<amount>{NUMBER}) (?P<unit>in)(?= (?:wide|long|tall|high|deep|thick|across)\b)",
        lambda match: f"{spoken(match['amount'])} {'inch' if match['amount'] == '1' else 'inches'}",
    ),
    rule(
        rf"(?<![\w.,])(?P<amount>{NUMBER})°\s?(?P<direction>[NSEW])\b",
        lambda match: f"{spoken(match['amount'])} degrees {_DIRECTIONS[match['direction']]}",
    ),
    rule(rf"(?<![\w.,])(?P<amount>{NUMBER})\s?°(?!\w)", _bare_degrees),
    rule(rf"(?<![\w.,])(?P<first>{NUMBER})(?P<sign>[×x])(?P<gap>)(?P<amount>{NUMBER})(?!\w)", _times),
]
