"""Stylesheet, script and icon: files of this folder, nothing from elsewhere."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from starlette.responses import FileResponse, Response

from include.desk.show import HERE

router = APIRouter()
_KINDS = {"desk.css": "text/css", "desk.js": "text/javascript", "desk.svg": "image/svg+xml"}


@router.get("/assets/{name}")
def asset(name: str) -> Response:
    """Return a file; the browser asks each time whether it changed."""
    if name not in _KINDS:
        raise HTTPException(404, "There is no such file.")
    return FileResponse(HERE / "assets" / name, media_type=_KINDS[name], headers={"Cache-Control": "no-cache"})
