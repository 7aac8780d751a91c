"""Cold starts of the built bundle, laid out as on Lambda."""
