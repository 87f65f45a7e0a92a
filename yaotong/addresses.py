"""Which network addresses may be written to: public ones, and those of allowed networks. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Both carry an IPv4 address in their last 32 bits (RFC 6052, RFC 8215).
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/96"))


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks in CIDR form; ValueError names the first text that is none."""
    found = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text))
        except ValueError as error:
            raise ValueError(f"{text!r} 不是网段，应写成 10.0.0.0/8 的样子") from error
    return tuple(found)


def innermost(address: str) -> Ip:
    """The address that a connection ends at: IPv4 inside of IPv6 is unwrapped. ValueError when it is none."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if any(ip in network for network in _NAT64):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def may_write_to(address: str, allowed: Iterable[Network] = ()) -> bool:
    """Whether an address may be connected to.

    Link-local addresses (a cloud's own data among them), multicast and none at all never may.
    """
    ip = innermost(address)
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    if any(ip.version == network.version and ip in network for network in allowed):
        return True
    teredo = isinstance(ip, ipaddress.IPv6Address) and ip.teredo is not None
    return ip.is_global and not ip.is_reserved and not teredo


def literal(host: str) -> str | None:
    """The address a host name plainly is, `localhost` among them; None for a name to be looked up."""
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return "127.0.0.1"
    try:
        ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return bare
