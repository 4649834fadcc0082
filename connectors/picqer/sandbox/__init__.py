"""A faithful local imitation of the Picqer API v1."""

from connectors.picqer.sandbox.api import Picqer

REMOTE = Picqer
