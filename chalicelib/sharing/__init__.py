"""Share links: anyone with the address can read one media or one collection, until it expires or is revoked."""
