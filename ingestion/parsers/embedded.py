"""Pictures inside Office files and books, kept as pictures of our own making."""

from dataclasses import dataclass, field

from ingestion.errors import IngestError
from ingestion.media.thumbnails import open_picture, save_webp, shown
from ingestion.types import Limits, Media
from search.types import Box

_MOST = 300
_SMALLEST = 48  # pixels: less is a bullet or a line
_LONGEST_SIDE = 1600


@dataclass(slots=True)
class Pictures:
    """Pictures kept so far; the same picture twice is kept once."""

    folder: str
    limits: Limits
    media: list[Media] = field(default_factory=list)
    unread: int = 0
    seen: set[str] = field(default_factory=set)

    def keep(
        self, name: str, content: bytes, *, page: int | None, box: Box | None, caption: str
    ) -> None:
        """Keep a picture under a name of ours; count it if it cannot be read."""
        if name in self.seen or len(self.media) >= _MOST:
            return
        self.seen.add(name)
        file = f"picture-{len(self.media) + 1:04d}.webp"
        try:
            with open_picture(content, self.limits) as picture:
                if min(picture.size) < _SMALLEST:
                    return
                clean = shown(picture)
            _, width, height = save_webp(clean, self.folder, file, max_side=_LONGEST_SIDE)
        except (IngestError, OSError, ValueError):
            self.unread += 1
            return
        self.media.append(
            Media("image", file, width, height, page=page, box=box, caption=caption[:2000])
        )

    def notices(self) -> list[str]:
        """What to say of pictures that were left out."""
        if not self.unread:
            return []
        few = "One picture is" if self.unread == 1 else f"{self.unread} pictures are"
        return [f"{few} damaged or of a kind we do not read, and left out."]
