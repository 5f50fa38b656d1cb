"""A file from an address: off unless the operator allows it, and never from a private network."""

import http.client
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from time import monotonic
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from django.conf import settings

from ingestion.errors import IngestError, TooLargeError

MAX_BYTES = 50_000_000
TIMEOUT_S = 20
MAX_REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes, in a file of ours, and a name for them."""

    path: Path
    name: str


def fetch(address: str, folder: Path) -> Fetched:
    """Fetch one file over http or https, at most 50 MB in 20 seconds and 3 redirects.

    Each host is resolved once and refused if any of its addresses is not public; the connection
    goes to the address that was checked.

    Raises:
        IngestError: switched off, refused, unreachable, or not a 200.
        TooLargeError: over 50 MB.
    """
    if not settings.MMSEARCH["URL_INGESTION"]:
        raise IngestError(
            "Fetching addresses is switched off here. Upload the file, or set "
            "MMSEARCH_URL_INGESTION=1."
        )
    until = monotonic() + TIMEOUT_S
    for _ in range(MAX_REDIRECTS + 1):
        parts = _checked(address)
        response, connection = _get(parts, until)
        with connection_closing(connection):
            if response.status in {301, 302, 303, 307, 308}:
                address = urljoin(address, response.getheader("Location", ""))
                continue
            if response.status != 200:
                raise IngestError(f"{address} answered {response.status} {response.reason}.")
            return Fetched(_save(response, folder, address, until), _name(parts, response))
    raise IngestError(f"{address}: more than {MAX_REDIRECTS} redirects.")


class connection_closing:  # noqa: N801  reads as a statement, like contextlib.closing
    """Close the connection when the block ends."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self.connection.close()


def _checked(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise IngestError(f"{address!r} is not an address: {error}.") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise IngestError(f"{address!r} is not an http or https address.")
    if port not in {None, *PORTS.values()} or parts.username or parts.password:
        raise IngestError(f"{address!r}: only ports 80 and 443, without a user name.")
    return parts


def public_address(host: str, port: int) -> str:
    """The first of the host's addresses, if all of them are public.

    Raises:
        IngestError: the host is unknown, or one of its addresses is not public.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise IngestError(f"{host} is not known: {error}.") from error
    addresses = [str(entry[4][0]) for entry in found]
    for text in addresses:
        if not _is_public(ipaddress.ip_address(text.partition("%")[0])):
            raise IngestError(f"{host} leads to {text}, which is not a public address.")
    return addresses[0]


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Public itself, and what it wraps (IPv4-mapped, 6to4, Teredo, NAT64) public too."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in ipaddress.ip_network("64:ff9b::/96"):
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if any(i is not None and not i.is_global for i in inner):
            return False
    return address.is_global and not address.is_multicast


def _get(
    parts: SplitResult, until: float
) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection]:
    host, port = str(parts.hostname), parts.port or PORTS[parts.scheme]
    sock: socket.socket
    try:
        sock = socket.create_connection((public_address(host, port), port), _left(until))
        if parts.scheme == "https":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        connection = http.client.HTTPConnection(host, port, timeout=_left(until))
        connection.sock = sock
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"User-Agent": "MMSearch", "Accept": "*/*"})
        return connection.getresponse(), connection
    except (OSError, http.client.HTTPException) as error:
        raise IngestError(f"{host} could not be read: {error}.") from error


def _save(response: http.client.HTTPResponse, folder: Path, address: str, until: float) -> Path:
    path, size = folder / "fetched", 0
    with path.open("wb") as file:
        while block := _read(response, address):
            size += len(block)
            if size > MAX_BYTES:
                raise TooLargeError(f"{address} is larger than {MAX_BYTES // 1_000_000} MB.")
            _left(until)
            file.write(block)
    return path


def _read(response: http.client.HTTPResponse, address: str) -> bytes:
    try:
        return response.read(_BLOCK)
    except (OSError, http.client.HTTPException) as error:
        raise IngestError(f"{address} broke off: {error}.") from error


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise IngestError(f"No answer within {TIMEOUT_S} seconds.")
    return left


def _name(parts: SplitResult, response: http.client.HTTPResponse) -> str:
    name = PurePosixPath(unquote(parts.path)).name or str(parts.hostname)
    kind = response.getheader("Content-Type", "")
    return f"{name}.html" if kind.startswith("text/html") and "." not in name else name
