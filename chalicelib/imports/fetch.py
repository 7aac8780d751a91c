"""Fetching what an address names. Runs without database and network of ours: the file goes to the inspection by storage."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from email.message import EmailMessage
from html import escape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from chalicelib.imports import article
from chalicelib.imports.article import Article
from chalicelib.imports.model import MAX_BYTES, FetchedFile, FetchMessage, ImportFailedError, ImportFailedMessage
from chalicelib.inspection import types
from chalicelib.library.object_keys import incoming_key
from chalicelib.platform import file_names, outbound
from chalicelib.platform.aws import queues, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.deadline import Deadline
from chalicelib.platform.outbound import DownloadLimits, OutboundError, WebAddress, WebAddressError
from chalicelib.platform.telemetry.observability import logger

DOWNLOAD_S = 20.0  # of the function's 60
PICTURES_S, PICTURE_S = 15.0, 5.0  # of all pictures, and of one; a page without some of them is readable
MAX_PICTURE_BYTES = 5 * 1024 * 1024
MAX_PICTURES_BYTES = 13 * 1024 * 1024  # of all; base64 makes 17 MB of them
ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.5"
# First bytes of pictures that browsers show and the inspection of pages leaves alone.
_PICTURES: Mapping[bytes, str] = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
}
_WEBP = (b"RIFF", b"WEBP")


def fetch(message: FetchMessage) -> str:
    """Fetch a page or a file and hand it to the inspection; return the outcome. Safe to repeat.

    What the address is to blame for is an outcome; a failure of ours is raised, so that the queue retries.
    """
    try:
        file = _fetch(message.url)
    except ImportFailedError as error:
        failed = ImportFailedMessage(
            owner_id=message.owner_id, media_id=message.media_id, code=error.code, detail=error.detail
        )
        queues.send(Queue.INGEST, failed.model_dump_json(), group=str(message.owner_id))
        return error.code
    storage.put_incoming(
        incoming_key(message.owner_id, message.media_id),
        file.content,
        media_type=file.media_type,
        filename=file.filename,
    )
    return "fetched"


def _fetch(url: str) -> FetchedFile:
    allow_loopback = settings().imports_reach_loopback
    try:
        target = outbound.parse(url, allow_loopback=allow_loopback)
        found = outbound.download(
            target, DownloadLimits(MAX_BYTES, DOWNLOAD_S), accept=ACCEPT, allow_loopback=allow_loopback
        )
    except WebAddressError as error:
        raise ImportFailedError("address_not_public", str(error)) from None
    except OutboundError as error:
        raise ImportFailedError(error.reason, error.detail) from None
    if not found.content:
        raise ImportFailedError("empty", f"{target.host} sends an empty page. Open the address in a browser.")
    declared = found.headers.get("content-type", "").strip()
    filename = _filename(found.target, found.headers.get("content-disposition", ""))
    kind = types.resolve(declared or article.MEDIA_TYPE, filename)
    if kind is None:
        raise ImportFailedError(
            "type_not_allowed",
            f"What is at this address has the type {declared.partition(';')[0][:80]!r}, which is not accepted.",
        )
    if kind.media_type != article.MEDIA_TYPE:
        return FetchedFile(_with_ending(filename, kind), declared or kind.media_type, found.content)
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        path = Path(folder) / "page"
        path.write_bytes(found.content)
        page = article.extract(path, found.target.url, types.declared_charset(declared))
    content = compose(page, _fetch_pictures(page, found.target))
    return FetchedFile(file_names.safe(f"{page.title or filename}.html"), article.MEDIA_TYPE, content)


def _filename(target: WebAddress, disposition: str) -> str:
    message = EmailMessage()
    try:
        message["Content-Disposition"] = disposition or "inline"
        name = message.get_filename()
    except ValueError:
        name = None
    last = unquote(target.path.partition("?")[0].rstrip("/").rpartition("/")[2], errors="replace")
    return file_names.safe(PurePosixPath((name or last).replace("\\", "/")).name or target.host)


def _with_ending(filename: str, kind: types.FileType) -> str:
    is_named = types.check_declaration(kind.media_type, filename) is None
    return filename if is_named else file_names.safe(f"{filename}{kind.extensions[0]}")


def _fetch_pictures(page: Article, base: WebAddress) -> Mapping[str, str]:
    """Return the pictures of an article as `data:` addresses, as far as time and space allow."""
    deadline, left_bytes = Deadline(PICTURES_S), MAX_PICTURES_BYTES
    fetched: dict[str, str] = {}
    for place in page.pictures:
        if place.address in fetched:
            continue
        limits = DownloadLimits(min(MAX_PICTURE_BYTES, left_bytes), min(PICTURE_S, deadline.remaining_s()))
        if not limits.max_bytes or not limits.seconds:
            break
        fetched[place.address] = picture = _fetch_picture(place.address, base, limits)
        left_bytes = max(0, left_bytes - len(picture) * 3 // 4)
    logger.info("pictures fetched", pictures=len(page.pictures), fetched=len([*filter(None, fetched.values())]))
    return fetched


def _fetch_picture(address: str, base: WebAddress, limits: DownloadLimits) -> str:
    """Return a picture as a `data:` address; empty if there is none that is shown."""
    allow_loopback = settings().imports_reach_loopback
    try:
        target = base.join(address, allow_loopback=allow_loopback)
        content = outbound.download(target, limits, accept="image/*", allow_loopback=allow_loopback).content
    except (WebAddressError, OutboundError):
        return ""
    kind = next((kind for start, kind in _PICTURES.items() if content.startswith(start)), None)
    if content[:4] == _WEBP[0] and content[8:12] == _WEBP[1]:
        kind = "image/webp"
    return f"data:{kind};base64,{base64.b64encode(content).decode()}" if kind else ""


def compose(page: Article, pictures: Mapping[str, str]) -> bytes:
    """Return the article as a page of its own. Pictures that are missing leave their descriptions."""
    parts: list[str] = []
    for place in page.pictures:
        picture = pictures.get(place.address)
        source = f' src="{picture}"' if picture else ""
        description = f' alt="{escape(place.description)}"' if place.description or picture else ""
        parts += (place.before, f"<img{source}{description}>" if picture or description else "")
    return "".join((*parts, page.rest)).encode(errors="replace")
