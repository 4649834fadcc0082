"""Bring a remote's registrations in line with what is wanted: one per topic, alive, at our address, with our secret.

The list is read before anything is made, and the intent written down before the call: a call whose outcome nobody knows
is looked for in the list before it is made again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence

import psycopg

from include.contract.errors import (
    AskPerson,
    AuthRefused,
    Misconfigured,
    SyncError,
    UnexpectedResponse,
    Wait,
)
from include.engine.tell import Told
from include.spec.webhooks import Webhooks
from include.sync.webhook_calls import Calls, Found
from include.warehouse import registrations
from include.warehouse.registrations import Registered

log = logging.getLogger(__name__)
# A remote that answers before it is done (bol.com) is looked at again after these seconds.
LOOKS = (0.0, 1.0, 3.0)


@dataclasses.dataclass(frozen=True)
class Done:
    """What was done about a topic; `error` says why it is not as it should be."""

    topic: str
    deed: str
    error: SyncError | None = None


class Order:
    """One look at one coupling's registrations."""

    def __init__(
        self,
        connection: psycopg.Connection,
        coupling_id: int,
        calls: Calls,
        webhooks: Webhooks,
        secret: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection, self._coupling_id, self._calls, self._sleep = connection, coupling_id, calls, sleep
        self._webhooks = webhooks
        self._digest = hashlib.sha256(secret.encode()).digest() if calls.tells_secret and secret else None
        self._known: dict[str, Registered] = {}
        self._before: dict[str, Registered] = {}
        self._refused: SyncError | None = None

    def bring_about(self, wanted: Sequence[str]) -> Iterator[Done]:
        """Yield what was done about each topic. Raises an error of the tree where the remote cannot even be asked."""
        self._known = self._before = registrations.registered(self._connection, self._coupling_id)
        found = self._ours()
        for topic in wanted:
            yield self._tried(topic, [each for each in found if each.topic == topic])
        topics = dict.fromkeys([*self._known, *(each.topic for each in found)])
        for topic in topics:
            if topic not in wanted:
                yield from self._unwanted(topic, [each for each in found if each.topic == topic])

    def _ours(self) -> list[Found]:
        return self._calls.ours(dict.fromkeys([*self._webhooks.events, *self._known]))

    def _tried(self, topic: str, found: list[Found]) -> Done:
        """Make one topic right. What a person or the clock has to mend for all of them ends the look."""
        try:
            return self._wanted(topic, found)
        except (AskPerson, Wait):
            raise
        except SyncError as error:
            return self._not_right(topic, self._state_of_failure(topic), error)

    def _state_of_failure(self, topic: str) -> str:
        known = self._before.get(topic)
        return "lost" if known and known.state in ("registered", "lost") else "failed"

    def _wanted(self, topic: str, found: list[Found]) -> Done:
        keep = self._best(found)
        for each in found:
            # What is switched off sends nothing, and some remotes list for ever what was taken away.
            if each is not keep and each.is_active:
                self._take_away(each)
        if keep is None:
            return self._create(topic, is_lost=not any(each.is_active for each in found))
        if keep.is_active:
            self._stands(topic, keep.remote_id, None)
            return Done(topic, "right")
        return self._revive(keep)

    def _best(self, found: Sequence[Found]) -> Found | None:
        """Return the registration to keep: one that sends, and of those the one that we know."""
        return next(iter(sorted(filter(self._fits, found), key=self._preference)), None)

    def _preference(self, found: Found) -> tuple[bool, bool]:
        known = self._known.get(found.topic)
        return not found.is_active, not (known and known.remote_id == found.remote_id)

    def _fits(self, found: Found) -> bool:
        """Return whether a registration is the one that is wanted: our address, and signed with the secret of now."""
        if found.address != self._calls.target:
            return False
        if self._digest is None:
            return True
        known = self._known.get(found.topic)
        if known is None or known.secret_digest != self._digest:
            return False
        # Without an id: the answer to our call never came, so what sends to us since is what that call made.
        return found.is_active if known.remote_id is None else known.remote_id == found.remote_id

    def _create(self, topic: str, *, is_lost: bool) -> Done:
        if self._refused is not None:
            return self._not_right(topic, self._state_of_failure(topic), self._refused)
        known = self._before.get(topic)
        had = known is not None and known.state in ("registered", "lost", "disabled")
        registrations.intend(self._connection, self._coupling_id, topic, self._calls.target, self._digest)
        told, remote_id = self._calls.create(topic)
        if remote_id is None and (told.outcome != "refused" or self._calls.exists_already(told)):
            remote_id = self._seen(topic)
        if remote_id is None:
            return self._not_created(topic, told)
        lost = "it was lost at the remote and is registered anew" if had and is_lost else None
        self._stands(topic, remote_id, lost)
        return Done(topic, "lost and registered again" if lost else "registered")

    def _not_created(self, topic: str, told: Told) -> Done:
        if self._calls.exists_already(told):
            words = f"the remote already sends '{topic}' to another address, and to one only"
            step = "Ask who else uses our app for this customer (a test platform?); remove that registration there."
            return self._not_right(topic, "failed", Misconfigured(words, next_step=step))
        if told.outcome == "refused" and told.error is not None:
            # A login that may not do it for one topic may not do it for the next one either.
            self._refused = told.error if isinstance(told.error, AuthRefused) else None
            return self._not_right(topic, self._state_of_failure(topic), told.error)
        error = told.error or UnexpectedResponse(f"the remote accepted '{topic}' and does not list it yet")
        return self._not_right(topic, "wanted", error)

    def _seen(self, topic: str) -> str | None:
        """Look for what our call has made, a few times where that takes the remote a moment."""
        for pause in LOOKS:
            self._sleep(pause)
            self._known = registrations.registered(self._connection, self._coupling_id)
            best = self._best([each for each in self._calls.ours([topic]) if each.topic == topic and each.is_active])
            if best is not None:
                return best.remote_id
        return None

    def _revive(self, found: Found) -> Done:
        if not self._calls.can_revive:
            self._take_away(found)
            return self._create(found.topic, is_lost=True)
        told = self._calls.revive(found)
        if told.outcome != "accepted":
            return self._not_right(found.topic, "disabled", _error(told, found.topic))
        self._stands(found.topic, found.remote_id, "the remote had switched it off; it is on again")
        return Done(found.topic, "switched off and on again")

    def _unwanted(self, topic: str, found: list[Found]) -> Iterator[Done]:
        known = self._before.get(topic)
        state = known.state if known else None
        # Where it was taken away before, some remotes go on listing it as switched off.
        there = [each for each in found if each.is_active or state != "removed"]
        if there and not self._calls.can_remove:
            if state != "left":
                step = str(self._webhooks.registration.cannot_remove)
                error = Misconfigured("our login may not take this registration away", next_step=step)
                yield self._not_right(topic, "left", error)
            return
        if not there and state in (None, "removed"):
            return
        try:
            for each in there:
                self._take_away(each)
        except (AskPerson, Wait):
            raise
        except SyncError as error:
            yield self._not_right(topic, "failed", error)
            return
        registrations.is_not(self._connection, self._coupling_id, topic, "removed", None)
        yield Done(topic, "taken away")

    def _take_away(self, found: Found) -> None:
        if not self._calls.can_remove:
            return
        told = self._calls.remove(found)
        log.info("%s: registration %s was taken away (%s)", found.topic, found.remote_id, told.outcome)
        if told.outcome != "accepted":
            raise _error(told, found.topic)

    def _stands(self, topic: str, remote_id: str, repaired: str | None) -> None:
        digest, address = self._digest, self._calls.target
        registrations.stands(self._connection, self._coupling_id, topic, remote_id, address, digest, repaired)

    def _not_right(self, topic: str, state: str, error: SyncError) -> Done:
        registrations.is_not(self._connection, self._coupling_id, topic, state, error.reason)
        return Done(topic, state, error)


def _error(told: Told, topic: str) -> SyncError:
    return told.error or UnexpectedResponse(f"the remote did not say what became of '{topic}'")
