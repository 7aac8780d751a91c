"""Fuzzing of a deployment with thousands of valid and invalid requests: no 5xx, and only documented responses."""
