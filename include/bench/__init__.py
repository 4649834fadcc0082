"""Benchmarks, each beside a floor of the same run: the ratio holds when the machine's speed does not."""
