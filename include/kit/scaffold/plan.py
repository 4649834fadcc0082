"""What is to be scaffolded, checked."""

from __future__ import annotations

import dataclasses
import re

from include.contract.errors import Misconfigured
from include.spec.load import CONNECTORS
from include.spec.objects import OBJECTS
from include.spec.problems import nearest

AUTHS = ("basic", "header", "oauth1", "client_credentials", "refresh_token")
PAGINGS = ("page_number", "offset", "after_key", "token", "next_link", "none")
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 24


@dataclasses.dataclass(frozen=True)
class Plan:
    """A connector to be; `docs` is the address of the API's documentation."""

    name: str
    title: str
    docs: str
    auth: str
    paging: str
    objects: tuple[str, ...]

    @property
    def streams(self) -> tuple[str, ...]:
        """One stream per object, with its name, in the model's order."""
        return tuple(name for name in OBJECTS if name in self.objects)

    @property
    def class_name(self) -> str:
        """The name of the sandbox's class."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    def checked(self) -> Plan:
        """Return the plan. Raises Misconfigured naming what cannot be."""
        problem = ""
        if not _NAME.fullmatch(self.name) or len(self.name) > _LONGEST:
            problem = f"'{self.name}' is no name: a-z, 0-9 and _, beginning with a letter, at most {_LONGEST} long"
        elif (CONNECTORS / self.name).exists():
            problem = f"there is a connector '{self.name}' already"
        elif not self.title.strip() or '"' in self.title:
            problem = "the title is empty or holds a quotation mark"
        elif not self.objects:
            problem = f"no object is named; there are {', '.join(OBJECTS)}"
        else:
            for name in self.objects:
                if name not in OBJECTS:
                    problem = f"there is no object '{name}'.{nearest(name, OBJECTS)}"
        if problem:
            raise Misconfigured(problem, next_step="Call it again with another word; nothing was written.")
        return self
