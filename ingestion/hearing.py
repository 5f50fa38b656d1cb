"""What is said in recordings without subtitles, written down by the speech model of the settings.

The words are derived, never the author's: their blocks and views say so, and the track's caption
names the model. A transcript that was begun waits in the staging folder and goes on from there.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import batched
from pathlib import Path
from time import monotonic

from django.conf import settings

from ingestion import staging
from ingestion.errors import PausedError
from ingestion.media.portions import portions
from ingestion.types import Block, Media, Parsed
from search import registry
from search.conf import conf
from search.errors import ModelMissingError, SearchError
from search.transcribers.base import Segment, Sound, Transcriber
from search.types import Anchor

log = logging.getLogger(__name__)

KEPT_FILE = "heard.json"
BUDGET_SHARE = 0.6  # of a task's time that may pass before it makes room for others
NOT_HEARD = (
    "What is said was not written down: {why} Once that is mended, manage.py transcribe adds the "
    "words."
)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard up to a second, by the model with this fingerprint."""

    fingerprint: str = ""
    until_s: float = 0.0
    segments: tuple[Segment, ...] = ()

    @property
    def language(self) -> str:
        """The language in which most is said, empty where the model does not tell."""
        spoken: Counter[str] = Counter()
        for one in self.segments:
            spoken[one.language] += round(1000 * (one.end_s - one.start_s))
        return spoken.most_common(1)[0][0] if spoken else ""


def with_words(
    parsed: Parsed, files: Path, kept_in: Path, progress: Callable[[float], object]
) -> Parsed:
    """A recording with what is said in it; the same value where there is nothing to hear.

    Subtitles win: a recording that has some is left as it is. Where the model is missing or fails,
    a notice says so and the recording goes on without. ``files`` is the folder of its track.

    Raises:
        PausedError: the time of a task is over; the same call goes on.
    """
    track = track_of(parsed)
    if track is None or has_words(parsed) or not conf().transcriber:
        return parsed
    try:
        model = registry.transcriber(conf().transcriber)
        transcript = transcribe(model, files / track.file, track.end_s or 0.0, kept_in, progress)
    except ModelMissingError:
        why = f"the speech model {model_name()!r} is not on this machine."
        return replace(parsed, notices=(*parsed.notices, NOT_HEARD.format(why=why)))
    except (SearchError, OSError, ValueError) as error:
        log.warning("A recording is not written down: %s", error)
        why = f"the speech model {model_name()!r} failed, and the worker's log says how."
        return replace(parsed, notices=(*parsed.notices, NOT_HEARD.format(why=why)))
    return said_in(parsed, transcript)


def track_of(parsed: Parsed) -> Media | None:
    """The sound of a recording, None where it has none."""
    return next((one for one in parsed.media if one.kind == "track"), None)


def has_words(parsed: Parsed) -> bool:
    """Whether somebody's subtitles say already what is said."""
    return any(block.kind == "cue" for block in parsed.blocks)


def model_name() -> str:
    """What the settings call the speech model, without the folder it lies in."""
    options = conf().transcribers[conf().transcriber].options
    return Path(str(options.get("checkpoint", ""))).name or conf().transcriber


def said_in(parsed: Parsed, transcript: Transcript) -> Parsed:
    """The recording with the transcript's words behind its other blocks' captions, as cues."""
    captions = tuple(block for block in parsed.blocks if block.kind == "caption")
    others = tuple(block for block in parsed.blocks if block.kind != "caption")
    media = tuple(
        replace(one, caption=transcript.fingerprint) if one.kind == "track" else one
        for one in parsed.media
    )
    return replace(
        parsed,
        blocks=(*captions, *cues(transcript.segments), *others),
        media=media,
        language=parsed.language or transcript.language,
    )


def cues(segments: Sequence[Segment]) -> tuple[Block, ...]:
    """One block for each segment, said to be derived."""
    return tuple(
        Block(
            one.text,
            kind="cue",
            origin="derived",
            anchors=(Anchor(0, len(one.text), start_s=one.start_s, end_s=one.end_s),),
            start_s=one.start_s,
            end_s=one.end_s,
        )
        for one in segments
    )


def transcribe(
    model: Transcriber,
    track: Path,
    length_s: float,
    kept_in: Path,
    progress: Callable[[float], object],
) -> Transcript:
    """What is said in a whole track; goes on where an earlier call with the same model stopped.

    Raises:
        PausedError: the time of a task is over; what was heard is kept.
        SearchError: the model fails, for want of memory or of a file.
        OSError, ValueError: the track cannot be read.
    """
    found = _begun(kept_in / KEPT_FILE, model.fingerprint)
    began, budget_s = monotonic(), BUDGET_SHARE * settings.CELERY_TASK_TIME_LIMIT
    for some in batched(portions(track, begin_s=found.until_s), model.batch_size):
        if monotonic() - began > budget_s:
            raise PausedError(f"Written down up to {found.until_s:.0f} s; it goes on from there.")
        found = replace(
            found,
            until_s=some[-1][0] + some[-1][1].seconds,
            segments=(*found.segments, *_heard(model, some, found.language)),
        )
        staging.write(kept_in / KEPT_FILE, json.dumps(asdict(found)).encode())
        progress(min(1.0, found.until_s / max(length_s, found.until_s)))
    return found


def _heard(
    model: Transcriber, some: Sequence[tuple[float, Sound]], language: str
) -> Iterator[Segment]:
    """The segments of portions, at the seconds of the whole recording."""
    said = model.transcribe([sound for _, sound in some], language=language)
    for (begin_s, _), segments in zip(some, said, strict=True):
        for one in segments:
            start_s, end_s = round(begin_s + one.start_s, 3), round(begin_s + one.end_s, 3)
            yield replace(one, start_s=start_s, end_s=end_s)


def _begun(path: Path, fingerprint: str) -> Transcript:
    """What an earlier call kept, nothing if another model heard it."""
    try:
        fields = json.loads(path.read_bytes())
        segments = tuple(Segment(**one) for one in fields.pop("segments"))
        found = Transcript(segments=segments, **fields)
    except (OSError, ValueError, TypeError, KeyError):
        return Transcript(fingerprint)
    return found if found.fingerprint == fingerprint else Transcript(fingerprint)
