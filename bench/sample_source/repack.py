"""Office files with the time of packing taken out, so that the same source gives the same bytes."""

import io
import re
import zipfile
from pathlib import Path

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


def settle(path: Path, date: str) -> None:
    """Rewrite the Office file ``path`` with ``date`` (2025-04-22) as the time of everything."""
    path.write_bytes(_settled(path.read_bytes(), f"{date}T09:00:00Z"))


def _settled(packed: bytes, stamp: str) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".xlsx"):  # the sheet behind a chart
                content = _settled(content, stamp)
            if name == "docProps/core.xml":
                content = _with_dates(content, stamp)
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return out.getvalue()


def _with_dates(core: bytes, stamp: str) -> bytes:
    pattern = rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)"
    return re.sub(pattern, rb"\g<1>" + stamp.encode() + rb"\g<3>", core)
