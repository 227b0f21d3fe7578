"""Whether the history still holds what a checkpoint says of it."""

from __future__ import annotations

from typing import Any

from modelcp.checkpoints import is_signed
from registry.rules import checkpoints as rules
from registry.rules.errors import InvalidInput, TooLarge
from registry.selectors.chains import read_chains

MAX_SIZE = 64 << 20  # bytes: one of some 400,000 models


def check_against(text: bytes) -> dict[str, Any]:
    """Reads all chains anew, beside a checkpoint.

    Args:
        text: the checkpoint's file. Its signature is checked with the key that it names.

    Returns:
        as `selectors.chains.verify_chains`, and `checkpoint`: its `at`, `events` and `public_key`.

    Raises:
        InvalidInput: it is no checkpoint, or its signature is wrong. TooLarge: it is too long for one.
    """
    if len(text) > MAX_SIZE:
        raise TooLarge("That is too long for a checkpoint.", code="checkpoint_too_large")
    try:
        told, signature, key = rules.read(text.decode(), "This")
    except UnicodeDecodeError:
        raise InvalidInput("This is no checkpoint of events.", code="bad_checkpoint") from None
    if not is_signed(told, signature, key):
        raise InvalidInput("Its signature is wrong: the checkpoint was changed.", code="bad_signature")
    answer, _ = read_chains(witness=rules.Witness(rules.heads_of(told)))
    return {**answer, "checkpoint": {"at": told["at"], "events": told["events"], "public_key": key}}
