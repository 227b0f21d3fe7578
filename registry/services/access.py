"""Writes of access: people and their roles, tokens, one-time sign-in links."""

from __future__ import annotations

import getpass
import re
import secrets
import uuid
from datetime import datetime, timedelta

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from registry.models import SYSTEM_CHAIN, SignInLink, Token
from registry.rules import roles
from registry.rules.errors import Conflict, InvalidInput, NotFound, RuleRefused, Unauthorized
from registry.rules.names import check_name
from registry.selectors.access import Identity, digest, identity_of_user, local_administrator
from registry.services.actors import SYSTEM, Actor
from registry.services.unit import Change, unit
from registry.services.writers import one_writer

USERNAME = r"[\w.@+-]+"  # as Django's own users are called
LINK_LIFE = timedelta(hours=1)


def actor_for(identity: Identity, door: str) -> Actor:
    """The actor that an identity is at a door."""
    return Actor(id=identity.id, name=identity.name, role=identity.role, door=door)


def ensure_administrator() -> Identity:
    """The local administrator, made at first use under the name of the machine's user; without a password."""
    found = local_administrator()
    if found is not None:
        return found
    with unit(SYSTEM, SYSTEM_CHAIN) as work:
        found = local_administrator()
        if found is not None:
            return found
        user = User(username=_machine_user(), is_superuser=True, is_staff=True)
        user.set_unusable_password()
        user.save()
        work.record(Change("user.created", ("user", user.pk, user.username), after={"role": roles.ADMIN}))
    return identity_of_user(user)


def _machine_user() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # no such user in this container
        name = "admin"
    return name if re.fullmatch(USERNAME, name) else "admin"


def create_token(
    *,
    actor: Actor,
    name: str,
    role: str | None = None,
    expires_at: datetime | None = None,
    owner: str | None = None,
) -> tuple[Token, str]:
    """Makes a token for its owner, the actor unless an administrator names somebody else.

    Args:
        name: what the owner calls it.
        role: a lower role than the owner's.
        expires_at: when it ends to be valid; never if None.

    Returns:
        the token's row and the secret, which is not kept.
    """
    name = check_name(name, "The token's name")
    if role is not None and role not in roles.ROLES:
        raise InvalidInput(
            f"{role[:60]!r} is no role.",
            fields={"role": "Not a role."},
            hint="The roles are viewer, contributor, promoter and admin.",
        )
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidInput("The token would have expired already.", fields={"expires_at": "In the past."})
    user = _person(owner) if owner else _self(actor)
    if user.pk != actor.id:
        actor.require("manage_tokens", "make a token for somebody else")
        lowered = role
    else:
        lowered = role if role and not roles.includes(role, actor.role) else _own_role(user, actor)
    secret = "mcp_" + secrets.token_urlsafe(32)
    token = Token(
        user=user,
        name=name,
        digest=digest(secret),
        hint=secret[:8],
        role=lowered,
        expires_at=expires_at,
        created_at=timezone.now(),
    )
    with unit(actor, SYSTEM_CHAIN) as work:
        after = {"name": name, "owner": user.username, "role": lowered}
        work.record(Change("token.created", ("token", token.id, name), after=after))
        token.save(force_insert=True)
    return token, secret


def _self(actor: Actor) -> User:
    if actor.id is None:
        raise InvalidInput("The system itself has no tokens.", hint="Name the owner.")
    return User.objects.get(id=actor.id)


def _own_role(user: User, actor: Actor) -> str | None:
    """A token made with a lowered token is as low: nobody climbs by making tokens."""
    return None if identity_of_user(user).role == actor.role else actor.role


