"""Visionary Media: the Chalice application. This file registers the routes and event handlers of chalicelib."""

from chalice.app import Chalice

from chalicelib.api import authorizer, middleware
from chalicelib.api.routes import (
    account,
    capabilities,
    collections,
    docs,
    exports,
    health,
    media,
    playback,
    podcast,
    search,
    signatures,
    speech,
    uploads,
    uppy,
    voices,
)
from chalicelib.events import account as account_events
from chalicelib.events import ingest, migrate, sweep
from chalicelib.events import speech as speech_events

app = Chalice(app_name="visionary", configure_logs=False)

for routes in (
    docs.routes,
    health.routes,
    uploads.routes,
    capabilities.routes,
    uppy.routes,
    signatures.routes,
    media.routes,
    collections.routes,
    search.routes,
    speech.routes,
    voices.routes,
    playback.routes,
    exports.routes,
    podcast.routes,
    account.routes,
):
    app.register_blueprint(routes)
app.register_blueprint(authorizer.auth)
for events in (ingest.events, speech_events.events, account_events.events, sweep.events, migrate.events):
    app.register_blueprint(events)

middleware.install(app)
