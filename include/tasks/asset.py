"""The assets whose events start runs: what landed starts a transform, what arrived is worked on."""

from __future__ import annotations

from airflow.sdk import Asset, AssetWatcher

from include.tasks.inbox_trigger import InboxTrigger

LANDED = Asset(name="landed", uri="optiply://warehouse/landed")
ARRIVED = Asset(
    name="arrived",
    uri="optiply://warehouse/webhook_events",
    watchers=[AssetWatcher(name="inbox", trigger=InboxTrigger())],
)
