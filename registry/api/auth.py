"""Who asks: a bearer token, a page's session with CSRF, or this process itself (embedded mode)."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from registry.rules.errors import Forbidden, Unauthorized
from registry.selectors.access import Identity, identity_of_token, identity_of_user
from registry.services.access import ensure_administrator, touch_token


class Access(BaseAuthentication):
    """Finds the identity behind a request; without one nothing is answered."""

    def authenticate(self, request: Request) -> tuple[Any, Identity]:
        identity = (
            self._of_batch(request)
            or self._in_process(request)
            or self._by_token(request)
            or self._by_session(request)
        )
        if identity is None:
            raise Unauthorized(
                "Nobody is signed in.",
                hint="Send `Authorization: Bearer TOKEN`; `modelcp token create NAME` makes a token.",
            )
        return identity.name, identity

    def _of_batch(self, request: Request) -> Identity | None:
        """An operation of a batch comes from whoever sent the batch, who was recognised already."""
        return getattr(request._request, "batch_identity", None)

    def _in_process(self, request: Request) -> Identity | None:
        """Embedded mode marks its own calls by an environ key that no network request can set."""
        return ensure_administrator() if request.META.get("modelcp.actor") == "local" else None

    def _by_token(self, request: Request) -> Identity | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, secret = header.partition(" ")
        identity = identity_of_token(secret.strip()) if scheme.lower() == "bearer" else None
        if identity is None:
            raise Unauthorized(
                "This token is not known here, has expired or was revoked.",
                code="bad_token",
                hint="`modelcp token create NAME` on the server makes a new one.",
            )
        touch_token(identity)
        return identity

    def _by_session(self, request: Request) -> Identity | None:
        user = request._request.user
        if not user.is_authenticated or not user.is_active:
            return None
        check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
        check.process_request(request._request)
        reason = check.process_view(request._request, None, (), {})  # type: ignore[arg-type]
        if reason:
            raise Forbidden(f"The CSRF check failed: {reason}", code="csrf_failed", hint="Reload the page.")
        return identity_of_user(user)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="modelcp"'
