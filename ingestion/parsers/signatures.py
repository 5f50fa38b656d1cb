"""First bytes of the formats we know, and the endings that tell kinds of text apart."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "is an RTF file; save it as docx or PDF."),
    (b"%!PS", "is a PostScript file; convert it to PDF."),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive; pack it as ZIP or TAR."),
    (b"Rar!\x1a\x07", "is a RAR archive; pack it as ZIP or TAR."),
    (b"MZ", "is a Windows program, which we do not read."),
    (b"\x7fELF", "is a program, which we do not read."),
    (b"SQLite format 3\x00", "is a database file; export its tables as CSV."),
    (b"AT&TFORM", "is a DjVu file; convert it to PDF."),
)

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\xff\x4f\xff\x51", "image/jp2"),
    (0, b"\x00\x00\x01\x00", "image/x-icon"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
    (0, b"\x00\x00\x01\xb3", "video/mpeg"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (257, b"ustar", "application/x-tar"),
)

_IFF = {
    b"WEBP": "image/webp",
    b"WAVE": "audio/wav",
    b"AVI ": "video/x-msvideo",
    b"AIFF": "audio/aiff",
    b"AIFC": "audio/aiff",
}
_BRANDS = {
    b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic",
    b"heim": "image/heic", b"heis": "image/heic", b"hevc": "image/heic", b"hevx": "image/heic",
    b"mif1": "image/heic", b"msf1": "image/heic", b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4", b"M4B ": "audio/mp4",
}  # fmt: skip
_ATOMS = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}

BY_SUFFIX = {
    ".md": "text/markdown", ".markdown": "text/markdown", ".mdown": "text/markdown",
    ".htm": "text/html", ".html": "text/html", ".xhtml": "text/html",
    ".csv": "text/csv", ".tsv": "text/tab-separated-values", ".tab": "text/tab-separated-values",
    ".json": "application/json", ".geojson": "application/json", ".ipynb": "application/json",
    ".jsonl": "application/jsonl", ".ndjson": "application/jsonl",
    ".bib": "application/x-bibtex", ".bibtex": "application/x-bibtex",
    ".ris": "application/x-research-info-systems",
    ".csl": "application/vnd.citationstyles.csl+json",
    ".xml": "application/xml", ".svg": "image/svg+xml", ".vtt": "text/vtt",
    ".srt": "application/x-subrip", ".ass": "text/x-ssa", ".ssa": "text/x-ssa",
    ".tex": "text/x-tex",
    ".py": "text/x-python", ".pyi": "text/x-python", ".js": "text/javascript",
    ".mjs": "text/javascript", ".cjs": "text/javascript", ".jsx": "text/javascript",
    ".ts": "text/x-typescript", ".tsx": "text/x-typescript", ".vue": "text/javascript",
    ".java": "text/x-java", ".kt": "text/x-kotlin", ".scala": "text/x-scala",
    ".c": "text/x-c", ".h": "text/x-c", ".cc": "text/x-c++", ".cpp": "text/x-c++",
    ".cxx": "text/x-c++", ".hh": "text/x-c++", ".hpp": "text/x-c++", ".cu": "text/x-c++",
    ".cs": "text/x-csharp", ".go": "text/x-go", ".rs": "text/x-rust", ".rb": "text/x-ruby",
    ".php": "text/x-php", ".swift": "text/x-swift", ".dart": "text/x-dart",
    ".sh": "text/x-shellscript", ".bash": "text/x-shellscript", ".zsh": "text/x-shellscript",
    ".ps1": "text/x-powershell", ".sql": "text/x-sql", ".r": "text/x-r", ".jl": "text/x-julia",
    ".m": "text/x-matlab", ".lua": "text/x-lua", ".pl": "text/x-perl", ".hs": "text/x-haskell",
    ".f90": "text/x-fortran", ".f": "text/x-fortran", ".css": "text/css", ".scss": "text/css",
    ".yaml": "text/x-yaml", ".yml": "text/x-yaml", ".toml": "text/x-toml", ".ini": "text/x-ini",
    ".cfg": "text/x-ini", ".proto": "text/x-protobuf", ".tf": "text/x-terraform",
    ".ex": "text/x-elixir", ".clj": "text/x-clojure", ".zig": "text/x-zig",
}  # fmt: skip

BINARY_SUFFIXES = frozenset(
    {".pdf", ".docx", ".pptx", ".xlsx", ".epub", ".zip", ".tar", ".gz", ".png", ".jpg", ".jpeg"}
    | {".gif", ".webp", ".tif", ".tiff", ".bmp", ".avif", ".mp4", ".m4v", ".mov", ".mkv", ".webm"}
    | {".avi", ".mpg", ".mpeg", ".3gp", ".mp3", ".m4a", ".wav", ".flac", ".ogg", ".opus", ".aac"}
)


def refused(head: bytes) -> str:
    """The rest of the sentence that begins with the file's name; "" if the format may be read."""
    if head.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in head:
            return "is protected with a password; remove the protection and upload it again."
        return "is an Office file of before 2007 or locked; save it as docx, pptx, xlsx or PDF."
    return next((words for magic, words in _REFUSED if head.startswith(magic)), "")


def by_magic(head: bytes) -> str:
    """The media type that the first bytes prove, "" if none."""
    for offset, magic, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return _refined(head, kind)
    if head[:4] in {b"RIFF", b"FORM"} and head[8:12] in _IFF:
        return _IFF[head[8:12]]
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return _BRANDS.get(brand, "video/3gpp" if brand[:2] == b"3g" else "video/mp4")
    if head[4:8] in _ATOMS:
        return "video/quicktime"
    if head[:2] == b"BM" and head[6:10] == b"\x00\x00\x00\x00":
        return "image/bmp"
    return _by_frame_sync(head)


def _refined(head: bytes, kind: str) -> str:
    if kind == "video/x-matroska" and b"webm" in head[:128]:
        return "video/webm"
    if kind == "audio/ogg" and b"theora" in head[:4096]:
        return "video/ogg"
    return kind


def _by_frame_sync(head: bytes) -> str:
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return "video/mp2t"
    if len(head) < 4 or head[0] != 0xFF:
        return ""
    if head[1] in {0xF1, 0xF9}:
        return "audio/aac"
    return "audio/mpeg" if head[1] & 0xE6 in {0xE2, 0xE4, 0xE6} and head[2] != 0xFF else ""


def as_text(head: bytes) -> str | None:
    """The bytes as text, in whatever encoding; None if they are no text."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if head.startswith(mark):
            return head.decode(encoding, "replace")
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 5 and even < odd // 10:
        return head.decode("utf-16-le", "replace")
    if even > len(head) // 5 and odd < even // 10:
        return head.decode("utf-16-be", "replace")
    controls = sum(head.count(byte) for byte in range(32) if byte not in {9, 10, 11, 12, 13, 27})
    if controls > len(head) // 50 + 1:
        return None
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")
