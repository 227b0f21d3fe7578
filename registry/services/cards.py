"""Model cards: checking what is given, and the revisions that writes of a model make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.models import CardRevision, Model
from registry.rules.errors import InvalidInput
from registry.selectors.catalog import CARD_FIELDS
from registry.services.unit import Change, Work


def check_card(card: Mapping[str, Any]) -> dict[str, str]:
    """The card's fields as text; InvalidInput names one that is unknown, no text or too long."""
    checked = {}
    for key, value in card.items():
        if key not in CARD_FIELDS:
            raise InvalidInput(
                f"A model card has no field {key!r}.",
                fields={key: "Unknown."},
                hint="Its fields: " + ", ".join(CARD_FIELDS) + ".",
            )
        checked[key] = _card_text(key, "" if value is None else value)
    return checked


def _card_text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"The card's {key} must be text.", fields={key: "It must be text."})
    longest = getattr(CardRevision._meta.get_field(key), "max_length", None)
    if longest and len(value) > longest:
        said = f"It may have at most {longest} characters, not {len(value):,}."
        hint = "What is longer belongs in the description."
        raise InvalidInput(f"The card's {key} is too long.", fields={key: said}, hint=hint)
    return value


def revise_card(work: Work, model: Model, card: dict[str, str]) -> None:
    """Closes the card's revision and opens the next, where `card` (checked) changes anything."""
    current = CardRevision.objects.filter(model=model, valid_to__isnull=True).values(*CARD_FIELDS).get()
    changed = {key: value for key, value in card.items() if current[key] != value}
    if not changed:
        return
    at = work.record(
        Change(
            "model.card_changed",
            ("model", model.id, model.name),
            before={key: current[key] for key in changed},
            after=changed,
            model=model.id,
        )
    )
    CardRevision.objects.filter(model=model, valid_to__isnull=True).update(valid_to=at)
    CardRevision.objects.create(model=model, valid_from=at, author_id=work.actor.id, **{**current, **changed})
