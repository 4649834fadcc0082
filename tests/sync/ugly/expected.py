"""Which rows the landed records of each connector must become."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tests.sync.ugly.rows import Docs, Row
from tests.sync.ugly.shops import amazon_seller, bigcommerce, bol_com, lightspeed_ecom, magento, woocommerce
from tests.sync.ugly.suites import exact_online, logic4, picqer

EXPECTED: Mapping[str, Callable[[Docs], Iterator[Row]]] = {
    function.__name__: function
    for function in (
        picqer,
        logic4,
        exact_online,
        lightspeed_ecom,
        bigcommerce,
        magento,
        woocommerce,
        amazon_seller,
        bol_com,
    )
}
