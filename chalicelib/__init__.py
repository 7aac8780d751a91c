"""Visionary Media: the API, the handlers of events, and everything below them."""

import gc

# Starting makes some 400,000 objects that stay. With Python's threshold of 2,000 it would look through them 200 times for
# garbage, which is a tenth of a cold start.
gc.set_threshold(50_000)
