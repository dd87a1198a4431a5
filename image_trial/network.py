"""The loopback interface of a new network namespace, which starts without one that is up."""

import fcntl
import socket
import struct

LOOPBACK = b"lo"
GET_FLAGS = 0x8913
SET_FLAGS = 0x8914
"""ioctl requests of netdevice(7): SIOCGIFFLAGS and SIOCSIFFLAGS."""

UP = 0x1
REQUEST = "16sH14x"
"""struct ifreq with the flags of an interface."""


def bring_loopback_up() -> None:
    """Make 127.0.0.1 reachable in this process's network.

    Raises:
        OSError: not root.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack(REQUEST, LOOPBACK, 0)
        _name, flags = struct.unpack(REQUEST, fcntl.ioctl(any_socket, GET_FLAGS, request))
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack(REQUEST, LOOPBACK, flags | UP))


def interfaces() -> list[str]:
    """Return the names of the interfaces of this process's network."""
    return [name for _index, name in socket.if_nameindex()]
