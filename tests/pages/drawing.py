"""Drawing a piece of a template alone."""

from django.template import Context, Template


def drawn(source: str, **context: object) -> str:
    """The text of a template of this source, which may use the project's own tags and filters."""
    return Template("{% load mc %}" + source).render(Context(context))
