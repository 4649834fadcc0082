"""A local imitation of the BigCommerce API."""

from connectors.bigcommerce.sandbox.api import Bigcommerce

REMOTE = Bigcommerce
