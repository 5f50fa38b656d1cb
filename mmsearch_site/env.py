"""The only reader of os.environ. A wrong value stops the start with a sentence that names it."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def env_str(name: str, default: str = "") -> str:
    """The variable's text without surrounding spaces; ``default`` when unset or empty."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, default: bool = False) -> bool:
    """True or False from 1/0, true/false, yes/no, on/off."""
    text = os.environ.get(name)
    if text is None:
        return default
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {text!r}; write 1 or 0.")


def env_int(name: str, default: int, *, least: int = 0, most: int = 2**62) -> int:
    """A whole number between ``least`` and ``most``."""
    text = env_str(name)
    if not text:
        return default
    try:
        number = int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {text!r}; write a whole number.") from None
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{name} is {number}; write a number from {least} to {most}.")
    return number


def env_list(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Comma-separated words."""
    text = env_str(name)
    return [word.strip() for word in text.split(",") if word.strip()] if text else list(default)


def env_choice(name: str, choices: tuple[str, ...]) -> str:
    """One of the words, the first when unset."""
    word = env_str(name, choices[0])
    if word not in choices:
        raise ImproperlyConfigured(f"{name} is {word!r}; write one of {', '.join(choices)}.")
    return word


def env_secret(name: str) -> str:
    """A secret from NAME, or from the file that NAME_FILE names (container secrets)."""
    path = env_str(f"{name}_FILE")
    if not path:
        return env_str(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE is {path!r}, which cannot be read: {error}."
        ) from error


def child_environment(**own: str) -> dict[str, str]:
    """What a child process gets: our environment, quiet numeric libraries, and ``own``."""
    return {"OMP_NUM_THREADS": "1", **os.environ, **own}


def load_dotenv(path: Path) -> None:
    """Take NAME=value lines of a .env file for names the environment does not set."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ImproperlyConfigured(f"{path}, line {number}: {text!r} is not NAME=value.")
        os.environ.setdefault(name.strip(), value.strip().strip("\"'"))
