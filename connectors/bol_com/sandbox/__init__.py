"""A faithful local imitation of the bol.com Retailer API v10."""

from connectors.bol_com.sandbox.api import BolCom

REMOTE = BolCom
