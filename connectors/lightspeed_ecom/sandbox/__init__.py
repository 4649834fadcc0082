"""A faithful local imitation of the Lightspeed eCom (C-Series) API."""

from connectors.lightspeed_ecom.sandbox.api import LightspeedEcom

REMOTE = LightspeedEcom
