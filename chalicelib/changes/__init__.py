"""The change feed: what of an owner's library changed since a client last asked."""
