"""What receivers of webhooks do: fail, lead elsewhere, go for good, be slow."""

from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from registry.models import Attempt, Delivery, Event, Webhook
from registry.rules import webhooks as rules
from registry.rules.addresses import parse_allowed
from registry.rules.errors import RuleRefused
from registry.services import deliveries, queues
from registry.services import webhooks as write
from registry.services.actors import Actor
from registry.services.dispatcher import attempt, run_due
from registry.services.sending import Limits, send
from tests.services.hook_world import Clock, hook, log, promote
from tests.support.receiver import Receiver, answer, close, receiving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_this_address")]


def states() -> list[str]:
    return list(Delivery.objects.order_by("created_at").values_list("state", flat=True))


def test_it_fails_waits_longer_each_time_and_comes_back(mira: Actor, receiver: Receiver, churn: str) -> None:
    hook(mira, receiver)
    receiver.behave = answer(500, b"out of \x00 order")
    promote(mira)
    clock, waits = Clock(), []
    for _ in range(3):
        assert run_due(clock) == 1
        assert run_due(clock) == 0  # not before its time
        due = Delivery.objects.get().next_at
        assert due is not None
        waits.append((due - clock.now).total_seconds())
        clock.now = due
    assert all(low <= wait <= low * 1.2 for low, wait in zip((5, 60, 300), waits, strict=True))
    receiver.behave = answer(200, b"thanks")
    assert run_due(clock) == 1
    assert log() == [(500, "It answered 500 Internal Server Error.")] * 3 + [(200, "")]
    assert Attempt.objects.first().answer == "out of � order"  # type: ignore[union-attr]
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert len({got.headers["webhook-signature"] for got in receiver.got}) > 1  # each with its own time
    assert states() == ["delivered"]


def test_it_gives_up_in_the_end_and_is_replayed(mira: Actor, receiver: Receiver, churn: str) -> None:
    made = hook(mira, receiver)
    receiver.behave = answer(503)
    promote(mira)
    clock = Clock()
    for _ in range(len(rules.WAITS) + 1):
        assert run_due(clock) == 1
        clock.on(days=2)
    assert run_due(clock) == 0
    assert states() == ["failed"]
    assert len(receiver.got) == len(rules.WAITS) + 1 == len(log())
    receiver.behave = answer(204)
    deliveries.replay(actor=mira, delivery=Delivery.objects.get().id)
    assert states() == ["waiting"]
    assert run_due(clock) == 1
    assert states() == ["delivered"]
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert Event.objects.get(action="webhook.replayed").target_id == str(made.id)


def test_retry_after_is_followed_within_reason(mira: Actor, receiver: Receiver, churn: str) -> None:
    hook(mira, receiver)
    promote(mira)
    clock = Clock()
    for asked, low in (("600", 600), ("1", 60), ("9999999999", 86400)):
        receiver.behave = answer(429, Retry_After=asked)
        run_due(clock)
        due = Delivery.objects.get().next_at
        assert due is not None
        assert low <= (due - clock.now).total_seconds() <= low * 1.2
        clock.now = due


@pytest.mark.parametrize(
    ("behave", "said"),
    [
        ("hangs", "It said nothing for 0.3 s."),
        ("drips", "It didn't answer within 0.5 s."),
        ("closes", "It closed the connection before it had answered."),
        ("babbles", "What it answered isn't HTTP."),
        ("loops", "It redirects more than 3 times."),
        ("leads away", "Nothing was sent: 127.0.0.2 is a loopback address"),
        ("leads to metadata", "Nothing was sent: 169.254.169.254 is a cloud's metadata service"),
        ("leads to a file", "It redirects to what isn't a URL to send to"),
        ("is gone", "The connection was refused."),
        ("isn't there", "The name nowhere.invalid can't be resolved."),
        ("is private", "Nothing was sent: localhost is "),
    ],
)
def test_what_receivers_do_wrong_is_told_in_words(
    mira: Actor, receiver: Receiver, churn: str, monkeypatch: pytest.MonkeyPatch, behave: str, said: str
) -> None:
    if behave in ("hangs", "drips"):
        monkeypatch.setattr(
            deliveries, "LIMITS", Limits(read=0.3) if behave == "hangs" else Limits(total=0.5)
        )

    def drip(handler: Any) -> None:
        while not receiver.released.wait(0.05):
            handler.wfile.write(b"H")
            handler.wfile.flush()

    made = hook(mira, receiver)
    with receiving("127.0.0.2") as elsewhere:
        ways: dict[str, Any] = {
            "hangs": lambda handler: receiver.released.wait(30),
            "drips": drip,
            "closes": close,
            "babbles": lambda handler: handler.wfile.write(b"SSH-2.0-what\r\n\r\n"),
            "loops": answer(307, Location="/again"),
            "leads away": answer(307, Location=elsewhere.url + "/secret"),
            "leads to metadata": answer(302, Location="http://169.254.169.254/latest/meta-data/"),
            "leads to a file": answer(301, Location="file:///etc/passwd"),
        }
        receiver.behave = ways.get(behave, answer(204))
        if behave in ("isn't there", "is private"):
            host = "nowhere.invalid" if behave == "isn't there" else "localhost"
            Webhook.objects.filter(id=made.id).update(url=f"http://{host}:{receiver.server.server_port}/")
        if behave == "is private":
            Webhook.objects.filter(id=made.id).update(url=f"http://localhost:{elsewhere.server.server_port}/")
            deliveries.settings.WEBHOOK_ALLOW = parse_allowed(["10.0.0.0/8"])
        if behave == "is gone":
            receiver.server.shutdown()
            receiver.server.server_close()
        promote(mira)
        run_due(Clock())
        assert (elsewhere.got, elsewhere.connections) == ([], 0)
    ((status, error),) = log()
    assert error.startswith(said)
    assert states() == ["waiting"]
    assert len(receiver.got) == {"loops": 4, "isn't there": 0, "is private": 0, "is gone": 0}.get(behave, 1)
    assert status == (307 if behave == "loops" else None)


