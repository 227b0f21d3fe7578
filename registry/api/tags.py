"""Tags over HTTP."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from registry.api import fields
from registry.api.describe import operation
from registry.api.http import Endpoint, Shape, done
from registry.api.shapes import TagRow, listed
from registry.selectors import tags as read
from registry.services import tags as write


class NewTag(Shape):
    name = fields.name()
    color = serializers.IntegerField(min_value=1, max_value=8, required=False, allow_null=True)


class TagUpdate(Shape):
    name = fields.name(required=False)
    color = serializers.IntegerField(min_value=1, max_value=8, required=False)
    merge = serializers.BooleanField(default=False)


class Tags(Endpoint):
    """The tags."""

    @operation("list_tags", {200: listed(TagRow)}, listing=read.TAGS)
    def get(self, request: Request) -> HttpResponse:
        """Tags with how many models, versions, artifacts and runs carry each."""
        return self.listed(read.TAGS, read.alive_tags())

    @operation("create_tag", {201: TagRow}, request=NewTag)
    def post(self, request: Request) -> HttpResponse:
        """Makes a tag."""
        body = self.body(NewTag)
        tag = write.create_tag(actor=self.actor(), name=body["name"], color=body.get("color"))
        return self.answer(read.tag_row(tag), 201)


class Tag(Endpoint):
    """One tag."""

    @operation("get_tag", {200: TagRow})
    def get(self, request: Request, tag: str) -> HttpResponse:
        """A tag with how many carry it."""
        self.no_query()
        return self.answer(read.tag_row(read.find_tag(tag)))

    @operation("update_tag", {200: TagRow}, request=TagUpdate)
    def patch(self, request: Request, tag: str) -> HttpResponse:
        """Renames a tag, gives it another colour, or merges it into the one that has the new name."""
        body = self.body(TagUpdate)
        self.check_match(lambda: read.tag_row(read.find_tag(tag)))
        changed = write.update_tag(
            actor=self.actor(), tag=tag, name=body.get("name"), color=body.get("color"), merge=body["merge"]
        )
        return self.answer(read.tag_row(changed))

    @operation("delete_tag", {204: None})
    def delete(self, request: Request, tag: str) -> HttpResponse:
        """Takes a tag off everything and deletes it."""
        self.no_query()
        write.delete_tag(actor=self.actor(), tag=tag)
        return done()
