"""The events as they were hashed, for a copy that can be checked anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from registry.models import Chain, Event, Model
from registry.rules.errors import NotFound
from registry.selectors.hashed import as_hashed
from registry.selectors.long_reads import without_limit


def export_events(model: str | None = None) -> Iterator[dict[str, Any]]:
    """Each event with what it was hashed from, in order of chain and position; at last a trailer.

    The trailer carries each chain's head, of the same reading as the events: `{"trailer": {"events",
    "heads": [{"chain", "count", "head"}]}}`. So a row that is missing at the end is missed, and a chain of
    which none is left.

    Args:
        model: only the chain of the model, or the models, of this name; also deleted ones.
    """
    events, chains = Event.objects.all(), Chain.objects.filter(count__gt=0)
    if model is not None:
        ids = list(Model.objects.filter(name=model).values_list("chain_id", flat=True))
        if not ids:
            raise NotFound(f"There is no model {model[:80]!r}.", code="no_such_model")
        events, chains = events.filter(chain_id__in=ids), chains.filter(id__in=ids)
    # Read before the events, which therefore hold all that these heads count.
    heads = {str(head[0]): head[1:] for head in chains.values_list("id", "count", "head")}
    return _lines(as_hashed(events, "chain__count", "chain__head"), heads)


def _lines(rows: Iterator[dict[str, Any]], heads: dict[str, tuple[int, str]]) -> Iterator[dict[str, Any]]:
    number = 0
    with without_limit():
        for row in rows:
            heads[row["chain"]] = (row.pop("chain__count"), row.pop("chain__head"))
            number += 1
            yield row
    told = [{"chain": chain, "count": count, "head": head} for chain, (count, head) in sorted(heads.items())]
    yield {"trailer": {"events": number, "heads": told}}
