"""The ways to people: Slack and e-mail, each through the Airflow connection that sets it up."""

from __future__ import annotations

import logging
import smtplib
from html import escape
from typing import Any

from airflow.providers.slack.hooks.slack import SlackHook
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException
from slack_sdk.errors import SlackApiError, SlackClientError

from include.sync.monitor import CannotTell, Teller
from include.warehouse.monitor import Channel

SLACK, SMTP = "slack", "smtp_default"
_TIMEOUT = 10
# What Slack shows whole.
_MOST_SLACK = 12_000
# It logs whole requests and answers when it fails.
_quiet = logging.getLogger("optiply.slack")
_quiet.setLevel(logging.CRITICAL)


class Slack:
    """Posts as a bot: the connection's password is its token, `channel` in its extra says where."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._hook = SlackHook(slack_conn_id=SLACK, timeout=_TIMEOUT, retry_handlers=[], logger=_quiet)

    def tell(self, text: str) -> None:
        """Post a text; raises CannotTell."""
        # A remote's words could otherwise call a whole channel, or hide an address behind a harmless name.
        safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")[:_MOST_SLACK]
        body = {"channel": self._channel, "text": safe, "mrkdwn": False, "unfurl_links": False}
        try:
            self._hook.call("chat.postMessage", json=body)
        except SlackApiError as error:
            raise CannotTell(f"Slack answered '{_said(error)}'") from None
        except (SlackClientError, AirflowException, OSError) as error:
            raise CannotTell(f"Slack did not answer: {type(error).__name__}") from None


class Email:
    """Mails to those that `to` in the connection's extra names, separated by commas."""

    def __init__(self, to: str) -> None:
        self._to = to

    def tell(self, text: str) -> None:
        """Mail a text; raises CannotTell."""
        first = text.split("\n", 1)[0]
        try:
            with SmtpHook(smtp_conn_id=SMTP) as hook:
                hook.send_email_smtp(
                    to=self._to,
                    subject=f"Optiply integrations: {first}"[:150],
                    html_content=f"<pre>{escape(text)}</pre>",
                )
        except (AirflowException, smtplib.SMTPException, OSError, ValueError) as error:
            raise CannotTell(f"the mail server did not take it: {type(error).__name__}") from None


def tellers() -> dict[Channel, Teller | None]:
    """Return the channels, None for one that has no connection."""
    channel, to = _extra(SLACK, "channel"), _extra(SMTP, "to")
    return {"slack": Slack(channel) if channel else None, "email": Email(to) if to else None}


def _extra(connection: str, name: str) -> str | None:
    try:
        found: Any = SlackHook.get_connection(connection)
    except AirflowNotFoundException:
        return None
    return str(found.extra_dejson.get(name) or "") or None


def _said(error: SlackApiError) -> str:
    answer = error.response
    # A proxy's page in place of an answer is text or bytes.
    return str(answer.get("error")) if hasattr(answer, "get") else "no JSON"
