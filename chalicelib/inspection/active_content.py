"""Kinds of active content: what they are, and what the copy without them is like. The keys are parts of warning codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


class ActiveContentRemainsError(Exception):
    """A copy still has active content."""


_NONE_IN_COPY = "The copy you see has none."


@dataclass(frozen=True, slots=True)
class ActiveContentKind:
    """One kind of active content. `label` and `removed` are for the file's owner: what it is, and what the copy has."""

    label: str
    removed: str = _NONE_IN_COPY


KINDS: Mapping[str, ActiveContentKind] = MappingProxyType(
    {
        "javascript": ActiveContentKind("scripts"),
        "launch": ActiveContentKind("actions that start programs"),
        "attachments": ActiveContentKind(
            "attached files", "The copy you see has none; upload them on their own if you need them."
        ),
        "rich_media": ActiveContentKind("embedded video, sound or 3D"),
        "xfa": ActiveContentKind("a dynamic form (XFA)", "The copy you see shows its printed pages only."),
        "form_actions": ActiveContentKind("form fields that send or load data", "In the copy you see they do neither."),
        "remote_goto": ActiveContentKind("links that open other files"),
        "unsafe_links": ActiveContentKind(
            "links that run scripts or open files of your computer", "In the copy you see they do nothing."
        ),
        "external_files": ActiveContentKind("pages or pictures whose content is in other files"),
        "automatic_actions": ActiveContentKind("actions that run automatically"),
        "macros": ActiveContentKind("macros"),
        "controls": ActiveContentKind("ActiveX controls"),
        "embedded_objects": ActiveContentKind(
            "embedded objects", "The copy has their pictures only; upload the files on their own if you need them."
        ),
        "programs": ActiveContentKind("programs"),
        "buttons": ActiveContentKind("changes to the buttons of the program that opens it"),
        "remote_parts": ActiveContentKind("parts that are fetched from elsewhere"),
        "field_codes": ActiveContentKind(
            "fields that start programs (DDE) or fetch something", "The copy has the text that they last showed."
        ),
        "other_files": ActiveContentKind("files that are not pictures", "The copy you see has the pages alone."),
        "trailing_data": ActiveContentKind("bytes behind the end of the document"),
        "frames": ActiveContentKind("frames or objects that are neither text nor a picture"),
    }
)
