"""A failed task is tried again only where that can help, and its log ends with the reason."""

import logging
import traceback
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk import RetryDecision
from airflow.sdk.definitions.retry_policy import RetryAction

from include.contract import errors
from include.tasks.failure import RETRIES, RetryByKind, tell_reason, without_traceback

FINAL = [
    errors.AuthRefused,
    errors.Misconfigured,
    errors.RequestRefused,
    errors.NotThere,
    errors.PlatformBug,
]
TRANSIENT = [errors.RemoteDown, errors.UnexpectedResponse, errors.WarehouseDown]


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("kind", FINAL)
def test_what_a_person_must_mend_is_not_tried_again(kind: type[errors.SyncError]) -> None:
    decision = RetryByKind().evaluate(kind("what"), 1, RETRIES)
    assert decision.action == RetryAction.FAIL
    assert kind.error_class in (decision.reason or "")


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("kind", TRANSIENT)
def test_what_may_pass_is_tried_again_later_and_later(kind: type[errors.SyncError]) -> None:
    for number, seconds in enumerate((10, 30, 90, 270, 810, 900, 900), 1):
        for _ in range(20):
            decision = RetryByKind().evaluate(kind("what"), number, RETRIES)
            assert decision.action == RetryAction.RETRY
            assert decision.retry_delay is not None
            assert 0.8 * seconds <= decision.retry_delay.total_seconds() <= 1.2 * seconds


@pytest.mark.requirement("R7")
def test_waits_differ_so_that_a_thousand_couplings_do_not_come_back_at_once() -> None:
    delays = {RetryByKind().evaluate(errors.RemoteDown("x"), 3, RETRIES).retry_delay for _ in range(20)}
    assert len(delays) > 10


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(
    "error", [RuntimeError("boom"), KeyError("id"), errors.LimitReached("wait", datetime.now(UTC))]
)
def test_the_unforeseen_follows_the_tasks_own_retries(error: Exception) -> None:
    assert RetryByKind().evaluate(error, 1, RETRIES) == RetryDecision.default()


def test_every_kind_of_error_is_decided() -> None:
    ours = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.SyncError)}
    branches = {errors.SyncError, errors.AskPerson, errors.Wait, errors.TryAgain, errors.GiveUp}
    assert {*FINAL, *TRANSIENT, errors.LimitReached} == ours - branches


def test_the_policy_survives_serialisation() -> None:
    policy = RetryByKind.deserialize(RetryByKind().serialize())
    assert policy.evaluate(errors.RemoteDown("x"), 1, 5).action == RetryAction.RETRY


@pytest.mark.requirement("R1")
def test_the_last_lines_say_what_who_and_what_next(caplog: pytest.LogCaptureFixture) -> None:
    tell_reason({"exception": errors.AuthRefused("shop.nl/api/items answered 401: no", next_step="Ask for a new key.")})
    # Ends the group that Airflow's pages fold away, or nobody would see what follows.
    assert caplog.messages[0] == "::endgroup::"
    assert caplog.messages[1:] == [
        "FAILED (auth): shop.nl/api/items answered 401: no",
        "Who acts: customer. Next step: Ask for a new key.",
    ]
    assert {record.levelno for record in caplog.records[1:]} == {logging.ERROR}


@pytest.mark.requirement("R1")
def test_nobody_has_to_act_for_what_passes(caplog: pytest.LogCaptureFixture) -> None:
    tell_reason({"exception": errors.LimitReached("used up", datetime.now(UTC) + timedelta(hours=1))})
    assert caplog.messages[-1].startswith("Nobody has to act. Next step: The pull goes on by itself")


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (KeyError("100 % id"), "KeyError: '100 % id'"),
    ],
)
def test_the_unforeseen_is_a_bug_of_ours(caplog: pytest.LogCaptureFixture, error: Exception, line: str) -> None:
    tell_reason({"exception": error})
    assert caplog.messages[1:] == [
        f"FAILED (our bug): {line}",
        "Who acts: developer. Next step: Send this task's log to a developer.",
    ]


def test_no_exception_at_all(caplog: pytest.LogCaptureFixture) -> None:
    """Airflow calls back without one when a task is marked failed by hand or dies without a word."""
    tell_reason({})
    assert caplog.messages[-1].startswith("Who acts: developer.")


@pytest.mark.requirement("R1")
def test_a_foreseen_error_leaves_the_task_without_our_traceback_and_a_bug_with_it() -> None:
    """Airflow prints the traceback above the reason; sixty lines of it are what support would read first."""

    def deep(error: Exception) -> None:
        def deeper() -> None:
            raise error

        deeper()

    for error, frames in ((errors.RemoteDown("down"), 2), (errors.PlatformBug("bug"), 4)):
        with pytest.raises(type(error)) as raised:
            without_traceback(deep)(error)
        assert len(traceback.extract_tb(raised.tb)) == frames
        assert raised.value.__cause__ is None
