"""Reads of access: who a token, a session or this machine's owner is, and with which role."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser, Group, User
from django.db.models import Case, OuterRef, QuerySet, Subquery, When
from django.utils import timezone

from registry.models import Token
from registry.rules import roles
from registry.rules.filter_values import Kind
from registry.rules.filters import EXACT, Field
from registry.selectors.columns import Column
from registry.selectors.compiled import Compiled, CompiledObject
from registry.selectors.lists import Listing, Sort
from registry.selectors.shell import SHELL, with_shell


@dataclass(frozen=True)
class Identity:
    """Somebody who was recognised: the user's id and name, and the role they have at this door."""

    id: int
    name: str
    role: str
    token: str | None = None  # the id of the token they came with
    last_used_at: datetime | None = None


def digest(secret: str) -> str:
    """How tokens and sign-in links are kept: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def role_of(user: AbstractUser) -> str:
    """The highest role among the user's groups; admin for a superuser, viewer without any."""
    if user.is_superuser:
        return roles.ADMIN
    if hasattr(user, "held_role"):  # read with the user
        return user.held_role or roles.VIEWER
    return _highest(user.groups.filter(name__in=roles.ROLES).values_list("name", flat=True))


def user_of_session(ident: int) -> User | None:
    """The user that a session names, if active, with the role held by their groups and the shell's facts.

    One query for all of it: every page asks it.
    """
    return _OF_SESSION.first(ident)


def _of_session(ident: int) -> QuerySet[User]:
    rank = Case(*(When(name=name, then=at) for at, name in enumerate(roles.ROLES)))
    groups = Group.objects.filter(user=OuterRef("pk"), name__in=roles.ROLES).order_by(-rank)
    users = with_shell(User.objects.filter(pk=ident, is_active=True))
    return users.annotate(held_role=Subquery(groups.values("name")[:1]))


_OF_SESSION = CompiledObject(User, _of_session, 987_654_321, annotated=(*SHELL, "held_role"))


def _highest(names: object) -> str:
    held = set(names)  # type: ignore[call-overload]
    return next((role for role in reversed(roles.ROLES) if role in held), roles.VIEWER)


def identity_of_user(user: AbstractUser) -> Identity:
    """The identity of a signed-in user."""
    return Identity(user.pk, user.get_username(), role_of(user))


def _token(digest: str) -> QuerySet[Any, Any]:
    living = Token.objects.filter(digest=digest, revoked_at__isnull=True, user__is_active=True)
    return living.values_list(
        "id",
        "role",
        "expires_at",
        "last_used_at",
        "user_id",
        "user__username",
        "user__is_superuser",
        "user__groups__name",
    )


_TOKEN = Compiled(_token, "a digest")


def identity_of_token(secret: str) -> Identity | None:
    """Whose living token this is; None if it is unknown, expired, revoked or its owner is inactive."""
    rows = _TOKEN.rows(digest(secret))
    if not rows:
        return None
    ident, lowered, expires_at, last_used_at, user_id, username, superuser, _ = rows[0]
    if expires_at is not None and expires_at <= timezone.now():
        return None
    owned = roles.ADMIN if superuser else _highest(row[7] for row in rows)
    return Identity(user_id, username, roles.lower(owned, lowered), str(ident), last_used_at)


def local_administrator() -> Identity | None:
    """The administrator that embedded mode acts as and `modelcp up` signs in: the first one made."""
    user = User.objects.filter(is_superuser=True, is_active=True).order_by("id").first()
    return Identity(user.pk, user.get_username(), roles.ADMIN) if user else None


def own_tokens(user_id: int) -> QuerySet[Token]:
    """A person's tokens that weren't revoked."""
    return Token.objects.filter(user_id=user_id, revoked_at__isnull=True)


def living_tokens() -> QuerySet[Token]:
    """Everybody's tokens that weren't revoked."""
    return Token.objects.filter(revoked_at__isnull=True)


def token_rows(ids: list[Any]) -> list[dict[str, Any]]:
    """The rows of tokens; never their secrets."""
    rows = Token.objects.filter(pk__in=ids).values_list(
        "id",
        "name",
        "user__username",
        "hint",
        "role",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
    )
    keys = (
        "id",
        "name",
        "owner",
        "hint",
        "role",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
    )
    return [dict(zip(keys, row, strict=True)) for row in rows]


TOKENS = Listing(
    rows=token_rows,
    columns={
        "name": Column(Field(literal=True), "name"),
        "owner": Column(
            Field(ops=("eq", "in"), about="A user's name; others' are for administrators."), "user__username"
        ),
        "created": Column(Field(Kind.TIME), "created_at"),
    },
    sorts={"created": Sort("created_at", Kind.TIME), "name": Sort("name")},
    default="-created",
)


def people() -> QuerySet[User]:
    """Everybody who has an account."""
    return User.objects.all()


def person_rows(ids: list[Any]) -> list[dict[str, Any]]:
    """The rows of people with their roles."""
    return [
        {
            "id": user.pk,
            "name": user.username,
            "role": roles.ADMIN if user.is_superuser else _highest(group.name for group in user.groups.all()),
            "active": user.is_active,
            "last_seen_at": user.last_login,
        }
        for user in User.objects.filter(pk__in=ids).prefetch_related("groups")
    ]


PEOPLE = Listing(
    rows=person_rows,
    columns={
        "name": Column(Field(Kind.TEXT, (*EXACT, "contains")), "username"),
        "active": Column(Field(Kind.BOOL), "is_active"),
    },
    sorts={"name": Sort("username"), "joined": Sort("date_joined", Kind.TIME)},
    default="name",
)