def test_what_is_allowed_is_followed_and_a_huge_answer_is_not_read(
    mira: Actor, receiver: Receiver, churn: str
) -> None:
    _, secret = write.create_webhook(actor=mira, name="ops", url=receiver.url + "/old")

    def moved(handler: Any) -> None:
        if handler.path == "/old":
            answer(308, Location="/new")(handler)
        else:
            answer(200, b"x" * 50_000_000)(handler)

    receiver.behave = moved
    promote(mira)
    run_due(Clock())
    assert [got.path for got in receiver.got] == ["/old", "/new"]
    assert receiver.got[0].body == receiver.got[1].body
    Verifier(secret).verify(receiver.got[1].body, receiver.got[1].headers)
    found = Attempt.objects.get()
    assert (found.status, found.error, len(found.answer)) == (200, "", 2000)


def test_a_name_is_resolved_once_and_connected_to_where_it_was_judged(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """A name that says another address each time it is asked gains nothing by it."""
    import socket

    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, port: Any, *rest: Any, **more: Any) -> Any:
        if host != "rebind.example":
            assert host in ("127.0.0.1", "127.0.0.2")
            return real(host, port, *rest, **more)
        asked.append(host)
        ip = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with receiving("127.0.0.2") as elsewhere:
        url = f"http://rebind.example:{receiver.server.server_port}/"
        allowed = parse_allowed(["127.0.0.1"])
        assert send(url, "{}", {}, allowed=allowed).status == 204
        assert receiver.got[0].headers["host"] == f"rebind.example:{receiver.server.server_port}"
        refused = send(url, "{}", {}, allowed=allowed)
        assert refused.error.startswith("Nothing was sent: rebind.example is 127.0.0.2, a loopback address")
        assert (len(receiver.got), elsewhere.connections) == (1, 0)


def test_a_receiver_that_is_gone_for_good_is_disabled(mira: Actor, receiver: Receiver, churn: str) -> None:
    made = hook(mira, receiver)
    receiver.behave = answer(410)
    promote(mira)
    promote(mira, "staging")
    run_due(Clock())
    made.refresh_from_db()
    assert (made.active, made.disabled) == (False, "It answered 410 Gone.")
    assert Event.objects.get(action="webhook.disabled").actor_name == "modelcp"
    assert states() == ["failed", "waiting"]
    promote(mira, "archived")
    assert len(states()) == 2  # while it is paused nothing is queued
    with pytest.raises(RuleRefused):
        deliveries.replay(actor=mira, delivery=Delivery.objects.order_by("created_at").first().id)  # type: ignore[union-attr]
    receiver.behave = answer(204)
    write.update_webhook(actor=mira, webhook=made.id, active=True)
    run_due(Clock())
    assert states() == ["failed", "delivered"]


def test_a_slow_webhook_holds_up_nobody_else(mira: Actor, receiver: Receiver, churn: str) -> None:
    hook(mira, receiver, "slow")
    hook(mira, receiver, "quick")
    promote(mira)
    promote(mira, "staging")
    now = Clock().now
    claimed = [queues.claim(now) for _ in range(3)]
    assert len({task.queue_name for task in claimed if task}) == 2
    assert claimed[2] is None  # one at a time to each
    for task in claimed[:2]:
        assert task is not None
        attempt(task)
    assert len(receiver.got) == 2
    assert queues.claim(now) is not None
