"""The admin side of a system's webhooks: what is registered and sent, and what goes wrong with it."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from include.sandbox.answers import json_answer
from include.sandbox.post import Hook, Post, PostFault


class Named(BaseModel):
    """Which registration."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    hook: str


def post_router(post: Post) -> APIRouter:
    """Return the admin routes over a system's webhooks."""
    router = APIRouter(prefix="/webhooks")

    def of(named: Named) -> Hook:
        found = post.hooks.get(named.hook)
        if found is None:
            raise HTTPException(404, f"no registration {named.hook}; there are {sorted(post.hooks)}")
        return found

    @router.get("")
    async def story() -> Response:
        """What is registered, sent and waiting."""
        return json_answer(post.story())

    @router.post("/faults")
    async def fault(new: PostFault) -> Response:
        post.faults.append(new)
        return json_answer({"faults": len(post.faults)})

    @router.delete("/faults")
    async def clear() -> Response:
        post.faults.clear()
        return json_answer({"faults": 0})

    @router.post("/off")
    async def off(named: Named) -> Response:
        """Switch a registration off, as the system does after failures."""
        hook = of(named)
        hook.active = False
        post.register(hook)
        return json_answer({"hook": hook.id})

    @router.post("/lose")
    async def lose(named: Named) -> Response:
        """Let a registration get lost."""
        post.forget(of(named).id)
        return json_answer({"hook": named.hook})

    return router
