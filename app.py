"""Visionary Media: the Chalice application, which is the API and the handlers of events."""

from chalicelib.api.application import app
from chalicelib.events import (
    account,
    backup,
    built_in_voice,
    imports,
    ingest,
    migrate,
    recognition,
    speech,
    sweep,
    webhooks,
)

__all__ = ["app"]

for events in (
    ingest.events,
    imports.events,
    webhooks.events,
    recognition.events,
    speech.events,
    built_in_voice.events,
    account.events,
    sweep.events,
    migrate.events,
    backup.events,
):
    app.register_blueprint(events)
