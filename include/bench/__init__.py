"""Benchmarks: each one beside a floor measured in the same run, so that the ratio holds when the machine's speed does not."""
