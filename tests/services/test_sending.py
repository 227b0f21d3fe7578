"""Sending over TLS to a pinned address, and by many workers at once."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import LazySettings
from django_tasks_db.models import DBTaskResult

from registry.models import Attempt
from registry.rules.addresses import parse_allowed
from registry.services import access, webhooks
from registry.services.dispatcher import run_due
from registry.services.sending import send
from tests.services.test_races import at_once
from tests.support.receiver import receiving

ALLOWED = parse_allowed(["127.0.0.1"])


def certificate(folder: Path, *names: x509.GeneralName) -> Path:
    """A certificate that signs itself, with its key, for these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a receiver")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(own, own, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "receiver.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def test_tls_is_checked_for_the_name_and_sent_to_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def resolve(host: str, port: Any, *rest: Any, **more: Any) -> Any:
        return real("127.0.0.1" if host.endswith(".example") else host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    names = [x509.DNSName("hooks.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    file = certificate(tmp_path, *names)
    with receiving() as receiver:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
        port = receiver.server.server_port
        unknown = send(f"https://hooks.example:{port}/", "{}", {}, allowed=ALLOWED)
        assert unknown.error.startswith("TLS failed: self-signed certificate")
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        for host in ("hooks.example", "127.0.0.1"):
            assert send(f"https://{host}:{port}/", "{}", {}, allowed=ALLOWED).status == 204
        other = send(f"https://other.example:{port}/", "{}", {}, allowed=ALLOWED)
        assert other.error == "TLS failed: the certificate is for another name."
        assert [got.headers["host"] for got in receiver.got] == [f"hooks.example:{port}", f"127.0.0.1:{port}"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_workers_send_each_once_and_to_each_one_at_a_time(settings: LazySettings) -> None:
    settings.WEBHOOK_ALLOW = ALLOWED
    actor = access.actor_for(access.ensure_administrator(), "sdk")
    with receiving() as receiver:
        under_way: Counter[str] = Counter()
        most, lock = Counter[str](), threading.Lock()

        def count(handler: Any) -> None:
            with lock:
                under_way[handler.path] += 1
                most[handler.path] = max(most[handler.path], under_way[handler.path])
            handler.send_response(204)
            with lock:
                under_way[handler.path] -= 1
            handler.end_headers()

        receiver.behave = count
        for number in range(3):
            hook, _ = webhooks.create_webhook(actor=actor, name=f"h{number}", url=f"{receiver.url}/{number}")
            for _ in range(8):
                webhooks.test_webhook(actor=actor, webhook=hook.id)
        made = at_once(lambda _: run_due(), 6)
        rest = run_due()
        assert [each for each in made if isinstance(each, Exception)] == []
        assert sum(made) + rest == 24
    assert len({got.headers["webhook-id"] for got in receiver.got}) == len(receiver.got) == 24
    assert set(most.values()) == {1}
    assert Attempt.objects.filter(error="", number=1).count() == 24
    assert DBTaskResult.objects.count() == 0
