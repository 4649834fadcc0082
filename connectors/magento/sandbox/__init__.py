"""A faithful local imitation of the Magento 2 REST API, version V1."""

from connectors.magento.sandbox.api import Magento

REMOTE = Magento
