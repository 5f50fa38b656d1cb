"""The address the site listens on: is it free, and does the site answer there?"""

import json
import socket
import urllib.error
import urllib.request

import psutil

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # past any proxy


def base_url(host: str, port: int) -> str:
    """The address to type into a browser."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    if ":" in shown and not shown.startswith("["):
        shown = f"[{shown}]"
    return f"http://{shown}:{port}/"


def occupant(host: str, port: int) -> str:
    """A sentence when the port cannot be listened on, else nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            trial.listen(1)
        except OSError as error:
            return _explain(host, port, error)
    return ""


def readiness(url: str) -> str:
    """Nothing when the site is ready, else what is not."""
    address = f"{url}readyz"
    try:
        with _DIRECT.open(address, timeout=5) as answer:
            return "" if answer.status == 200 else f"it answers {answer.status}"
    except urllib.error.HTTPError as error:
        return _failing(error)
    except (OSError, ValueError):
        return "it does not answer"


def _failing(error: urllib.error.HTTPError) -> str:
    try:
        checks = json.loads(error.read())["checks"]
    except (ValueError, KeyError, TypeError, OSError):
        return f"it answers {error.code}"
    failing = [c for c in checks if not c.get("ok") and c.get("required", True)]
    return "; ".join(f"{check['name']}: {check['detail']}" for check in failing)


def _explain(host: str, port: int, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"Port {port} is reserved for root. Choose another: PORT=8000 make up"
    if isinstance(error, socket.gaierror) or error.errno not in {48, 98}:
        return f"MMSEARCH_HOST is {host!r}, which cannot be listened on: {error}."
    return (
        f"Port {port} on {host} is in use{_user_of(port)}. "
        f"Choose another: PORT={port + 1 if port < 65535 else 8000} make up"
    )


def _user_of(port: int) -> str:
    try:
        for used in psutil.net_connections(kind="tcp"):
            if used.laddr and used.laddr.port == port and used.status == psutil.CONN_LISTEN:
                name = psutil.Process(used.pid).name() if used.pid else ""
                return f" by {name} (process {used.pid})" if name else ""
    except psutil.Error:
        return ""
    return ""
