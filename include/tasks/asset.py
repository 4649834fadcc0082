"""The asset whose events start a transform."""

from __future__ import annotations

from airflow.sdk import Asset

LANDED = Asset(name="landed", uri="optiply://warehouse/landed")
