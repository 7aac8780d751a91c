"""The API's own application: its routes, authorizers and middleware, without the handlers of events.

The function behind API Gateway starts from here (infra/functions.yaml), so that it does not load what only other functions need.
"""

from functools import partial

from chalice.app import Chalice

from chalicelib.api import authorizer, middleware
from chalicelib.api.routes import (
    account,
    annotations,
    api_keys,
    capabilities,
    changes,
    collections,
    docs,
    exports,
    health,
    imports,
    lexicon,
    mcp,
    media,
    opds,
    play_queue,
    playback,
    podcast,
    preferences,
    recognition,
    search,
    shared,
    shares,
    signatures,
    speech,
    tags,
    trash,
    uploads,
    uppy,
    voices,
    webhooks,
)
from chalicelib.library import spoken_languages
from chalicelib.platform import startup
from chalicelib.platform.aws import queues, s3
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.speech.voices import catalogue

app = Chalice(app_name="visionary", configure_logs=False)

for routes in (
    docs.routes,
    health.routes,
    uploads.routes,
    imports.routes,
    webhooks.routes,
    capabilities.routes,
    uppy.routes,
    signatures.routes,
    media.routes,
    trash.routes,
    collections.routes,
    tags.routes,
    search.routes,
    changes.routes,
    recognition.routes,
    speech.routes,
    voices.routes,
    lexicon.routes,
    annotations.routes,
    playback.routes,
    exports.routes,
    podcast.routes,
    opds.routes,
    shares.routes,
    shared.routes,
    account.routes,
    api_keys.routes,
    mcp.routes,
    preferences.routes,
    play_queue.routes,
):
    app.register_blueprint(routes)
app.register_blueprint(authorizer.auth)

middleware.install(app)
spoken_languages.install(catalogue.speaks)
startup.prepare(settings, s3.client, partial(s3.client, public=True), queues.client, database.prepare)
