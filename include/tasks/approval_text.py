"""What a person reads who is asked about deletions, as Markdown for the Airflow UI."""

from __future__ import annotations

import re
from collections.abc import Sequence

from include.warehouse.approvals import Approval, Listed

# What Markdown would read as markup, or as the end of a cell.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&-])")


def subject(found: Approval) -> str:
    """Return the headline of the question."""
    return found.headline()


def body(found: Approval, listed: Sequence[Listed]) -> str:
    """Return the question: what happened, what each answer does, and the records that would go."""
    things = found.object.replace("_", " ")
    share = f"{found.missing / found.known:.0%}" if found.known else "all"
    lines = [
        f"A pull of everything met **{found.seen}** records of `{found.stream}` and missed **{found.missing}** of the "
        f"**{found.known}** that are known ({share}). That is too many to delete unasked: nothing is deleted yet.",
        "",
        "| | |",
        "| --- | --- |",
        f"| Coupling | {escaped(found.title)} (`{found.coupling}`) |",
        f"| Object | {things}, stream `{found.stream}` |",
        f"| Asked by | pull {found.pull_id}, {_origin(found)} |",
        f"| Answer before | {found.expires_at:%Y-%m-%d %H:%M} UTC, below the list; unanswered, all is kept |",
        "",
        f"**Look into {escaped(found.title)}, or ask the customer: were these {things} really removed there?**",
        "",
        "- **Delete them**: exactly these records count as deleted (a product is disabled in Optiply), but for those "
        "that the remote has again by then.",
        "- **Keep them**: nothing changes. You are asked again only when other records are missing as well.",
        "",
        f"| Remote id | Name in Optiply ({len(listed)} of {found.missing}) |",
        "| --- | --- |",
        *(f"| {escaped(one.record_key)} | {escaped(one.label or '')} |" for one in listed),
        "",
    ]
    if len(listed) < found.missing:
        lines.append(f"The whole list: `./run cli approvals show {found.id}`")
    return "\n".join(lines)


def _origin(found: Approval) -> str:
    return f"run `{found.run_id}` of `{found.dag_id}`" if found.run_id else "on the command line"


def escaped(text: str) -> str:
    """Return text of a remote system so that it stays text, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
