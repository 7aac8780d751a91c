"""Webhooks: addresses of users that are called when something happened, after Standard Webhooks."""
