"""ZIP files that may lie about themselves: sizes are counted while unpacking, never believed."""

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from ingestion.errors import IngestError, TooLargeError
from ingestion.parsers.cleaning import shown
from ingestion.types import Limits, ParseRequest

RATIO = 100  # unpacked to packed
SMALL = 10 << 20  # below this the ratio does not matter
OFFICE_BYTES = 200 << 20
_PIECE = 1 << 16
BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)


def open_zip(request: ParseRequest) -> zipfile.ZipFile:
    """The archive, its table of contents read.

    Raises:
        IngestError: it is damaged.
    """
    try:
        return zipfile.ZipFile(request.path)
    except BROKEN as error:
        raise IngestError(f"{shown(request.filename)} is a damaged ZIP file ({error}).") from error


def check_office(request: ParseRequest, limits: Limits) -> None:
    """Unpack every part of an Office file into nothing, to see how large it really is.

    Raises:
        TooLargeError: over 200 MB, more than 100 times its size, or too many parts.
        IngestError: damaged or locked.
    """
    name = shown(request.filename)
    most = min(limits.unpacked_bytes, OFFICE_BYTES)
    size = Path(request.path).stat().st_size
    with open_zip(request) as archive:
        entries = archive.infolist()
        if len(entries) > 5 * limits.members:
            raise TooLargeError(f"{name} has {len(entries):,} parts, which no honest file has.")
        total = 0
        for entry in entries:
            if entry.flag_bits & 1:
                raise IngestError(f"{name} is locked with a password; remove it and try again.")
            for piece in pieces(archive, entry, request):
                total += len(piece)
                check_ratio(total, size, name)
                if total > most:
                    raise TooLargeError(f"{name} unpacks to more than {most >> 20} MB.")


def check_ratio(unpacked: int, packed: int, name: str) -> None:
    """Stop at what only a bomb does.

    Raises:
        TooLargeError: more than 10 MB, and more than 100 times what was packed.
    """
    if unpacked > SMALL and unpacked > RATIO * max(packed, 1):
        raise TooLargeError(
            f"{name} unpacks to more than {RATIO} times its size, as only a trap does."
        )


def pieces(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, request: ParseRequest
) -> Iterator[bytes]:
    """The bytes of one entry, 64 KB at a time.

    Raises:
        IngestError: it is damaged.
    """
    try:
        with archive.open(entry) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except BROKEN as error:
        raise IngestError(
            f"{shown(request.filename)} is damaged at {shown(entry.filename)} ({error})."
        ) from error
