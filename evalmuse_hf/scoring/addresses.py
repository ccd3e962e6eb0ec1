"""Where a server of this package may listen."""

import errno
import socket

_MAX_PORT = 65_535


class ServingError(ValueError):
    """An app that cannot be started as asked; the message says why in one sentence."""


class PortInUseError(ServingError):
    """A port at which another program listens."""


def check_address(host: str, port: int) -> None:
    """Refuse an address that cannot be listened at, with the reason; Gradio would only name a range of ports.

    Args:
        host: Such as ``"127.0.0.1"`` or ``"0.0.0.0"``.
        port: From 1.

    Raises:
        PortInUseError: If another program listens there.
        ServingError: If the address is none, not of this machine, or reserved.
    """
    if not 1 <= port <= _MAX_PORT:
        raise ServingError(f"A port is a number from 1 to {_MAX_PORT}, got {port}.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(f"Port {port} of {host} is in use; choose another one.") from None
        raise ServingError(f"Cannot listen at {host}, port {port} ({error.strerror or error}).") from None
