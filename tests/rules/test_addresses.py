"""Where a webhook may go, by tables: how hosts are spelled, and what addresses are."""

import pytest

from registry.rules.addresses import Allowed, parse_allowed, parse_url, why_not
from registry.rules.errors import InvalidInput

NOBODY = Allowed()

PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "::ffff:8.8.8.8", "2606:4700::1111"]
PUBLIC += ["64:ff9b::808:808", "169.253.255.255", "198.20.0.1", "223.255.255.255", "2a00::1"]

REFUSED = {
    "a loopback address": ["127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "::ffff:127.0.0.1"],
    "a private address": [
        *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fdff::1"),
        *("fec0::1", "::ffff:10.0.0.1", "::ffff:c0a8:101", "64:ff9b:1::808:808"),
    ],
    "an address shared behind a NAT": ["100.64.0.1", "100.127.255.255", "::ffff:100.64.0.1"],
    "a link-local address": [
        "169.254.0.1",
        "169.254.255.255",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:169.254.1.1",
    ],
    "a cloud's metadata service": [
        *("169.254.169.254", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "fd00:ec2::254", "fd20:ce::254"),
        *("169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    ],
    "an unspecified address": ["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"],
    "a multicast address": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "a reserved address": [
        *("240.0.0.1", "255.255.255.255", "192.0.0.1", "192.88.99.1", "198.18.0.1", "100::1", "2001:20::1"),
        *("2002:808:808::1", "::8.8.8.8", "2001::1"),
    ],
    "an address for documentation": ["192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff::1"],
    "10.0.0.1 within IPv6, a private address": ["::10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1"],
    "127.0.0.1 within IPv6, a loopback address": [
        *("::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
        "2001:0:7f00:1::1",
    ],
    "169.254.169.254 within IPv6, a cloud's metadata service": ["64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"],
    "no public address": ["4000::1", "fe00::1"],
}


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_may_be_sent_to(ip: str) -> None:
    assert why_not(ip, NOBODY) == ""


@pytest.mark.parametrize(("ip", "why"), [(ip, why) for why, many in REFUSED.items() for ip in many])
def test_others_may_not_and_it_says_why(ip: str, why: str) -> None:
    said = why_not(ip, NOBODY)
    assert said == why or (why == "a reserved address" and said)  # Teredo's own server is one


def test_an_administrator_allows_networks_addresses_and_hosts() -> None:
    allowed = parse_allowed(["10.1.0.0/16", "127.0.0.1", " hooks.internal ", "fd00::/8", "[::1]", ""])
    assert [
        why_not(ip, allowed) for ip in ("10.1.2.3", "127.0.0.1", "::ffff:127.0.0.1", "fd00::5", "::1")
    ] == [""] * 5
    assert why_not("64:ff9b::a01:203", allowed) == ""
    for ip in ("10.2.0.1", "127.0.0.2", "192.168.0.1"):
        assert why_not(ip, allowed)
        assert why_not(ip, allowed, "hooks.internal") == ""
        assert why_not(ip, allowed, "evil.example")
    # A name is what its owner makes of it: it doesn't open what nobody means by it.
    for ip in ("169.254.169.254", "169.254.1.1", "0.0.0.0", "224.0.0.1", "fd00:ec2::254"):
        assert why_not(ip, parse_allowed(["hooks.internal"]), "hooks.internal")
    with pytest.raises(InvalidInput):
        parse_allowed(["10.0.0.0/99"])


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.org", "https://example.org/"),
        ("HTTPS://Example.ORG:443/a?b=c", "https://example.org/a?b=c"),
        ("http://example.org:8080/é", "http://example.org:8080/%C3%A9"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("http://[::1]:9/x", "http://[::1]:9/x"),
        ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
        ("http://127.0.0.1./", "http://127.0.0.1/"),
        ("http://１２７.0.0.1/", "http://127.0.0.1/"),  # full-width digits are digits
        ("http://127。0。0。1/", "http://127.0.0.1/"),
        ("https://example.org./", "https://example.org/"),
    ],
)
def test_a_url_has_one_spelling(text: str, url: str) -> None:
    assert parse_url(text).url == url
    assert parse_url(url).url == url


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "example.org",
            "//example.org/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "gopher://x/",
        ),
        *("javascript:alert(1)", "https://", "https:///x", "https://?x", "http://user@example.org/"),
        *("http://user:pass@example.org/", "http://@example.org/", "https://example.org@127.0.0.1/"),
        *("http://127.0.0.1#@example.org/", "http://example.org\\@127.0.0.1/", "http://example.org/ x"),
        *(
            "http://example.org/\n",
            "http://exa\tmple.org/",
            "http://example.org:0/",
            "http://example.org:99999/",
        ),
        *("http://example.org:x/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/"),
        *(
            "http://127.1/",
            "http://127.0.1/",
            "http://0x7f.0.0.1/",
            "http://127.0.0.01/",
            "http://1.2.3.4.5/",
        ),
        *(
            "http://256.0.0.1/",
            "http://0/",
            "http://0x/",
            "http://[::1/",
            "http://[::1%25eth0]/",
            "http://::1/",
        ),
        *("http://[v1.x]/", "http://%31%32%37.0.0.1/", "http://exa mple.org/", "http://a..b/", "http://.a/"),
        *(
            "http://" + "a" * 64 + ".org/",
            "http://example.org/" + "x" * 2000,
            "http://ex\ud800.org/",
            None,
            5,
        ),
        *("http://example.org/\ud800", "http://ⓔxample.org:80x/", "http://exam/ple＠127.0.0.1/#"),
    ],
)
def test_what_is_no_url_to_send_to_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_url(text)
    assert refused.value.fields["url"]
