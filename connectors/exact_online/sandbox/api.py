"""The routes of Exact Online: token, current/Me and the endpoints of one division."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.exact_online.sandbox import oauth, pages
from connectors.exact_online.sandbox.company import Company
from connectors.exact_online.sandbox.endpoints import ENDPOINTS, Endpoint
from connectors.exact_online.sandbox.handling import Handling
from connectors.exact_online.sandbox.odata import BadQueryError, atom, date
from connectors.exact_online.sandbox.ordering import Desk
from connectors.exact_online.sandbox.quota import ErrorQuota, count_call
from connectors.exact_online.sandbox.webhooks import PATH, DivisionSender, Subscriptions, app_secret
from include.sandbox.answers import RefusedError, json_answer, json_body
from include.sandbox.remote import Change, Remote
from include.sandbox.world import Record

_TARGET = re.compile(r"(?P<path>[A-Za-z]+(?:/[A-Za-z]+)+)(?:\((?P<key>[^)]*)\))?")
_GUID = re.compile(r"guid'(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})'")


class ExactOnline(Remote):
    """One Exact Online company."""

    settings: ClassVar[Mapping[str, int | str]] = {
        "division": 441609,
        "per_minute": 60,
        "per_day": 5000,
        "errors_per_hour": 10,
        "blocked_status": 429,
        # 0 = the company has no licence for Manufacturing (API page, trap 12).
        "manufacturing": 1,
        # A field that the company wants on each new purchase order, such as "Betalingsconditie".
        "demand": "",
        # The domain of the app's redirect URI, on which every callback has to be; empty = any.
        "callback_domain": "",
        # Tokens end and limits start anew so many times faster than in life.
        "time_lapse": 1,
        "page_size": 60,
        "sync_page_size": 1000,
    }
    coupling_settings: ClassVar[Mapping[str, Any]] = {"division": 441609}
    tested_with: ClassVar[Mapping[str, int | str]] = {
        "per_minute": 10**6,
        "per_day": 10**6,
        "errors_per_hour": 10**6,
        "page_size": 20,
        "sync_page_size": 25,
    }
    id_fields = ("ID", "OrderID")
    name_fields = ("Description", "Name", "ItemDescription")
    stock_fields = ("CurrentStock", "Stock")
    page_parameter = None

    @override
    def build(self) -> None:
        self._company().build()

    @override
    def changes(self) -> Mapping[str, Change]:
        return self._company().changes()

    @override
    def credentials(self, base_url: str) -> dict[str, Any]:
        login, password = oauth.client(self.world.seed)
        extra = {
            "refresh_token": self.tokens.refresh,
            "webhook_secret": app_secret(self.world.seed),
            "division": self.number("division"),
        }
        return {"conn_type": "http", "host": base_url, "login": login, "password": password, "extra": extra}

    @override
    def refusal(self, status: int) -> Response:
        return Response(None, 429) if status == 429 else _error("Er is een fout opgetreden.", status)

    @override
    def records(self, body: Any) -> list[Record]:
        found = body.get("d") if isinstance(body, dict) else None
        if isinstance(found, dict):
            found = found.get("results")
        return found if isinstance(found, list) else []

    @override
    def emptied(self, _body: Any) -> Any:
        return {"d": {"results": []}}

    @override
    def repeated(self, body: Any, _url: str) -> Any:
        if isinstance(body.get("d"), dict):
            body["d"]["__next"] = _url
        return body

    @override
    def router(self) -> APIRouter:
        router = APIRouter()
        router.add_route("/api/oauth2/token", self._token, ["POST"])
        router.add_route("/api/v1/current/Me", self._me, ["GET"])
        router.add_route("/api/v1/{division}/webhooks/{target}", self._webhooks, ["GET", "POST", "DELETE"])
        router.add_route("/api/v1/{division}/{target:path}", self._division, ["GET"])
        router.add_route("/api/v1/{division}/{target:path}", self._write, ["POST", "PUT", "DELETE"])
        return router

    @override
    def sender(self) -> DivisionSender:
        return DivisionSender(self.world, self.number("division"))

    @override
    def purchases(self) -> Handling:
        return Handling(self._company())

    def _company(self) -> Company:
        return Company(self.world, self.catalogue, self.number("division"))

    async def _token(self, request: Request) -> Response:
        return await oauth.token(request, self.world, self.tokens, self.limits, self.number("time_lapse"))

    async def _me(self, request: Request) -> Response:
        def answer() -> Response:
            now = self.world.clock.now()
            me = {
                "CurrentDivision": self.number("division"),
                "FullName": "Anna de Vries",
                "UserName": "anna",
                "ServerTime": date(now),
                "ServerUtcOffset": pages.utc_offset_hours(now),
            }
            chosen = request.query_params.get("$select")
            names = chosen.split(",") if chosen else list(me)
            return _listing(request, [{name: me[name] for name in names if name in me}])

        return self._guarded(request, str(self.set["division"]), "current/Me", answer)

    async def _division(self, request: Request) -> Response:
        division, target = request.path_params["division"], request.path_params["target"]

        def answer() -> Response:
            endpoint, given = self._endpoint(target)
            sizes = self.number("page_size"), self.number("sync_page_size")
            try:
                if given is None:
                    return pages.listing(request, endpoint, self.world, sizes)
                if not given or endpoint.sync:
                    raise BadQueryError("Bad Request - Error in query syntax.")
                return pages.single(request, endpoint, self.world, given)
            except BadQueryError as problem:
                return _error(str(problem), 400)
            except KeyError:
                return _error("The requested record does not exist.", 404)

        return self._guarded(request, division, target.partition("(")[0], answer)

    async def _write(self, request: Request) -> Response:
        division, target = request.path_params["division"], request.path_params["target"]
        body = await json_body(request)

        def answer() -> Response:
            endpoint, guid = self._endpoint(target)
            company = self._company()
            desk = Desk(Handling(company), company.making, str(self.set["demand"]))
            write = desk.writes().get((request.method, endpoint.path))
            if write is None:
                return _error("Method not allowed.", 405)
            try:
                if (guid is None) != (request.method == "POST"):
                    raise BadQueryError("Bad Request - Error in query syntax.")
                made = write(body, guid or "")
                if made is None:
                    return Response(None, 204)
                answer = pages.single(request, endpoint, self.world, made)
                answer.status_code = 201
                return answer
            except BadQueryError as problem:
                return _error(str(problem), 400)
            except KeyError:
                return _error("The requested record does not exist.", 404)

        return self._guarded(request, division, target.partition("(")[0], answer)

    async def _webhooks(self, request: Request) -> Response:
        division, target = request.path_params["division"], request.path_params["target"]
        there = Subscriptions(self.world, self.post, str(self.set["callback_domain"]))
        body = (await json_body(request) if request.method == "POST" else None) or {}
        refused = await there.refusal(body) if request.method == "POST" else None

        def answer() -> Response:
            if refused is not None:
                return _error(refused, 400)
            if request.method == "POST":
                return there.create(body) or _error("Data already exists", 500)
            if request.method == "DELETE":
                return there.delete(target) or _error("The requested record does not exist.", 404)
            return there.list()

        return self._guarded(request, division, PATH, answer)

    def _endpoint(self, target: str) -> tuple[Endpoint, str | None]:
        """Return what a path names, and the guid in it: "" where it is none, None without. Raises RefusedError."""
        parts = _TARGET.fullmatch(target)
        endpoint = ENDPOINTS.get(parts["path"]) if parts else None
        if parts is None or endpoint is None:
            raise RefusedError(_error("Resource not found for the segment.", 404))
        if "manufacturing/" in parts["path"].lower() and not self.number("manufacturing"):
            raise RefusedError(_error("Forbidden - The licence does not include this feature.", 403))
        if parts["key"] is None:
            return endpoint, None
        key = _GUID.fullmatch(parts["key"])
        return endpoint, key["guid"].lower() if key else ""

    def _guarded(self, request: Request, division: str, endpoint: str, answer: Any) -> Response:
        """Check the error quota, the token, the division and the limits, in this order; then answer."""
        quota = ErrorQuota(self.world, self.number("errors_per_hour"), self.number("blocked_status"))
        quota.check(endpoint)
        response: Response
        if not self.tokens.good(request.headers.get("authorization")):
            response = _error("Unauthorized", 401)
        elif division != str(self.set["division"]):
            response = _error("Forbidden - User has no rights in this division.", 403)
        else:
            per_minute, per_day = self.number("per_minute"), self.number("per_day")
            headers = count_call(self.limits, division, per_minute, per_day, self.number("time_lapse"))
            try:
                response = answer()
            except RefusedError as refusal:
                response = refusal.response
            response.headers.update(headers)
        quota.note(endpoint, response.status_code)
        return response


def _listing(request: Request, records: list[Record]) -> Response:
    if not pages.wants_json(request):
        return Response(atom(records, None), media_type="application/atom+xml")
    return json_answer({"d": {"results": records}})


def _error(text: str, status: int) -> Response:
    return json_answer({"error": {"code": "", "message": {"lang": "", "value": text}}}, status)
