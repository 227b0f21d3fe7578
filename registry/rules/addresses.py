"""Where a webhook may go: what its URL says, and which IP addresses may be connected to.

The URL is read when it is typed; the address is judged once a name has been resolved, just before connecting
to that very address, and again wherever a redirect leads.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from registry.rules.errors import InvalidInput

MAX_URL = 2000
PORTS = {"http": 80, "https": 443}
IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK, PRIVATE, SHARED = "a loopback address", "a private address", "an address shared behind a NAT"
METADATA = "a cloud's metadata service"
LOCAL = (LOOPBACK, PRIVATE, SHARED)  # what naming a host in the setting allows; the rest needs its network
# The first that holds an address says what it is. What none holds must still be global.
KINDS: tuple[tuple[Network, str], ...] = tuple(
    (ipaddress.ip_network(network), kind)
    for kind, networks in (
        (METADATA, "169.254.169.254 169.254.170.2 100.100.100.200 168.63.129.16 192.0.0.192"),
        (METADATA, "fd00:ec2::254 fd20:ce::254"),
        ("an unspecified address", "0.0.0.0/8 ::/128"),
        (LOOPBACK, "127.0.0.0/8 ::1/128"),
        (PRIVATE, "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10 64:ff9b:1::/48"),
        (SHARED, "100.64.0.0/10"),
        ("a link-local address", "169.254.0.0/16 fe80::/10"),
        ("a multicast address", "224.0.0.0/4 ff00::/8"),
        ("an address for documentation", "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24"),
        ("an address for documentation", "2001:db8::/32 3fff::/20"),
        ("a reserved address", "192.0.0.0/24 192.88.99.0/24 198.18.0.0/15 240.0.0.0/4"),
        ("a reserved address", "::/96 100::/64 2001::/23 2002::/16 5f00::/16"),
    )
    for network in networks.split()
)
MAPPED, COMPATIBLE = ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("::/96")
NAT64, SIX_TO_FOUR = ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("2002::/16")
UNICAST = ipaddress.IPv6Network("2000::/3")
TEREDO = ipaddress.IPv6Network("2001::/32")
LOW = 0xFFFFFFFF


@dataclass(frozen=True)
class Address:
    """Where a URL leads: `target` is its path and query as a request line has them."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The value of the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL in its one spelling."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def origin(self) -> str:
        """The URL without its path, which may be a secret."""
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True)
class Allowed:
    """What an administrator allows besides public addresses: networks, and hosts by their names."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()


def parse_allowed(entries: Iterable[str]) -> Allowed:
    """The setting's entries: networks (`10.0.0.0/8`), addresses, names of hosts.

    Raises:
        InvalidInput: an entry is none of these.
    """
    networks, hosts = [], set()
    for entry in filter(None, map(str.strip, entries)):
        try:
            networks.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
        except ValueError:
            hosts.add(_host(entry))
    return Allowed(tuple(networks), frozenset(hosts))


def _refuse(why: str, hint: str = "Give a URL such as https://example.org/hooks.") -> InvalidInput:
    return InvalidInput(
        f"This isn't a URL to send to: {why}.", code="bad_url", fields={"url": why}, hint=hint
    )


def parse_url(text: object) -> Address:
    """Where a URL leads.

    Raises:
        InvalidInput: it isn't http or https, names no host, holds credentials, or spells an IP address
            in a way that other programs may read differently.
    """
    parts, port = _split(_readable(text))
    if parts.scheme not in PORTS:
        raise _refuse("it must begin with https:// or http://")
    if "@" in parts.netloc:
        raise _refuse("it holds a user name or password", "The signature is what a receiver checks.")
    if not parts.hostname:
        raise _refuse("it names no host")
    if port == 0:
        raise _refuse("its port is 0")
    if "[" in parts.netloc and ":" not in parts.hostname:
        raise _refuse("its host isn't an IPv6 address")
    try:
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
            "?" + quote(parts.query, safe="/?%:@!$&'()*+,;=~") if parts.query else ""
        )
    except UnicodeEncodeError:
        raise _refuse("it holds a character that isn't valid Unicode") from None
    return Address(parts.scheme, _host(parts.hostname), port or PORTS[parts.scheme], target)


def _readable(text: object) -> str:
    """The text of a URL without what programs read in different ways."""
    if not isinstance(text, str) or not text:
        raise _refuse("it is empty")
    if len(text) > MAX_URL:
        raise _refuse(f"it has {len(text):,} characters, and at most {MAX_URL:,} are allowed")
    if any(ord(char) <= 0x20 or 0x7F <= ord(char) <= 0x9F or char == "\\" for char in text):
        raise _refuse("it holds a space, a backslash or a control character")
    if "#" in text:
        raise _refuse("what follows # is never sent")
    return text


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        return parts, parts.port
    except ValueError:
        raise _refuse("its host or port is malformed") from None


def _host(text: str) -> str:
    """A host in its one spelling: an IP address, or a name in ASCII."""
    if ":" in text:
        try:
            return str(ipaddress.IPv6Address("" if "%" in text else text))
        except ValueError:
            raise _refuse("its host isn't an IPv6 address") from None
    try:
        host = text.encode("idna").decode().lower().removesuffix(".")
    except UnicodeError:
        raise _refuse("its host isn't a name") from None
    if len(host) > 253 or not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", host):
        raise _refuse("its host isn't a name")
    if re.fullmatch(r"(0x[0-9a-f]*|\d+)", host.rpartition(".")[2]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise _refuse("an IPv4 address is written as four decimal numbers, such as 192.0.2.1") from None
    return host


def as_ip(host: str) -> IP | None:
    """The IP address that a host is; None if it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def why_not(ip: str, allowed: Allowed, host: str = "") -> str:
    """Why nothing may be sent to an IP address, as in "a private address"; empty if it may.

    Args:
        ip: the address that will be connected to.
        allowed: the administrator's setting.
        host: the name that was resolved to it.
    """
    address = _unmapped(ipaddress.ip_address(ip.partition("%")[0]))
    if _within(address, allowed.networks):
        return ""
    inner = list(_embedded(address))
    for each in inner:
        kind = _kind(each)
        if kind and not _may(each, kind, allowed, host):
            return f"{each} within IPv6, {kind}"
    kind = "" if inner and address in NAT64 else _kind(address)
    return "" if _may(address, kind, allowed, host) else kind


def _may(address: IP, kind: str, allowed: Allowed, host: str) -> bool:
    return _within(address, allowed.networks) or (kind in LOCAL and host in allowed.hosts)


def _within(address: IP, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def _unmapped(address: IP) -> IP:
    """An IPv4 address that IPv6 only spells differently, as itself: connecting goes by IPv4."""
    return ipaddress.IPv4Address(int(address) & LOW) if address in MAPPED else address


def _embedded(address: IP) -> Iterator[IP]:
    """The IPv4 addresses that routers make of an IPv6 one."""
    number = int(address)
    if (address in COMPATIBLE and number > LOW >> 16) or address in NAT64:
        yield ipaddress.IPv4Address(number & LOW)
    elif address in SIX_TO_FOUR:
        yield ipaddress.IPv4Address(number >> 80 & LOW)
    elif address in TEREDO:
        yield ipaddress.IPv4Address(number >> 64 & LOW)
        yield ipaddress.IPv4Address(~number & LOW)


def _kind(address: IP) -> str:
    """What keeps an address from being public; empty if it is."""
    known = next((kind for network, kind in KINDS if address in network), "")
    public = address.is_global and (address.version == 4 or address in UNICAST)
    return known or ("" if public else "no public address")
