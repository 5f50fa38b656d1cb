"""A real HTTP server on loopback that behaves as servers of language models do, well and badly."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server(ThreadingHTTPServer):
    """Answers in turn as ``modes`` say; the last mode stays. ``bodies`` holds what was asked."""

    daemon_threads = True

    def __init__(self, modes: list[str], *, logprobs: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.modes, self.logprobs = modes, logprobs
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.bodies.append(json.loads(self.rfile.read(length)))
        self.server.headers.append({"path": self.path, **dict(self.headers)})
        mode = self.server.modes.pop(0) if len(self.server.modes) > 1 else self.server.modes[0]
        getattr(self, f"send_{mode}")()

    def send_fine(self) -> None:
        message = {"role": "assistant", "content": "[2] > [1]"}
        choice: dict[str, Any] = {"index": 0, "message": message}
        if self.server.logprobs:
            top = [{"token": token, "logprob": -1.0 - place} for place, token in enumerate("BAC")]
            choice["logprobs"] = {
                "content": [{"token": "[2]", "logprob": -0.5, "top_logprobs": top}]
            }
        usage = {"prompt_tokens": 12, "completion_tokens": 3}
        self._send(json.dumps({"choices": [choice], "usage": usage}).encode())

    def send_busy(self) -> None:
        self._send(b"{}", status=429, headers={"Retry-After": "0.05"})

    def send_broken(self) -> None:
        self._send(b"oops", status=500)

    def send_refused(self) -> None:
        self._send(b'{"error": "no such model"}', status=404)

    def send_redirect(self) -> None:
        self._send(b"", status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"})

    def send_closed(self) -> None:
        self.connection.close()

    def send_cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"choices": [')
        self.wfile.flush()
        self.connection.close()

    def send_no_json(self) -> None:
        self._send(b"<html>busy</html>")

    def send_no_choice(self) -> None:
        self._send(b'{"choices": []}')

    def send_no_text(self) -> None:
        self._send(b'{"choices": [{"message": {"content": null}}]}')

    def send_number(self) -> None:
        self._send(b"42")

    def send_deep(self) -> None:
        self._send(b"[" * 100_000)

    def send_long_line(self) -> None:
        self._send(b'{"choices": "' + b"a" * 2_000_000 + b'"}')

    def send_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.closing.is_set():
            self.wfile.write(b"data: {}\n\n" * 100)

    def send_trickle(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.closing.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()

    def send_headers_that_trickle(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.closing.wait(0.05):
            self.wfile.write(b"a")
            self.wfile.flush()

    def send_silence(self) -> None:
        self.server.closing.wait(5)

    def _send(
        self, content: bytes, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


@contextmanager
def serving(*modes: str, logprobs: bool = False) -> Iterator[Server]:
    """A server that is up inside the block."""
    server = Server(list(modes), logprobs=logprobs)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def took(started: float) -> float:
    """Seconds since then."""
    return time.monotonic() - started
