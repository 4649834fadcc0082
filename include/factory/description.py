"""The documentation of a generated DAG, made from the coupling's files."""

from __future__ import annotations

from include.spec.load import CouplingConfig


def describe(config: CouplingConfig) -> str:
    """Return Markdown: what the coupling is, what it pulls when, where credentials are, what to do on failure."""
    manifest, webshop = config.manifest, config.webshop
    lines = [
        f"## {config.title}",
        "",
        f"Webshop **{webshop.title}** (`{webshop.webshop}`, {webshop.time_zone}), {config.role} coupling to "
        f"[{manifest.title}]({manifest.docs}). Written in `{config.file}`.",
        "",
        "| Object | Remote endpoints | Pulled when |",
        "| --- | --- | --- |",
        *(_object_row(config, name) for name in config.objects),
        "",
        f"**Credentials**: Airflow connection `{config.connection}` (Admin, Connections).",
        *(
            f"- {field}: {text}"
            for field in ("host", "login", "password")
            if (text := getattr(manifest.connection, field))
        ),
        *(f"- extra `{name}`: {text}" for name, text in sorted(manifest.connection.extra.items())),
        "",
    ]
    if config.match_key:
        lines += [f"**Lines find the primary's product by**: {config.match_key}.", ""]
    if manifest.client.budgets:
        limits = ", ".join(
            f"{budget.requests} per {budget.seconds} s ({budget.name})" for budget in manifest.client.budgets
        )
        lines += [f"**Limits**: {limits}. A long wait gives the worker slot back; the pull goes on by itself.", ""]
    if config.settings:
        lines += ["| Setting | Value | Meaning |", "| --- | --- | --- |"]
        lines += [
            f"| `{key}` | `{value}` | {manifest.settings[key].help} |" for key, value in sorted(config.settings.items())
        ]
        lines += [""]
    if config.overrides:
        lines += ["| Mapped otherwise | As | Written in |", "| --- | --- | --- |"]
        for override in config.overrides:
            expression = override.expression.replace("|", "&#124;")
            lines += [f"| {override.table} `{override.column}` | `{expression}` | line {override.line} |"]
        lines += [""]
    lines += [
        "**When a task is red**: open it; the last lines of its log say why, who acts, and the next step. "
        "Trigger the DAG again with the object ticked; a pull goes on where it stopped."
    ]
    return "\n".join(lines)


def _object_row(config: CouplingConfig, name: str) -> str:
    streams = config.manifest.objects[name].streams  # type: ignore[index]
    plans = [f"`{plan.cron}` ({plan.mode})" for plan in config.plans if name in plan.objects]
    endpoints = ", ".join(f"`{config.manifest.streams[stream].path}`" for stream in streams)
    when = ", ".join(plans) or ("by hand only" if name in config.pulled_objects else "never: orders are only posted")
    return f"| {name.replace('_', ' ')} | {endpoints} | {when} |"
