"""What the card of a checkpoint says its weights may be used for."""

import json
import re
from pathlib import Path

_DECLARED = re.compile(r"^licen[cs]e(?:_name)?:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)
_FORBIDS_COMMERCE = re.compile(r"(?:^|[-_ .])nc(?:[-_ .]|$)|non-?commercial|research-only", re.I)
_CARD_CHARACTERS = 4000


def declared_licence(folder: Path) -> str:
    """The licence in the front matter of README.md, else in config.json; empty if none is said.

    A model of licence "other" may name it: then that name is given, too.
    """
    card = folder / "README.md"
    if card.is_file():
        text = card.read_text(encoding="utf-8", errors="replace")[:_CARD_CHARACTERS]
        if text.startswith("---") and (said := _DECLARED.findall(text.split("\n---", 1)[0])):
            return " ".join(said).lower()
    config = folder / "config.json"
    try:
        read = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    except (OSError, ValueError):
        return ""
    named = (read.get("license") or read.get("licence")) if isinstance(read, dict) else ""
    return str(named or "").lower()


def forbids_commerce(licence: str) -> bool:
    """Whether a licence of this name allows no commercial use; one that is unknown does."""
    return _FORBIDS_COMMERCE.search(licence) is not None
