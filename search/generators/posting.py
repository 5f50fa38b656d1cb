"""One HTTP POST that ends in time and stays small, whatever the other side does."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from search.errors import ConfigurationError

CHUNK = 65_536
LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where chat completions are asked for."""

    host: str
    port: int | None
    path: str
    secure: bool


@dataclass(frozen=True, slots=True)
class Posted:
    """What came back."""

    status: int
    content: bytes
    retry_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing usable came back, as the end of a sentence; ``passing``: it may pass."""

    reason: str
    passing: bool


LATE = Refusal("did not answer in time", passing=False)


def server_of(url: str) -> Server:
    """The server an address names.

    Raises:
        ConfigurationError: it is no http or https address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{url!r} is no address of a language model: {error}.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(f"{url!r} is no http or https address of a language model.")
    path = f"{parts.path.rstrip('/')}/chat/completions"
    return Server(parts.hostname, port, path, parts.scheme == "https")


def post(
    server: Server, content: bytes, headers: Mapping[str, str], *, ends: float, max_bytes: int
) -> Posted | Refusal:
    """Send JSON and read the answer, both before ``ends`` (monotonic seconds); no redirects.

    A server that trickles, never ends, or sends more than ``max_bytes`` is left.
    """
    left = ends - time.monotonic()
    if left <= 0:
        return LATE
    kind = http.client.HTTPSConnection if server.secure else http.client.HTTPConnection
    connection = kind(server.host, server.port, timeout=left)
    try:
        connection.connect()
        with _cut_off(connection.sock, ends):
            answer = _exchange(connection, server, content, headers, max_bytes=max_bytes)
        return LATE if time.monotonic() >= ends else answer
    except TimeoutError:
        return LATE
    except ssl.SSLError as error:
        return Refusal(f"could not be reached securely: {error}", passing=False)
    except (OSError, http.client.HTTPException) as error:
        if time.monotonic() >= ends:
            return LATE
        return Refusal(f"could not be reached: {str(error) or type(error).__name__}", passing=True)
    finally:
        connection.close()


@contextmanager
def _cut_off(sock: socket.socket, ends: float) -> Iterator[None]:
    """The socket is shut when the time is over: also under a server that trickles."""
    watch = threading.Timer(ends - time.monotonic(), _shut, [sock])
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _exchange(
    connection: http.client.HTTPConnection,
    server: Server,
    content: bytes,
    headers: Mapping[str, str],
    *,
    max_bytes: int,
) -> Posted | Refusal:
    sent = {"Content-Type": "application/json", "Accept": "application/json", **headers}
    connection.request("POST", server.path, content, sent)
    response = connection.getresponse()
    body = bytearray()
    while piece := response.read1(CHUNK):
        body += piece
        if len(body) > max_bytes:
            return Refusal(f"sent more than {max_bytes} bytes", passing=False)
    if response.length:  # bytes that were announced and did not come
        raise http.client.IncompleteRead(bytes(body), response.length)
    return Posted(response.status, bytes(body), _seconds(response.getheader("Retry-After")))


def _seconds(header: str | None) -> float:
    """Seconds of a Retry-After header; 0 where it is a date or nonsense."""
    try:
        return min(max(float(header or 0), 0.0), LONGEST_PAUSE_S)
    except ValueError:
        return 0.0
