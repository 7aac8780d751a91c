"""Logs: one structured line per outcome. Never a URL, a token, a filename's content or document text."""

from aws_lambda_powertools import Logger

logger = Logger(log_uncaught_exceptions=False)
