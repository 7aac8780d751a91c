"""The copy of an RTF document without active content: written anew, token by token, with what is known to be harmless."""

from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.formats import rtf
from chalicelib.formats.rtf import RtfToken, TokenKind
from chalicelib.inspection.active_content import ActiveContentRemainsError
from chalicelib.inspection.documents import rtf as examiner
from chalicelib.inspection.documents import rtf_actions
from chalicelib.platform import sandbox

_HEX_LINE_DIGITS = 128
# Groups that begin with `\*`, which programs that do not know them pass over: these stay, all others go.
_KEPT_OPTIONAL = frozenset(
    b"annotation atnauthor atndate atnid atnparent atnref atntime atrfend atrfstart background bkmkend bkmkstart blipuid cs "
    b"aftncn aftnsep aftnsepc ds falt fldinst ftncn ftnsep ftnsepc generator latentstyles listlevel listname listoverridetable "
    b"listpicture liststylename listtable mmath mmathpr momath momathpara nesttableprops panose picprop pgptbl pnseclvl revtbl "
    b"rsidtbl shpinst shppict sn sp sv tc ts ud xe".split()
)
# Other groups that a copy does not have.
_REMOVED = frozenset(
    b"datafield datastore file filetbl fontemb fontfile formfield mailmerge nextfile passwordhash private template".split()
)
_OBJECT, _FIELD = b"object", b"field"
_RESULTS = frozenset({b"result", b"fldrslt"})  # what an object or a field has last shown
_SHAPE_PROPERTY = b"sp"
_REMOVED_SHAPE_PROPERTIES = (b"pfragments", b"pibname", b"pihlshape")


@dataclass(slots=True)
class _Group:
    """An open group, as it is written. `name` is the control word that it begins with, if it does.

    `results` are what stays of it when it goes itself.
    """

    name: bytes = b""
    is_optional: bool = False
    is_removed: bool = False
    has_active_code: bool = False
    parts: list[bytes] = field(default_factory=list)
    results: list[bytes] = field(default_factory=list)


def write_view_copy(source: Path, target: Path) -> None:
    """Write the document without objects, templates, active fields, and groups that are not known.

    The result is examined again. Raises ActiveContentRemainsError, and what the reader raises.
    """
    sandbox.step("writing the copy")
    copy = _without_active_content(source.read_bytes())
    sandbox.step("examining the copy")
    remaining = examiner.find_active_content(copy)
    if remaining:
        raise ActiveContentRemainsError(", ".join(sorted(remaining)))
    target.write_bytes(copy)


def _without_active_content(content: bytes) -> bytes:
    open_groups = [_Group()]
    for token in rtf.tokens(content):
        group = open_groups[-1]
        if token.kind is TokenKind.GROUP_START:
            open_groups.append(_Group())
        elif token.kind is TokenKind.GROUP_END:
            _close(open_groups.pop(), open_groups[-1])
        else:
            _add(group, token)
    return b"".join(open_groups[0].parts)


def _add(group: _Group, token: RtfToken) -> None:
    kind, value, parameter = token
    is_first = not group.parts and not group.name
    if kind is TokenKind.WORD:
        if is_first:
            group.name = value
            group.is_removed = (
                value in _REMOVED or value == _OBJECT or (group.is_optional and value not in _KEPT_OPTIONAL)
            )
        if rtf_actions.kind_of_word(value) is None:
            number = b"" if parameter is None else b"%d" % parameter
            group.parts.append(b"\\%b%b " % (value, number))
    elif kind is TokenKind.SYMBOL:
        if is_first and value == b"*":
            group.is_optional = True
        elif value.isascii():
            group.parts.append(b"\\" + value)
    elif kind is TokenKind.BYTE:
        group.parts.append(b"\\'%02x" % (parameter or 0))
    elif kind is TokenKind.BINARY:
        digits = value.hex().encode() if group.name == rtf_actions.PICTURE else b""
        group.parts += [digits[at : at + _HEX_LINE_DIGITS] + b"\n" for at in range(0, len(digits), _HEX_LINE_DIGITS)]
    else:
        group.parts.append(value)


def _close(group: _Group, parent: _Group) -> None:
    """Write a group that ends to the one around it, unless it is removed."""
    content = b"".join(group.parts)
    if group.is_removed:
        parent.parts += group.results if group.name == _OBJECT else []
    elif group.name == rtf_actions.FIELD_CODE and _is_active(content):
        parent.has_active_code = True
    elif group.name == _FIELD and group.has_active_code:
        parent.parts += group.results
    elif group.name != _SHAPE_PROPERTY or not any(name in content.lower() for name in _REMOVED_SHAPE_PROPERTIES):
        parent.parts.append(b"{" + (b"\\*" if group.is_optional else b"") + content + b"}")
        if group.name in _RESULTS:
            parent.results.append(b"{" + content.partition(b" ")[2] + b"}")


def _is_active(field_code: bytes) -> bool:
    return bool(examiner.find_active_content(b"{" + field_code + b"}", scans_pictures=False))
