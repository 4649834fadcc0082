"""The text of a scaffolded sandbox: three modules and its REMOTE."""

from __future__ import annotations

from include.kit.scaffold.plan import Plan
from include.kit.scaffold.templates import filled


def render(plan: Plan) -> dict[str, str]:
    """Return file name -> text."""
    values = {
        "connector": plan.name,
        "title": plan.title,
        "class": plan.class_name,
        "streams": "".join(f'    "{name}",\n' for name in plan.streams),
        "page_parameter": '"page"' if plan.paging == "page_number" else "None",
    }
    return {
        "__init__.py": filled("sandbox/init.py.txt", values),
        "api.py": filled("sandbox/api.py.txt", values),
        "shop.py": filled("sandbox/shop.py.txt", values),
        "pages.py": filled(f"sandbox/pages_{plan.paging}.py.txt", values),
        "proof.py": filled(f"sandbox/proof_{plan.auth}.py.txt", values),
    }
