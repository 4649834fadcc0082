"""A faithful local imitation of the Exact Online REST API v1."""

from connectors.exact_online.sandbox.api import ExactOnline

REMOTE = ExactOnline
