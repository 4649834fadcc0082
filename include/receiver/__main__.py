"""`python -m include.receiver`: serve on OPTIPLY_RECEIVER_HOST (127.0.0.1) and OPTIPLY_RECEIVER_PORT (8090)."""

from __future__ import annotations

import logging
import os
import resource

import uvicorn

from include.receiver.app import build
from include.receiver.endpoints import StoredEndpoints
from include.receiver.limits import Limits
from include.receiver.patience import PatientProtocol
from include.receiver.routers import ROUTERS
from include.sync.pull import Platform
from include.warehouse.connection import connector, dsn_from_environment
from include.warehouse.secrets import Vault

PORT = 8090
_END_SECONDS = 15


def main() -> None:
    """Serve until a TERM signal; what was begun is ended within 15 s."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Connections that send nothing cost a file each until their time is over.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    dsn = dsn_from_environment()
    platform = Platform(connector(dsn, "receiver"), Vault.from_environment())
    app = build(dsn, platform, StoredEndpoints(platform), Limits.from_environment(), ROUTERS)
    uvicorn.run(
        app, host=os.environ.get("OPTIPLY_RECEIVER_HOST", "127.0.0.1"),
        port=int(os.environ.get("OPTIPLY_RECEIVER_PORT", str(PORT))), http=PatientProtocol, access_log=False,
        log_config=None, timeout_graceful_shutdown=_END_SECONDS, server_header=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
