"""The sentence of each kind of event, with links, and the sign before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from registry.pages.differences import diff
from registry.pages.event_names import Names, Row, bold, link, mono, numbered
from registry.rules.gate_kinds import field_word
from registry.rules.stages import PRODUCTION, STAGING
from registry.templatetags import formats, prose

_ENDINGS: dict[Any, str] = {
    "completed": "ran {} to its end",
    "failed": "ran {}, which failed",
    "cancelled": "ran {}, which was cancelled",
}


def _promoted(row: Row, name: Names) -> SafeString:
    stage = (row["after"] or {}).get("stage")
    displaced = row["extra"].get("displaced")
    rest = format_html("; {} archived", displaced) if displaced else ""
    if stage == PRODUCTION:
        return format_html("promoted {} to production{}", name.version(), rest)
    if stage == STAGING:
        return format_html("moved {} to staging{}", name.version(), rest)
    return format_html("archived {}", name.version())


def _displaced(row: Row, name: Names) -> SafeString:
    return format_html(
        "archived {}, displaced by {}", name.version(), name.version(row["extra"].get("by", "another"))
    )


def _restored_stage(row: Row, name: Names) -> SafeString:
    before, after = (row["before"] or {}).get("stage"), (row["after"] or {}).get("stage")
    if after is None:
        return format_html("undid a promotion: {} holds no stage again", name.version())
    if after == "archived":
        return format_html("undid the promotion of {} to {}", name.version(), before or "a stage")
    return format_html("undid a promotion: {} holds {} again", name.version(), after)


def _created_version(row: Row, name: Names) -> SafeString:
    return format_html("registered {}{}", name.version(), _from_run(row))


def _from_run(row: Row) -> SafeString:
    if not row["run"]:
        return SafeString("")
    return format_html(" from {}", link(f"run {str(row['run'])[-4:]}", "run", row["run"]))


def _metadata(row: Row, name: Names) -> SafeString:
    changes = diff(row["before"], row["after"])
    if len(changes) == 1:
        path, before, after = changes[0]
        return format_html(
            "changed {} of {}: {} → {}", mono(path), name.target(), _short(before), _short(after)
        )
    return format_html("{} of {}", _some(changes), name.target())


def _some(changes: list[tuple[str, str | None, str | None]]) -> SafeString:
    verb = "logged" if all(before is None for _, before, _ in changes) else "changed"
    if len(changes) > 3:
        return format_html("{} {} values", verb, len(changes))
    paths = format_html_join(", ", "{}", ((mono(path),) for path, _, _ in changes))
    return format_html("{} {}", verb, paths)


def _short(text: str | None) -> str:
    return "none" if text is None else prose.bdi(formats.middle(text, 32))


def _tagged(row: Row, name: Names) -> SafeString:
    before, after = (set((row[key] or {}).get("tags") or ()) for key in ("before", "after"))
    words = [f"+{tag}" for tag in sorted(after - before)] + [f"−{tag}" for tag in sorted(before - after)]
    return format_html("tagged {}: {}", name.target(), prose.bdi(formats.middle(", ".join(words), 80)))


def _card(row: Row, name: Names) -> SafeString:
    fields = ", ".join(map(field_word, row["after"] or {}))
    return format_html("changed {} on the card of {}", fields or "the card", name.target())


def _renamed(row: Row, name: Names) -> SafeString:
    return format_html("renamed {} to {}", bold((row["before"] or {}).get("name", "")), name.target())


def _alias(row: Row, name: Names) -> SafeString:
    number = (row["after"] or {}).get("version")
    alias = mono(f"@{row['target']['name']}")
    if row["action"] == "alias.deleted" or number is None:
        return format_html("removed the alias {}{}", alias, name.of())
    label = numbered(name.model, number) if name.model and not name.short else number
    return format_html(
        "pointed {} to {}", alias, link(label, "version", name.model, number) if name.model else number
    )


def _link_of(row: Row, name: Names) -> SafeString:
    facts = row["after"] or row["before"] or {}
    thing = link(
        numbered(facts.get("artifact", ""), facts.get("number", "")),
        "artifact-version",
        facts.get("artifact", ""),
        facts.get("number", ""),
    )
    if row["action"] == "artifact.unlinked":
        return format_html("unlinked {} from {}", thing, name.version())
    verb = "linked" if row["action"] == "artifact.linked" else "changed the link of"
    return format_html("{} {} to {} as {}", verb, thing, name.version(), facts.get("kind", "data"))


def _created_model(row: Row, name: Names) -> SafeString:
    return format_html("registered {}{}", name.target(), _from_run(row))


def _merged(row: Row, name: Names) -> SafeString:
    return format_html("merged the tag {} into {}", name.target(), bold((row["after"] or {}).get("name", "")))


def _asked(row: Row, name: Names) -> SafeString:
    return format_html(
        "asked for approval of {} for {}", name.version(), (row["after"] or {}).get("stage", "")
    )


def _answered(row: Row, name: Names) -> SafeString:
    after = row["after"] or {}
    verb = "approved" if row["action"] == "approval.given" else "declined"
    comment = formats.middle(after.get("comment", "").strip(), 160)
    said = format_html(": “{}”", prose.bdi(comment)) if comment else ""
    return format_html("{} {} for {}{}", verb, name.version(), after.get("stage", ""), said)


def _took_back(row: Row, name: Names) -> SafeString:
    before = row["before"] or {}
    what = {"approved": "the approval", "declined": "the decline"}.get(
        before.get("decision", ""), "the request for approval"
    )
    return format_html("withdrew {} of {} for {}", what, name.version(), before.get("stage", ""))


def _run_ended(row: Row, name: Names) -> SafeString:
    said = _ENDINGS.get((row["after"] or {}).get("status"), "ended the run {}")
    return format_html(said, name.target())


def _role(row: Row, name: Names) -> SafeString:
    return format_html("gave {} the role {}", name.target(), (row["after"] or {}).get("role", ""))


def _with(verb: str) -> Callable[[Row, Names], SafeString]:
    return lambda _row, name: format_html("{} {}", verb, name.target())


def purged(row: Row, _name: Names) -> SafeString:
    """What is left to say of an event whose content was purged."""
    return format_html('{} <span class="text-3">(its content was purged)</span>', _words(row["action"]))


def other(row: Row, name: Names) -> SafeString:
    """What is said of a kind of event that has no sentence of its own: its words."""
    return format_html("{} {}", _words(row["action"]), name.target())


def _words(action: str) -> str:
    noun, _, verb = action.partition(".")
    return f"{verb.replace('_', ' ')} {noun.replace('_', ' ')}"


_EDIT, _PLUS, _TRASH = ("pencil", "text-3"), ("plus", "text-3"), ("trash", "text-3")
_TAG, _CLIP, _UNDO, _KEY, _HOOK = (
    ("tag", "text-3"),
    ("link", "text-3"),
    ("arrow-back-up", "text-3"),
    ("key", "text-3"),
    ("webhook", "text-3"),
)
_Saying = tuple[Callable[[Row, Names], SafeString], tuple[str, str] | None, tuple[str, str]]
SAYS: dict[str, _Saying] = {
    "version.promoted": (_promoted, ("production", "g-production"), _EDIT),
    "version.displaced": (_displaced, ("archived", "g-archived"), _EDIT),
    "version.stage_restored": (_restored_stage, None, _UNDO),
    "version.created": (_created_version, None, _PLUS),
    "version.deleted": (_with("deleted"), None, _TRASH),
    "version.changed": (_with("changed name or description of"), None, _EDIT),
    "version.metadata": (_metadata, None, _EDIT),
    "artifact_version.metadata": (_metadata, None, _EDIT),
    "run.metadata": (_metadata, None, _EDIT),
    "version.tagged": (_tagged, None, _TAG),
    "model.tagged": (_tagged, None, _TAG),
    "artifact.tagged": (_tagged, None, _TAG),
    "run.tagged": (_tagged, None, _TAG),
    "model.created": (_created_model, None, _PLUS),
    "model.card_changed": (_card, None, _EDIT),
    "model.renamed": (_renamed, None, _EDIT),
    "model.owner_changed": (_with("changed the owner of"), None, ("users", "text-3")),
    "gates.changed": (_with("changed the gates of"), None, ("shield-check", "text-3")),
    "directions.changed": (_with("declared how metrics are judged for"), None, ("scale", "text-3")),
    "approval.asked": (_asked, None, ("thumb-up", "text-3")),
    "approval.given": (_answered, ("good", "g-good"), _EDIT),
    "approval.declined": (_answered, ("bad", "g-bad"), _EDIT),
    "approval.withdrawn": (_took_back, None, _UNDO),
    "model.deleted": (_with("deleted"), None, _TRASH),
    "model.restored": (_with("restored"), None, _UNDO),
    "alias.set": (_alias, None, ("bookmark", "text-3")),
    "alias.deleted": (_alias, None, ("bookmark", "text-3")),
    "artifact.linked": (_link_of, None, _CLIP),
    "artifact.relinked": (_link_of, None, _CLIP),
    "artifact.unlinked": (_link_of, None, ("unlink", "text-3")),
    "artifact.created": (_with("created the artifact"), None, ("packages", "text-3")),
    "artifact_version.created": (_with("saved"), None, ("packages", "text-3")),
    "artifact_version.deleted": (_with("deleted"), None, _TRASH),
    "pipeline.created": (_with("first ran the pipeline"), None, ("route", "text-3")),
    "run.started": (_with("started"), ("run", "g-run"), ("player-play", "text-3")),
    "run.ended": (_run_ended, None, ("player-play", "text-3")),
    "tag.created": (_with("made the tag"), None, _TAG),
    "tag.changed": (_with("changed the tag"), None, _TAG),
    "tag.merged": (_merged, None, _TAG),
    "tag.deleted": (_with("deleted the tag"), None, _TRASH),
    "token.created": (_with("made the token"), None, _KEY),
    "token.revoked": (_with("revoked the token"), None, _KEY),
    "webhook.created": (_with("made the webhook"), None, _HOOK),
    "webhook.changed": (_with("changed the webhook"), None, _HOOK),
    "webhook.secret_changed": (_with("made a new secret for the webhook"), None, _KEY),
    "webhook.paused": (_with("paused the webhook"), None, _HOOK),
    "webhook.resumed": (_with("resumed the webhook"), None, _HOOK),
    "webhook.disabled": (_with("disabled the webhook"), ("bad", "g-bad"), _HOOK),
    "webhook.tested": (_with("tested the webhook"), None, ("send", "text-3")),
    "webhook.replayed": (_with("replayed a delivery to the webhook"), None, ("repeat", "text-3")),
    "webhook.deleted": (_with("deleted the webhook"), None, _TRASH),
    "user.created": (_with("added"), None, ("user-plus", "text-3")),
    "user.invited": (_with("made a sign-in link for"), None, ("login", "text-3")),
    "user.role_changed": (_role, None, ("users", "text-3")),
}
