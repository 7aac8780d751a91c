"""Whole prefixes of a bucket on LocalStack: erasure with old versions and unfinished uploads."""

from chalicelib.platform.aws import buckets, multipart, storage
from chalicelib.platform.aws.s3 import Bucket


def test_a_prefix_is_erased_with_old_versions_and_unfinished_uploads(key: str) -> None:
    prefix = f"speech/{key}/"
    for name in ("a", "b"):
        for content in (b"first", b"second"):
            storage.put(f"{prefix}{name}", content, media_type="text/plain")
    storage.delete([f"{prefix}b"])
    multipart.create(f"{prefix}c", media_type="text/plain", bucket=Bucket.LIBRARY)
    storage.put(f"speech/{key}-of-another-owner", b"kept", media_type="text/plain")

    assert [summary.key for summary in buckets.list_keys(Bucket.LIBRARY, prefix, "")] == [f"{prefix}a"]
    assert buckets.count_prefix(Bucket.LIBRARY, prefix) == (5, 1)
    assert sum(buckets.delete_prefix(Bucket.LIBRARY, prefix)) == 5
    assert sum(buckets.abort_uploads_under(Bucket.LIBRARY, prefix)) == 1
    assert buckets.count_prefix(Bucket.LIBRARY, prefix) == (0, 0)
    assert storage.read(f"speech/{key}-of-another-owner") == b"kept"
