"""Who am I, my tokens, people and their roles, over HTTP."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from registry.api import fields
from registry.api.describe import operation
from registry.api.http import Endpoint, Shape, done
from registry.api.shapes import Me as MeRow
from registry.api.shapes import NewToken, PersonRow, TokenRow, listed
from registry.rules.roles import ALLOWED, ROLES
from registry.selectors import access as read
from registry.services import access as write


class TokenWish(Shape):
    name = fields.name()
    role = serializers.ChoiceField(ROLES, required=False, allow_null=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    owner = serializers.CharField(max_length=150, required=False, allow_null=True)


class PersonWish(Shape):
    name = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, required=False, allow_null=True, trim_whitespace=False)
    role = serializers.ChoiceField(ROLES, default="viewer")


class RoleWish(Shape):
    role = serializers.ChoiceField(ROLES)


class Me(Endpoint):
    """Who asks."""

    @operation("whoami", {200: MeRow})
    def get(self, request: Request) -> HttpResponse:
        """Who is signed in, with which role, and what that allows."""
        self.no_query()
        actor = self.actor()
        may = [action for action in ALLOWED if actor.may(action)]
        return self.answer(
            {"name": actor.name, "role": actor.role, "token": self.identity().token, "may": may}
        )


class Tokens(Endpoint):
    """One's own tokens; for administrators, with the filter `owner`, others' too."""

    @operation("list_tokens", {200: listed(TokenRow)}, listing=read.TOKENS)
    def get(self, request: Request) -> HttpResponse:
        """One's own tokens, newest first."""
        actor = self.actor()
        others = "owner" in request.query_params and actor.may("manage_tokens")
        return self.listed(
            read.TOKENS, read.living_tokens() if others else read.own_tokens(self.identity().id)
        )

    @operation("create_token", {201: NewToken}, request=TokenWish)
    def post(self, request: Request) -> HttpResponse:
        """Makes a token; its secret is in this answer and nowhere else."""
        body = self.body(TokenWish)
        token, secret = write.create_token(
            actor=self.actor(),
            name=body["name"],
            role=body.get("role"),
            expires_at=body.get("expires_at"),
            owner=body.get("owner"),
        )
        return self.answer({**read.token_rows([token.id])[0], "token": secret}, 201)


class Token(Endpoint):
    """One token."""

    @operation("revoke_token", {204: None})
    def delete(self, request: Request, token: uuid.UUID) -> HttpResponse:
        """Ends a token."""
        self.no_query()
        write.revoke_token(actor=self.actor(), token=token)
        return done()


class People(Endpoint):
    """Who has an account."""

    @operation("list_people", {200: listed(PersonRow)}, listing=read.PEOPLE)
    def get(self, request: Request) -> HttpResponse:
        """People and their roles; for administrators."""
        self.actor().require("manage_people", "see the people")
        return self.listed(read.PEOPLE, read.people())

    @operation("create_person", {201: PersonRow}, request=PersonWish)
    def post(self, request: Request) -> HttpResponse:
        """Adds a person; without a password they come in by a sign-in link."""
        body = self.body(PersonWish)
        person = write.create_person(
            actor=self.actor(), username=body["name"], password=body.get("password"), role=body["role"]
        )
        return self.answer(read.person_rows([person.pk])[0], 201)


class Person(Endpoint):
    """One person."""

    @operation("set_role", {200: PersonRow}, request=RoleWish)
    def patch(self, request: Request, person: str) -> HttpResponse:
        """Gives a person one of the four roles."""
        body = self.body(RoleWish)
        changed = write.set_role(actor=self.actor(), username=person, role=body["role"])
        return self.answer(read.person_rows([changed.pk])[0])