def _person(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise NotFound(f"There is no user {username[:80]!r}.", code="no_such_user")
    return user


def revoke_token(*, actor: Actor, token: uuid.UUID) -> None:
    """Ends a token: one's own, or anybody's for an administrator."""
    found = Token.objects.filter(id=token, revoked_at__isnull=True).select_related("user").first()
    if found is None or (found.user_id != actor.id and not actor.may("manage_tokens")):
        raise NotFound(
            "There is no such token.", code="no_such_token", hint="`modelcp token list` shows yours."
        )
    with unit(actor, SYSTEM_CHAIN) as work:
        at = work.record(
            Change("token.revoked", ("token", found.id, found.name), before={"owner": found.user.username})
        )
        Token.objects.filter(id=found.id).update(revoked_at=at)


def touch_token(identity: Identity) -> None:
    """Notes that a token was used, at most once a minute."""
    now = timezone.now()
    if identity.token and (
        identity.last_used_at is None or now - identity.last_used_at > timedelta(minutes=1)
    ):
        with one_writer():
            Token.objects.filter(id=identity.token).update(last_used_at=now)


def create_sign_in_link(*, user_id: int) -> str:
    """The secret of a link that signs this user in once, within an hour."""
    secret = secrets.token_urlsafe(32)
    with one_writer():
        SignInLink.objects.filter(expires_at__lt=timezone.now()).delete()
        SignInLink.objects.create(
            digest=digest(secret), user_id=user_id, expires_at=timezone.now() + LINK_LIFE
        )
    return secret


def invite(*, actor: Actor, username: str) -> str:
    """The secret of a one-time link that signs a person in within an hour, for an administrator to hand over.

    Raises:
        NotFound: nobody active has that name.
    """
    actor.require("manage_people", "make a sign-in link for somebody")
    user = _person(username)
    with unit(actor, SYSTEM_CHAIN) as work:
        work.record(Change("user.invited", ("user", user.pk, username)))
    return create_sign_in_link(user_id=user.pk)


def use_sign_in_link(secret: str) -> User:
    """The user whom the link signs in; Unauthorized if it is unknown, used or too old."""
    now = timezone.now()
    with one_writer():
        fresh = SignInLink.objects.filter(digest=digest(secret), used_at__isnull=True, expires_at__gt=now)
        if not fresh.update(used_at=now):
            raise Unauthorized(
                "This sign-in link was used already or is too old.",
                code="link_used",
                hint="`modelcp up` prints a new one at each start.",
            )
    return SignInLink.objects.select_related("user").get(digest=digest(secret)).user


def set_role(*, actor: Actor, username: str, role: str) -> User:
    """Gives a person one of the four roles."""
    actor.require("manage_people", "change a role")
    if role not in roles.ROLES:
        raise InvalidInput(f"{role[:60]!r} is no role.", fields={"role": "Not a role."})
    user = _person(username)
    with unit(actor, SYSTEM_CHAIN) as work:
        before = identity_of_user(user).role
        if before == role:
            return user
        if before == roles.ADMIN and not User.objects.filter(is_superuser=True, is_active=True).exclude(
            id=user.pk
        ):
            raise RuleRefused(
                f"{username} is the last administrator.",
                code="last_administrator",
                hint="Make somebody else an administrator first.",
            )
        work.record(
            Change(
                "user.role_changed",
                ("user", user.pk, username),
                before={"role": before},
                after={"role": role},
            )
        )
        user.groups.set(
            [*user.groups.exclude(name__in=roles.ROLES), Group.objects.get_or_create(name=role)[0]]
        )
        User.objects.filter(id=user.pk).update(is_superuser=role == roles.ADMIN)
    return user


def create_person(
    *, actor: Actor, username: str, password: str | None = None, role: str = roles.VIEWER
) -> User:
    """Makes a user with a role; without a password they come in by a sign-in link."""
    actor.require("manage_people", "add a person")
    if not re.fullmatch(USERNAME, username) or len(username) > 150:
        raise InvalidInput(
            f"{username[:60]!r} is no user name: letters, digits and @ . + - _ only.",
            fields={"username": "Letters, digits and @ . + - _ only."},
        )
    _check_role(role)
    _check_password(username, password)
    with unit(actor, SYSTEM_CHAIN) as work:
        if User.objects.filter(username=username).exists():
            raise Conflict(
                f"There is a user {username!r} already.", fields={"name": "Taken."}, code="name_taken"
            )
        user = User(username=username, is_superuser=role == roles.ADMIN)
        if password:
            user.set_password(password)
        else:
            user.set_unusable_password()
        user.save()
        work.record(Change("user.created", ("user", user.pk, username), after={"role": role}))
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def _check_role(role: str) -> None:
    if role not in roles.ROLES:
        raise InvalidInput(
            f"{role[:60]!r} is no role.",
            fields={"role": "Not a role."},
            hint="The roles are viewer, contributor, promoter and admin.",
        )


def _check_password(username: str, password: str | None) -> None:
    if not password:
        return
    try:
        validate_password(password, User(username=username))
    except ValidationError as error:
        said = " ".join(error.messages)
        raise InvalidInput(
            f"This password won't do. {said}", code="bad_password", fields={"password": said}
        ) from None
