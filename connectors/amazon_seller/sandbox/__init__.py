"""A faithful local imitation of Amazon's Selling Partner API, as one seller in three marketplaces sees it."""

from connectors.amazon_seller.sandbox.api import AmazonSeller

REMOTE = AmazonSeller
