"""One vector for all that a moment, a page or a picture shows, sounds and says."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from search.encoders.base import Kind, Presence, Ragged, Rows
from search.encoders.media import Clip, MediaEncoder, Medium, Pixels, Sound
from search.errors import ConfigurationError
from search.types import Modality

if TYPE_CHECKING:
    from search.encoders.cross_modal import Fused

MEDIA = tuple(Medium)
ATTENTION = "fusion.safetensors"  # as cross_modal calls it, which would load torch here


class FusedMedia(MediaEncoder):
    """The vectors of another encoder, those of one thing joined into one, in a space of its own.

    ``media`` is the encoder whose vectors are joined, and of which questions are asked.
    ``checkpoint`` is a folder of towers: if an attention was trained in it, that weighs the media
    of each thing; else they are summed with fixed ``weights``, 1 for each that is not named. What
    is stored has ``len(MEDIA)`` numbers behind the unit vector: what each medium weighs in it.
    """

    needs = {"media": "ENCODERS"}
    modalities = frozenset({Modality.PAGE, Modality.IMAGE, Modality.VIDEO, Modality.AUDIO})

    def __init__(
        self,
        media: MediaEncoder,
        checkpoint: str = "",
        *,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        if not isinstance(media, MediaEncoder) or media.kind != Kind.DENSE:
            raise ConfigurationError(
                f"Vectors of {type(media).__name__} cannot be joined; name an encoder that looks "
                "or listens and gives one vector for each thing."
            )
        from search.encoders.cross_modal import CrossModalFusion

        trained = _trained(checkpoint)
        space = media.fingerprint if trained else ""
        self.fusion = CrossModalFusion(str(trained or ""), weights=weights, space=space)
        self.media_encoder, self.media, self.dim = media, media.media, media.dim
        self.fingerprint = f"fused:{_digest(media.fingerprint, trained, weights or {})}"

    @classmethod
    def presence(cls, checkpoint: str = "", **_options: object) -> Presence:
        by = "a trained attention" if _trained(checkpoint) else "fixed weights"
        return Presence(True, f"vectors of several media joined by {by}")

    def join(self, parts: Mapping[Medium, Rows]) -> "Fused":
        """One vector for each thing, of rows (n, dim) by medium, zeros where one is missing."""
        return self.fusion.fuse(parts)

    def encode_queries(self, texts: Sequence[str]) -> Rows | Ragged:
        """Questions and captions in words, (n, dim), in the order given."""
        return self.media_encoder.encode_queries(texts)

    def encode_images(self, pictures: Sequence[Pixels]) -> Rows | Ragged:
        """Pictures, (n, dim), in the order given."""
        return self.media_encoder.encode_images(pictures)

    def encode_clips(self, clips: Sequence[Clip]) -> Rows | Ragged:
        """Moving pictures, (n, dim), in the order given."""
        return self.media_encoder.encode_clips(clips)

    def encode_sounds(self, sounds: Sequence[Sound]) -> Rows | Ragged:
        """Sounds, (n, dim), in the order given."""
        return self.media_encoder.encode_sounds(sounds)


def _trained(checkpoint: str) -> Path | None:
    """The folder, if an attention was trained in it."""
    folder = Path(checkpoint).expanduser()
    return folder if checkpoint and (folder / ATTENTION).is_file() else None


def _digest(space: str, trained: Path | None, weights: Mapping[str, float]) -> str:
    """Changes with the encoder and with whatever weighs its vectors; forty hex digits."""
    told = hashlib.sha256(space.encode())
    if trained is not None:
        told.update((trained / ATTENTION).read_bytes())
    else:
        told.update(repr([float(weights.get(str(one), 1.0)) for one in MEDIA]).encode())
    return told.hexdigest()[:40]
