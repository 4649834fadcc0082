"""Fetch ahead: the next pages are on their way while the last ones are landed."""

from __future__ import annotations

import collections
import contextlib
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
LIMIT = 5000


class Ahead(Generic[Item]):
    """Iterates `source` in a thread of its own; each step yields all items that are waiting, at least one.

    The thread pauses while the waiting items weigh `limit` or more, so memory stays flat and small pages land many
    at a time. An error of the source is raised after the items that came before it.
    """

    def __init__(self, source: Iterator[Item], weight: Callable[[Item], int], limit: int = LIMIT) -> None:
        self._source, self._weight, self._limit = source, weight, limit
        self._waiting: collections.deque[Item] = collections.deque()
        self._weighs = 0
        self._changed = threading.Condition()
        self._ended = False
        self._stopped = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="fetch-ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[list[Item]]:
        """Yield the items in order, those that wait together."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                items = list(self._waiting)
                self._waiting.clear()
                self._weighs = 0
                self._changed.notify_all()
            if items:
                yield items
            elif self._error is not None:
                raise self._error
            else:
                return

    def close(self) -> None:
        """Stop fetching; returns when the thread has ended."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        try:
            with contextlib.ExitStack() as stack:
                # Closed in this thread, and at once: the source may hold a connection open.
                if isinstance(self._source, Generator):
                    stack.callback(self._source.close)
                self._fetch()
        except BaseException as error:
            # Handed over to the consumer, which raises it.
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _fetch(self) -> None:
        for item in self._source:
            with self._changed:
                self._waiting.append(item)
                self._weighs += self._weight(item)
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._weighs < self._limit or self._stopped)
                if self._stopped:
                    return
