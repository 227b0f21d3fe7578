"""Signed checkpoints of the history: keys, signing, checking. Needs `cryptography`, loaded when asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelcp.checks import as_error
from modelcp.errors import ConfigurationError, InvalidInput
from registry.rules import checkpoints as rules
from registry.rules.errors import Refusal

OWNER_ONLY = 0o600


def make_key(path: Path) -> Path:
    """Makes an Ed25519 key pair: the secret one at `path`, for its owner only; the public one at `path`.pub.

    Returns:
        the public key's file.

    Raises:
        InvalidInput: one of the files exists.
    """
    ed25519, serialization = _library()
    public = path.with_name(f"{path.name}.pub")
    for file in (path, public):
        if file.exists():
            raise InvalidInput(f"{file} exists.", hint="A key is never written over: name another file.")
    key = ed25519.Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as out:
        out.write(secret)
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return public


def sign(told: Mapping[str, Any], key: Path) -> str:
    """A checkpoint as the text of its file: what it says, the signature, the public key.

    Args:
        told: `at`, `events` and `heads`, as `Client.checkpoint_events` answers.
        key: the file of the private key.
    """
    _, serialization = _library()
    secret = _private(key)
    raw = secret.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    content = rules.content(str(told["at"]), int(told["events"]), rules.heads_of(told))
    signature = secret.sign(rules.signed_bytes(content))
    value = {"checkpoint": content, "signature": signature.hex(), "public_key": raw.hex()}
    return json.dumps(value, indent=1) + "\n"


def read_checkpoint(path: Path, key: Path | None = None) -> dict[str, Any]:
    """What a checkpoint says, its signature checked.

    Args:
        key: the public key that must have signed it; else the one that it names is taken.

    Returns:
        `at`, `events`, `heads`, and `public_key` in hexadecimal.

    Raises:
        InvalidInput: it is no checkpoint, its signature is wrong, or another key signed it.
    """
    _, serialization = _library()
    content, signature, named = _parts(path)
    if key is not None:
        raw = _public(key).public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        if raw.hex() != named:
            raise InvalidInput(f"{path} was signed by another key than {key}.", code="other_key")
    if not is_signed(content, signature, named):
        raise InvalidInput(
            f"The signature of {path} is wrong: the checkpoint was changed.", code="bad_signature"
        )
    return {**content, "public_key": named}


def is_signed(content: Mapping[str, Any], signature: str, key: str) -> bool:
    """Whether the signature is that of a checkpoint's content by this public key, both in hexadecimal."""
    ed25519, _ = _library()
    from cryptography.exceptions import InvalidSignature

    try:
        public = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(signature), rules.signed_bytes(content))
    except (ValueError, InvalidSignature):
        return False
    return True


def _parts(path: Path) -> tuple[dict[str, Any], str, str]:
    try:
        return rules.read(path.read_text(encoding="utf-8"), str(path))
    except Refusal as refusal:
        raise as_error(refusal) from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is no checkpoint of events.", code="bad_checkpoint") from None


def _library() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ModuleNotFoundError:
        raise ConfigurationError(
            "Checkpoints need the package cryptography.", hint="pip install 'modelcp[server]'"
        ) from None
    return ed25519, serialization


def _private(path: Path) -> Any:
    ed25519, serialization = _library()
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise InvalidInput(f"{path} is no private Ed25519 key.", hint="modelcp events key FILE makes one.")
    return key


def _public(path: Path) -> Any:
    ed25519, serialization = _library()
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except ValueError:
        key = None
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise InvalidInput(f"{path} is no public Ed25519 key.", hint="It is beside the secret one: .pub.")
    return key
