"""Support's pages inside the Airflow UI: an entry in the navigation, and a tab on each DAG's page."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin


async def desk(scope: Any, receive: Any, send: Any) -> None:
    """Hand a request to the application, which only the api-server loads: every Airflow process reads this file."""
    from include.desk.served import app  # noqa: PLC0415 - Airflow reads this file in each task

    await app(scope, receive, send)


class SupportDesk(AirflowPlugin):
    """The desk below /desk."""

    name = "support_desk"
    fastapi_apps = [{"app": desk, "url_prefix": "/desk", "name": "Support desk"}]
    external_views = [
        {
            "name": "Couplings",
            "href": "/desk/couplings",
            "destination": "nav",
            "url_route": "couplings",
            "icon": "/desk/assets/desk.svg",
            "icon_dark_mode": "/desk/assets/desk.svg",
            "nav_top_level": True,
        },
        {"name": "Coupling", "href": "/desk/dag/{DAG_ID}", "destination": "dag", "url_route": "coupling"},
    ]
