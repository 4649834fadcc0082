"""The sandbox kit: faithful local imitations of remote APIs for the demo, the tests and the benchmarks.

A system's own part lives in connectors/<system>/sandbox and is one subclass of `Remote`; this package adds the
clock, the world of records, tokens, limits, faults on demand, the journal of requests and the admin API.
"""

from include.sandbox.server import Running, serve

__all__ = ["Running", "serve"]
