"""The texts of a scaffolded connector, with places such as <<connector>> to be filled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(__file__).parent
_PLACE = re.compile(r"<<([a-z_]+)>>")


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return the text of the file `template`, below this folder, with each place filled."""
    text = (_FOLDER / template).read_text(encoding="utf-8")
    return _PLACE.sub(lambda match: values[match[1]], text)
