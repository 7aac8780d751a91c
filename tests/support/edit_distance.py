"""The number of characters to insert, delete or replace that makes one text of another (Levenshtein)."""

from difflib import SequenceMatcher


def edit_distance(expected: str, actual: str) -> int:
    """Return the distance, exact within each place where the texts differ."""
    matcher = SequenceMatcher(None, expected, actual, autojunk=False)
    return sum(
        _distance(expected[start:end], actual[other_start:other_end])
        for operation, start, end, other_start, other_end in matcher.get_opcodes()
        if operation != "equal"
    )


def _distance(expected: str, actual: str) -> int:
    previous = list(range(len(actual) + 1))
    for number, character in enumerate(expected, 1):
        current = [number]
        for column, other in enumerate(actual, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (character != other)))
        previous = current
    return previous[-1]
