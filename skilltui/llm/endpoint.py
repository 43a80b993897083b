"""Where Ollama is, decided once and before anything is sent.

The rules for the address are Ollama's own (``OLLAMA_HOST``: https://docs.ollama.com/faq): a bare host means port
11434, ``http://`` without a port means 80, ``https://`` 443.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from skilltui.errors import ModelRefusedError

DEFAULT_PORT = 11434

_SCHEME_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_LOOPBACK = {4: "127.0.0.1", 6: "::1"}
# Paths that people paste because other clients want them; ours adds its own.
_API_PATHS = re.compile(r"(/+(v1|api))?/*$")
_HOW = "set `[ollama] host` in config.toml to an address such as http://127.0.0.1:11434"


class Endpoint(Struct, frozen=True):
    """A server's address: ``url`` without a final slash, ``local`` where it is this machine.

    ``hint`` is how to start a server that does not answer there.
    """

    url: str
    local: bool
    hint: str


def loopback_addresses(name: str) -> list[str]:
    """What the machine's resolver says about ``localhost``."""
    try:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]
    except OSError:
        return []


def resolve(
    host: str | None,
    env: Mapping[str, str],
    *,
    allow_remote: bool = False,
    lookup: Callable[[str], list[str]] = loopback_addresses,
) -> Endpoint:
    """The configured address, else ``OLLAMA_HOST``, else 127.0.0.1:11434.

    Only the name ``localhost`` is ever looked up, and its answer is kept, so a later look-up can't lead elsewhere.
    Raises ``ModelRefusedError`` for an address that can't be read, and for another machine without ``allow_remote``;
    no packet has been sent then.
    """
    scheme, name, port, path = _parse((host or env.get("OLLAMA_HOST") or "").strip().strip("\"'").strip())
    address = _address(name)
    # "Listen everywhere" (0.0.0.0) is no place to connect to; Windows refuses it.
    connect = _LOOPBACK[address.version] if address is not None and address.is_unspecified else name
    if connect == "localhost":
        connect = _pinned(lookup(connect)) or connect
    local = _is_loopback(connect)
    shown = f"[{connect}]" if ":" in connect else connect
    given = port or _SCHEME_PORTS[scheme or "http"]
    url = f"{scheme or 'http'}://{shown}:{given if scheme else port or DEFAULT_PORT}{path}"
    if not local and not allow_remote:
        raise ModelRefusedError(
            f"{url} is not on this machine, and what agents did would be sent there",
            "to allow it, set `[ollama] allow_remote = true` in config.toml; to stay local, change `[ollama] host`",
        )
    start = "start it with: ollama serve" if local else "start Ollama on that machine, or change `[ollama] host`"
    if scheme == "http" and port is None:
        start += f" (http:// without a port means port 80; Ollama's own is {DEFAULT_PORT})"
    return Endpoint(url, local, start)


def _parse(text: str) -> tuple[str, str, int | None, str]:
    """Scheme (empty where none was given), host in lower case, port and path."""
    scheme, _, rest = text.rpartition("://")
    scheme = scheme.lower()
    if scheme and scheme not in _SCHEME_PORTS:
        raise ModelRefusedError("the address of Ollama begins with neither http:// nor https://", _HOW)
    if not scheme and _address(rest) is not None and ":" in rest:
        rest = f"[{rest}]"
    if "@" in rest:
        raise ModelRefusedError("the address of Ollama holds a user name or password, which is never sent", _HOW)
    try:
        split = urlsplit(f"http://{rest}")
        name, port = split.hostname or "127.0.0.1", split.port
    except ValueError as error:
        raise ModelRefusedError("the address of Ollama can't be read", _HOW) from error
    if "%" in name or (_address(name) is None and not _NAME.fullmatch(name)):
        raise ModelRefusedError("the address of Ollama can't be read", _HOW)
    return scheme, name, port, _API_PATHS.sub("", split.path)


def _pinned(addresses: list[str]) -> str | None:
    """The loopback address to use for ``localhost``, Ollama's own default first.

    None where the name leads anywhere else. A machine that doesn't know the name still has a loopback.
    """
    if not all(_is_loopback(address) for address in addresses):
        return None
    return next((address for address in addresses if "." in address), addresses[0] if addresses else _LOOPBACK[4])


def _is_loopback(name: str) -> bool:
    address = _address(name)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address is not None and address.is_loopback


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
