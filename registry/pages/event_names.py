"""What events speak of, as links: models, versions, artifacts, runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from registry.rules.direction import isolated
from registry.templatetags import formats, prose

Row = Mapping[str, Any]


class Names:
    """The links to what an event speaks of."""

    def __init__(self, row: Row, short: bool) -> None:
        self.row, self.short, self.model = row, short, row["model"]

    def version(self, number: object = None) -> SafeString:
        """A version by its number; the event's own if none is given."""
        name = str(self.row["target"]["name"])
        model, _, own = name.rpartition(" ")
        number = own if number is None else number
        label = str(number) if self.short and self.model else numbered(model, number)
        return link(label, "version", self.model, number) if self.model else bold(label)

    def target(self) -> SafeString:
        """The thing itself, whatever it is."""
        kind, name, ident = (self.row["target"][key] for key in ("type", "name", "id"))
        match kind:
            case "version":
                return self.version()
            case "model":
                return bold("the model") if self.short else link(name, "model", self.model or name)
            case "artifact":
                return link(name, "artifact", name)
            case "artifact_version":
                artifact, _, number = str(name).rpartition(" ")
                return link(numbered(artifact, number), "artifact-version", artifact, number)
            case "run":
                return link(name, "run", ident)
            case _:
                return bold(name)

    def of(self) -> SafeString:
        """ "of the model" behind what belongs to one, where its name isn't clear already."""
        return (
            format_html("")
            if self.short or not self.model
            else format_html(" of {}", link(self.model, "model", self.model))
        )


def link(label: object, page: str, *args: object) -> SafeString:
    """A link to a page by its name; the label alone where no address can hold what it is called."""
    try:
        address = reverse(page, args=args)
    except NoReverseMatch:
        return bold(label)
    return format_html(
        '<a class="plain fw-medium" href="{}">{}</a>', address, prose.bdi(formats.middle(label, 48))
    )


def numbered(name: object, number: object) -> str:
    """A name and a number, which stays behind it whatever direction the name has."""
    return f"{isolated(formats.middle(name, 44))} {number}"


def bold(label: object) -> SafeString:
    """A name without a page."""
    return format_html('<b class="fw-medium">{}</b>', prose.bdi(formats.middle(label, 48)))


def mono(text: object) -> SafeString:
    """An identifier."""
    return format_html('<span class="mono">{}</span>', prose.bdi(formats.middle(text, 48)))
