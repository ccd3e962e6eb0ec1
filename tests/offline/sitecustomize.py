"""Refuse every address except loopback and Unix sockets, in this process and in each Python process it starts.

`tests/conftest.py` runs this file and puts its folder on ``PYTHONPATH``, where every child interpreter finds it by its
name. An audit hook sees the call before it happens, in whatever module it is made, and cannot be removed.
"""

import ipaddress
import socket
import sys

GUARDED = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}


class NetworkRefusedError(ConnectionRefusedError):
    """An address beyond this machine was asked for; an `OSError`, as on a machine without a network."""


def is_local(host: object) -> bool:
    """Tell whether a host name or address means this machine; no name is resolved for the answer."""
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def asked_host(event: str, args: tuple) -> object:
    """Find the host in the arguments of an audit event; None where the socket is not an internet socket."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        return args[0]
    connection, address = args[0], args[1]
    if connection.family not in (socket.AF_INET, socket.AF_INET6) or not address:
        return None
    return address[0]


def refuse(event: str, args: tuple) -> None:
    """Audit hook: raise before anything leaves the machine."""
    if event in GUARDED and not is_local(host := asked_host(event, args)):
        raise NetworkRefusedError(f"The tests may not reach beyond this machine, and {event} asked for {host!r}.")


if not hasattr(sys, "evalmuse_offline"):
    sys.evalmuse_offline = True
    sys.addaudithook(refuse)
