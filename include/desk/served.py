"""The one application of an api-server process."""

from include.desk.app import build

app = build()
