"""The catalogue of an owner's library for e-readers: what its feeds contain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from chalicelib.exports.model import Format
from chalicelib.library import access, folding, media
from chalicelib.library.collections import collections, items
from chalicelib.library.collections.model import CollectionSort
from chalicelib.library.model import Media, MediaFilter, MediaSort, Status
from chalicelib.opds import downloads, store
from chalicelib.opds.model import Feed, FeedKind, NavigationEntry, Publication, path_with
from chalicelib.opds.store import NameCount
from chalicelib.opds.texts import Navigation, Texts
from chalicelib.platform.db import cursor, database
from chalicelib.platform.db.database import Connection

CONTINUE = path_with("/media", in_progress="true", sort=MediaSort.LAST_OPENED)
RECENT = path_with("/media", sort=MediaSort.NEWEST)
BY_TITLE = path_with("/media", sort=MediaSort.TITLE)
EXPORT_FORMATS = (Format.M4B, Format.EPUB)

_NO_ID = UUID(int=0)  # a name is its own key
_SORT_RELATIONS = "http://opds-spec.org/sort/"


def get_root(texts: Texts) -> Feed:
    """Return the feed that a catalogue starts with."""
    acquisition, navigation = FeedKind.ACQUISITION, FeedKind.NAVIGATION
    entries = (
        NavigationEntry(RECENT, *texts.recent, acquisition, f"{_SORT_RELATIONS}new"),
        NavigationEntry(CONTINUE, *texts.in_progress, acquisition),
        NavigationEntry(BY_TITLE, *texts.by_title, acquisition),
        NavigationEntry("/collections", *texts.collections, navigation),
        NavigationEntry("/creators", *texts.creators, navigation),
        NavigationEntry("/series", *texts.series, navigation),
        NavigationEntry("/tags", *texts.tags, navigation),
    )
    return Feed("", "Visionary Media", navigation, datetime.now(UTC), entries)


def list_publications(
    owner_id: UUID,
    media_filter: MediaFilter,
    texts: Texts,
    *,
    sort: MediaSort,
    after: str | None,
    limit: int,
    has_recordings: bool,
) -> Feed:
    """List a page of ready media. Those of a collection are in its order, those of a series in that of the series.

    Without `has_recordings`, recordings are left out. Raises NotFoundError for a collection that is not the owner's.
    """
    if media_filter.collection_id is not None:
        title = collections.get(owner_id, media_filter.collection_id).name
        page = items.list_page(owner_id, media_filter.collection_id, after=after, limit=limit)
        listed: Sequence[Media] = [item for item in page.items if item.status is Status.READY]
        next_cursor = page.next_cursor
    else:
        title = _title(media_filter, sort, texts)
        is_ready = media_filter.model_copy(update={"status": Status.READY})
        media_page = media.list_page(owner_id, is_ready, sort=sort, after=after, limit=limit)
        listed, next_cursor = media_page.items, media_page.next_cursor
        if media_filter.series is not None:
            listed = sorted(listed, key=_series_place)
    query = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in media_filter.model_dump(include=set(MediaFilter.model_fields), exclude_none=True).items()
    }
    query["sort"] = sort.value
    return Feed(
        path_with("/media", **query, cursor=after),
        title,
        FeedKind.ACQUISITION,
        max((item.updated_at for item in listed), default=datetime.now(UTC)),
        publications=_publications(owner_id, listed, texts, has_recordings=has_recordings),
        next_path=None if next_cursor is None else path_with("/media", **query, limit=str(limit), cursor=next_cursor),
    )


def get_publication(owner_id: UUID, media_id: UUID, texts: Texts, *, has_recordings: bool) -> Publication:
    """Return one publication. Raises NotFoundError, and ConflictError unless the media is ready."""
    with database.transaction(owner_id) as connection:
        access.require_open(connection, media_id)
        item = media.load(connection, media_id)
    return _publications(owner_id, [item], texts, has_recordings=has_recordings)[0]


def list_collections(owner_id: UUID, texts: Texts, *, after: str | None, limit: int) -> Feed:
    """List a page of the owner's collections by name."""
    page = collections.list_page(owner_id, sort=CollectionSort.NAME, after=after, limit=limit)
    entries = [
        NavigationEntry(
            path_with("/media", collection_id=str(collection.id)),
            collection.name,
            collection.description or texts.count(collection.item_count, texts.titles),
            FeedKind.ACQUISITION,
            count=collection.item_count,
        )
        for collection in page.items
    ]
    return _navigation("/collections", texts.collections, entries, page.next_cursor, after=after, limit=limit)


