"""Who may call: OAuth 1.0a signatures, bearer tokens where the shop allows them, and Adobe IMS tokens."""

from __future__ import annotations

import dataclasses
import time
from urllib.parse import parse_qs

from oauthlib.oauth1.rfc5849 import signature
from starlette.requests import Request
from starlette.responses import Response

from connectors.magento.sandbox.errors import error, oauth_error
from include.sandbox.answers import RefusedError, json_answer
from include.sandbox.tokens import Tokens, secret

TIME_DEVIATION = 600
IMS_SECONDS = 86399
NONCES_KEPT = 50_000
ORGANIZATION = "0123456789ABCDEF01234567@AdobeOrg"


@dataclasses.dataclass(frozen=True)
class Keys:
    """The four credentials of an integration; a SaaS client has the first two."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str


@dataclasses.dataclass(frozen=True)
class _Signed:
    """A request in the form in which oauthlib verifies it."""

    uri: str
    http_method: str
    params: list[tuple[str, str]]
    signature: str


def keys(seed: int) -> Keys:
    """Return the integration's credentials."""
    names = ("consumer key", "consumer secret", "access token", "access token secret")
    return Keys(*(secret(seed, f"magento {name}", 32) for name in names))


class Guard:
    """Judges requests; a nonce is good once."""

    def __init__(self, seed: int, tokens: Tokens, *, bearer_allowed: bool) -> None:
        self._keys, self._tokens, self._bearer_allowed = keys(seed), tokens, bearer_allowed
        self._nonces: dict[str, float] = {}

    def shop(self, request: Request) -> None:
        """Accept a signature, or the bare access token where the shop allows it. Raises RefusedError."""
        header = request.headers.get("authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "bearer":
            if not self._bearer_allowed or token != self._keys.access_token:
                raise RefusedError(error("De gebruiker heeft geen toegang tot %resources.", 401, resources="self"))
            return
        if scheme.lower() != "oauth":
            message = "De consument heeft geen toegang tot %resources."
            raise RefusedError(error(message, 401, resources="Magento_Catalog::products"))
        self._signature(request, header)

    def saas(self, request: Request) -> None:
        """Accept an IMS token with the client's id and organisation beside it. Raises RefusedError."""
        if not self._tokens.good(request.headers.get("authorization")):
            raise RefusedError(json_answer({"error_code": "401013", "message": "Oauth token is not valid"}, 401))
        given = request.headers.get("x-api-key"), request.headers.get("x-gw-ims-org-id")
        if given != (self._keys.consumer_key, ORGANIZATION):
            raise RefusedError(json_answer({"error_code": "403003", "message": "Api Key is invalid"}, 403))

    async def token(self, request: Request) -> Response:
        """Answer Adobe's token endpoint."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        if (form.get("client_id"), form.get("client_secret")) != (self._keys.consumer_key, self._keys.consumer_secret):
            return json_answer({"error": "invalid_client", "error_description": "invalid client_secret"}, 401)
        if "commerce.accs" not in form.get("scope", ""):
            return json_answer({"error": "invalid_scope"}, 400)
        access = self._tokens.issue(IMS_SECONDS)
        return json_answer({"access_token": access, "token_type": "bearer", "expires_in": IMS_SECONDS})

    def _signature(self, request: Request, header: str) -> None:
        query = request.scope["query_string"].decode("latin-1")
        signed = signature.collect_parameters(
            uri_query=query, headers={"Authorization": header}, exclude_oauth_signature=False
        )
        oauth = {name: value for name, value in signed if name.startswith("oauth_")}
        if oauth.get("oauth_signature_method") != "HMAC-SHA256":
            raise RefusedError(
                oauth_error("signature_method_rejected", "Ondertekeningsmethode wordt niet ondersteund.")
            )
        if oauth.get("oauth_consumer_key") != self._keys.consumer_key:
            raise RefusedError(oauth_error("consumer_key_rejected", "Geen consument met deze sleutel."))
        if oauth.get("oauth_token") != self._keys.access_token:
            raise RefusedError(oauth_error("token_rejected", "Het token is onbekend of ingetrokken."))
        self._fresh(oauth.get("oauth_nonce", ""), oauth.get("oauth_timestamp", ""))
        # The path as it was sent: %2F inside a SKU takes part in the signature undecoded.
        uri = f"{request.url.scheme}://{request.headers['host']}{request.scope['raw_path'].decode('latin-1')}"
        parameters = [(name, value) for name, value in signed if name != "oauth_signature"]
        sent = _Signed(uri, request.method, parameters, oauth.get("oauth_signature", ""))
        secrets = self._keys.consumer_secret, self._keys.access_token_secret
        if not signature.verify_hmac_sha256(sent, *secrets):
            raise RefusedError(oauth_error("signature_invalid", "De ondertekening klopt niet."))

    def _fresh(self, nonce: str, timestamp: str) -> None:
        """Compare with the real time: a client signs by its own clock, which the sandbox's clock does not move."""
        now = time.time()
        if not timestamp.isdigit() or abs(int(timestamp) - now) > TIME_DEVIATION:
            raise RefusedError(oauth_error("timestamp_refused", "Het tijdstempel is ongeldig."))
        if len(self._nonces) > NONCES_KEPT:
            self._nonces = {known: at for known, at in self._nonces.items() if now - at < TIME_DEVIATION}
        if not nonce or nonce in self._nonces:
            raise RefusedError(oauth_error("nonce_used", "De nonce is al gebruikt door deze consument."))
        self._nonces[nonce] = now
