"""How often each system is pulled where nobody says otherwise: what is in use today (model reference, E2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from include.spec.manifest import Manifest

HALF_HOURLY, HOURLY, NIGHTLY = "H/30 * * * *", "H * * * *", "H H(1-4) * * *"
CRONS: Mapping[str, str] = {
    "exact_online": HALF_HOURLY,
    # Webhooks make it near real time today; asking every ten minutes comes close.
    "picqer": "H/10 * * * *",
    "amazon_seller": HALF_HOURLY,
    "lightspeed_ecom": "H/10 * * * *",
    "magento": HALF_HOURLY,
    "logic4": "H H/2 * * *",
}


def schedules(manifest: Manifest, objects: Sequence[str]) -> list[str]:
    """Return the lines of a coupling's schedules: changes at the system's rhythm, what is gone each night."""
    lines = [f'  - {{cron: "{CRONS.get(manifest.connector, HOURLY)}", mode: changed}}']
    compared = [
        name
        for name in objects
        if any(manifest.streams[stream].deletions == "snapshot" for stream in manifest.objects[name].streams)  # type: ignore[index]
    ]
    if compared:
        lines.append(f'  - {{cron: "{NIGHTLY}", mode: all, objects: [{", ".join(compared)}]}}')
    return lines
