"""A faithful local imitation of the WooCommerce REST API v3."""

from connectors.woocommerce.sandbox.api import WooCommerce

REMOTE = WooCommerce
