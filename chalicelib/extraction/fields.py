"""Instructions of fields in Word and RTF documents (ECMA-376, part 1, 17.16)."""

MAX_FIELD_WORDS = 20  # of an instruction: a name, a target and switches
_REFERENCES = frozenset({"REF", "PAGEREF", "NOTEREF"})


def target(instruction: str) -> str:
    """Return where the result of a field leads to: `HYPERLINK "https://…" \\l "anchor"`, `REF anchor \\h`."""
    name, *words = [*instruction.split(maxsplit=MAX_FIELD_WORDS)[:MAX_FIELD_WORDS], ""]
    values = [word.strip('"') for word in words]
    if name.upper() in _REFERENCES:
        return f"#{values[0]}" if "\\h" in values else ""
    if name.upper() != "HYPERLINK":
        return ""
    anchor = values[values.index("\\l") + 1] if "\\l" in values[:-1] else ""
    return with_anchor("" if values[0].startswith("\\") else values[0], anchor)


def with_anchor(address: str, anchor: str) -> str:
    """Return an address, or "#", with the name of a place in its document."""
    return f"{address}#{anchor}" if anchor and "#" not in address else address
