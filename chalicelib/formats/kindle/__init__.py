"""Books of Amazon's Kindle without copy protection: MOBI and AZW3 (KF8)."""