def list_creators(owner_id: UUID, texts: Texts, *, after: str | None, limit: int) -> Feed:
    """List a page of the authors of the owner's media, in alphabetical order."""
    return _list_names(
        owner_id, store.list_creators, "/creators", "creator", texts, texts.creators, after=after, limit=limit
    )


def list_series(owner_id: UUID, texts: Texts, *, after: str | None, limit: int) -> Feed:
    """List a page of the series of the owner's media, in alphabetical order."""
    return _list_names(owner_id, store.list_series, "/series", "series", texts, texts.series, after=after, limit=limit)


def list_tags(owner_id: UUID, texts: Texts, *, after: str | None, limit: int) -> Feed:
    """List a page of the owner's tags, in alphabetical order."""
    return _list_names(owner_id, store.list_tags, "/tags", "tag", texts, texts.tags, after=after, limit=limit)


def _list_names(
    owner_id: UUID,
    list_counts: Callable[[Connection], list[NameCount]],
    path: str,
    parameter: str,
    texts: Texts,
    navigation: Navigation,
    *,
    after: str | None,
    limit: int,
) -> Feed:
    start = cursor.decode_key(after, path, cursor.parse_text)
    with database.transaction(owner_id) as connection:
        counts = sorted(list_counts(connection), key=lambda count: _name_key(count.name))
    rest = [count for count in counts if start is None or _name_key(count.name) > _name_key(start.key)]
    entries = [
        NavigationEntry(
            path_with("/media", **{parameter: count.name}, sort=MediaSort.TITLE),
            count.name,
            texts.count(count.item_count, texts.titles),
            FeedKind.ACQUISITION,
            count=count.item_count,
        )
        for count in rest[:limit]
    ]
    next_cursor = cursor.encode_key(path, rest[limit - 1].name, _NO_ID) if len(rest) > limit else None
    return _navigation(path, navigation, entries, next_cursor, after=after, limit=limit)


def _navigation(
    path: str,
    navigation: Navigation,
    entries: Sequence[NavigationEntry],
    next_cursor: str | None,
    *,
    after: str | None,
    limit: int,
) -> Feed:
    return Feed(
        path_with(path, cursor=after),
        navigation[0],
        FeedKind.NAVIGATION,
        datetime.now(UTC),
        entries,
        next_path=None if next_cursor is None else path_with(path, limit=str(limit), cursor=next_cursor),
    )


def _publications(owner_id: UUID, listed: Sequence[Media], texts: Texts, *, has_recordings: bool) -> list[Publication]:
    files = downloads.list_by_media(owner_id, [item.id for item in listed], texts, has_recordings=has_recordings)
    return [
        Publication(
            id=item.id,
            title=item.title,
            authors=item.metadata.creators,
            language=item.metadata.language or item.language,
            publisher=item.metadata.publisher,
            published=item.metadata.published,
            series=item.metadata.series,
            series_index=item.metadata.series_index,
            tags=item.tags,
            summary=_summary(item, texts),
            added_at=item.ready_at or item.created_at,
            updated_at=item.updated_at,
            has_cover=item.has_thumbnail and downloads.has_cover(item.media_type),
            downloads=files[item.id],
        )
        for item in listed
        if item.id in files
    ]


def _summary(item: Media, texts: Texts) -> str:
    """Return what readers show below the title: the series and the extent."""
    series = " ".join(filter(None, (item.metadata.series, _number(item.metadata.series_index))))
    pages = texts.count(item.page_count, texts.pages) if item.page_count else ""
    words = texts.count(item.word_count, texts.words) if item.word_count else ""
    return " · ".join(filter(None, (series, pages, words))) or item.filename


def _number(index: float | None) -> str:
    return "" if index is None else f"{index:g}"


def _title(media_filter: MediaFilter, sort: MediaSort, texts: Texts) -> str:
    if media_filter.q is not None:
        return f"{texts.search}: {media_filter.q}"
    if media_filter.in_progress:
        return texts.in_progress[0]
    named = media_filter.creator or media_filter.series or media_filter.tag
    return named or (texts.recent if sort is MediaSort.NEWEST else texts.by_title)[0]


def _series_place(item: Media) -> tuple[float, str]:
    index = item.metadata.series_index
    return (float("inf") if index is None else index, item.title)


def _name_key(name: str) -> tuple[str, str]:
    return folding.fold(name), name
