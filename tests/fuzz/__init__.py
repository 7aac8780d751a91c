"""Thousands of generated requests, valid and not, against a deployment: no 5xx, and nothing that is not described."""
