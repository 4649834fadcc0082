"""A faithful local imitation of the Logic4 API."""

from connectors.logic4.sandbox.api import Logic4

REMOTE = Logic4
