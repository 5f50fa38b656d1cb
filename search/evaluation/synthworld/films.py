"""Files that are looked at or listened to, and the questions about them."""

import io
import time
import wave
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from search.evaluation.synthworld import motions, scenes, sounds
from search.evaluation.synthworld.shapes import Pixels
from search.evaluation.synthworld.texts import Question

SIDE = 96
PAGE_SIDE = 384
FRAME_S = 0.25  # of a clip
LONG_FRAME_S = 1.0  # of an event in a long recording
EVENTS = 4
RATE = 20  # frames a second
Files = dict[str, bytes]
Made = tuple[Files, list[Question]]


def several(count: int, *, seed: int) -> Iterator[Made]:
    """The files and questions of each slice, one after another."""
    yield _pictures(count, seed=seed)
    yield _composed(count, seed=seed + 1)
    yield _pages(count, seed=seed + 6)
    long = max(count // 4, 3)
    yield _clips(count, seed=seed + 2, long=long)
    yield _moments(long, seed=seed + 3)
    yield _subtitles(count, seed=seed + 4)
    yield _sounds(count, seed=seed + 5)


def _pictures(count: int, *, seed: int) -> Made:
    """I0: a picture by what it shows."""
    samples = scenes.sample_scenes(count, seed=seed, side=SIDE, things=1)
    files = {f"docs/scene-{n:04}.png": png(one.pixels) for n, one in enumerate(samples)}
    questions = [
        Question("I0", one.caption, gold=_alike(samples, one, "scene-{:04}.png")) for one in samples
    ]
    return files, questions


def _composed(count: int, *, seed: int) -> Made:
    """I3: the same thing in another colour; the picture alone finds itself, the words any."""
    rng = np.random.default_rng([seed, 3])
    samples = scenes.sample_scenes(2 * count, seed=seed, side=SIDE, things=1)
    files: Files = {f"docs/pair-{n:04}.png": png(one.pixels) for n, one in enumerate(samples)}
    questions = []
    for number, one in enumerate(samples[:count]):
        others = [
            n
            for n, other in enumerate(samples)
            if other.things[0].shape == one.things[0].shape
            and other.things[0].colour != one.things[0].colour
        ]
        if not others:
            continue
        wanted = samples[others[int(rng.integers(len(others)))]].things[0].colour
        gold = [n for n in others if samples[n].things[0].colour == wanted]
        asked = f"asked/pair-{number:04}.png"
        files[asked] = png(one.pixels)
        names = tuple(f"pair-{n:04}.png" for n in gold)
        questions.append(Question("I3", f"but {wanted}", asked, "image", names))
    return files, questions


def _pages(count: int, *, seed: int) -> Made:
    """P1: a page by the figure on it, of which no word speaks."""
    samples = scenes.sample_scenes(count, seed=seed, side=PAGE_SIDE, things=2)
    files = {f"docs/figure-{n:04}.pdf": pdf(one.pixels) for n, one in enumerate(samples)}
    questions = [
        Question("P1", one.caption, gold=_alike(samples, one, "figure-{:04}.pdf"))
        for one in samples
    ]
    return files, questions


def _clips(count: int, *, seed: int, long: int) -> Made:
    """V2: a clip by its motion; beside each lies its twin, backwards in time."""
    files: Files = {}
    questions: list[Question] = []
    events = _events(long, seed=seed + 1)
    for held_out in (False, True):
        word = "held" if held_out else "seen"
        samples = motions.sample_clips(count, seed=seed, side=SIDE, held_out=held_out)
        twins = [motions.twin_of(one) for one in samples]
        for n, (one, twin) in enumerate(zip(samples, twins, strict=True)):
            files[f"docs/clip-{word}-{n:04}.mp4"] = film([one.frames], FRAME_S)
            files[f"docs/twin-{word}-{n:04}.mp4"] = film([twin.frames], FRAME_S)
        for one in samples:
            gold = (
                *_alike(samples, one, f"clip-{word}-{{:04}}.mp4"),
                *_alike(twins, one, f"twin-{word}-{{:04}}.mp4"),
                *(name for name, own in events.items() if _alike(own, one, name)),
            )
            questions.append(Question("V2", one.caption, gold=gold, held_out=held_out))
    return files, questions


def _moments(count: int, *, seed: int) -> Made:
    """V4: when something happens in a recording of several events."""
    files: Files = {}
    questions: list[Question] = []
    length = motions.FRAMES * LONG_FRAME_S
    for name, events in _events(count, seed=seed).items():
        files[f"docs/{name}"] = film([event.frames for event in events], LONG_FRAME_S)
        for place, event in enumerate(events):
            start = place * length
            if sum(other.facts == event.facts for other in events) == 1:
                found = Question("V4", event.caption, gold=(name,), start_s=start)
                questions.append(replace(found, end_s=start + length))
    return files, questions


def _events(count: int, *, seed: int) -> dict[str, list[motions.ClipSample]]:
    """What happens in each of the long recordings."""
    return {
        f"long-{number:04}.mp4": motions.sample_clips(EVENTS, seed=seed + 100 * number, side=SIDE)
        for number in range(count)
    }


def _subtitles(count: int, *, seed: int) -> Made:
    """V5: a fact that is only said in the subtitles."""
    rng = np.random.default_rng([seed, 5])
    files: Files = {}
    questions: list[Question] = []
    for number in range(count):
        name = f"talk-{number:04}"
        grey = rng.integers(90, 110, (motions.FRAMES, SIDE, SIDE, 3), dtype=np.uint8)
        keeper, year = f"Keeper {number + 1}", int(rng.integers(1700, 1990))
        files[f"docs/{name}.mp4"] = film([grey], FRAME_S)
        cue = f"WEBVTT\n\n00:00.000 --> 00:02.000\n{keeper} lit the lamp in {year}.\n"
        files[f"docs/{name}.vtt"] = cue.encode()
        asked = f"When did {keeper} light the lamp?"
        questions.append(Question("V5", asked, gold=(f"{name}.mp4",)))
    return files, questions


def _sounds(count: int, *, seed: int) -> Made:
    """A1: a tone by its pitch and timbre. A2: a chirp that rises, and its twin that falls."""
    files: Files = {}
    questions: list[Question] = []
    for slice_, kind in (("A1", "tone"), ("A2", "chirp")):
        samples = sounds.sample_sounds(count, seed=seed, kinds=(kind,))
        twins = [sounds.backwards(one) for one in samples] if kind == "chirp" else []
        for n, one in enumerate(samples):
            files[f"docs/{kind}-{n:04}.wav"] = wav(one.samples, one.rate)
        for n, twin in enumerate(twins):
            files[f"docs/back-{n:04}.wav"] = wav(twin.samples, twin.rate)
        for one in samples:
            gold = _alike(samples, one, f"{kind}-{{:04}}.wav")
            gold += _alike(twins, one, "back-{:04}.wav")
            questions.append(Question(slice_, one.caption, gold=gold))
    return files, questions


def _alike(samples: Sequence[object], wanted: object, name: str) -> tuple[str, ...]:
    """The files of the samples that say what the wanted one says."""
    facts = wanted.facts  # type: ignore[attr-defined]
    return tuple(name.format(n) for n, one in enumerate(samples) if one.facts == facts)  # type: ignore[attr-defined]


def png(pixels: Pixels) -> bytes:
    """A picture as a PNG file."""
    body = io.BytesIO()
    Image.fromarray(pixels).save(body, "PNG")
    return body.getvalue()


def pdf(pixels: Pixels) -> bytes:
    """A PDF file of one page that is a picture, a point for each pixel."""
    body, made = io.BytesIO(), time.gmtime(0)  # the same bytes each time
    Image.fromarray(pixels).save(
        body, "PDF", resolution=72, quality=95, creationDate=made, modDate=made
    )
    return body.getvalue()


def film(
    events: Sequence[NDArray[np.uint8]],
    frame_s: float,
    *,
    sound: NDArray[np.float32] | None = None,
) -> bytes:
    """Events, each (n, side, side, 3), one after another as an MP4 file.

    A frame is shown for ``frame_s`` seconds and, within an event, fades into the next: a thing that
    jumped would look like a cut. ``sound`` are samples, -1 to 1, 16,000 a second.
    """
    import av

    body = io.BytesIO()
    with av.open(body, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=RATE)
        height, width = events[0].shape[1:3]
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p"
        alone = "threads=1:lookahead-threads=1:sync-lookahead=0:rc-lookahead=0:mbtree=0"
        stream.options = {"crf": "12", "bf": "0", "x264-params": alone}  # the same bytes each time
        stream.codec_context.thread_count = 1
        stream.profile = "High 4:4:4 Predictive"
        heard = (
            output.add_stream("aac", rate=sounds.RATE, layout="mono") if sound is not None else None
        )
        for picture in (p for frames in events for p in _faded(frames, round(frame_s * RATE))):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        output.mux(stream.encode(None))
        if heard is not None and sound is not None:
            _add_sound(output, heard, sound)
    return body.getvalue()


def _add_sound(output: Any, stream: Any, samples: NDArray[np.float32]) -> None:
    import av

    stream.bit_rate = 128_000
    frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), "fltp", "mono")
    frame.sample_rate, frame.pts = sounds.RATE, 0
    cut = av.AudioResampler("fltp", "mono", sounds.RATE, frame_size=1024)
    for part in (*cut.resample(frame), *cut.resample(None)):
        output.mux(stream.encode(part))
    output.mux(stream.encode(None))


def _faded(frames: NDArray[np.uint8], repeats: int) -> Iterator[NDArray[np.uint8]]:
    """Each frame ``repeats`` times, the last 40 % of them fading into the next frame."""
    fading = max(1, round(0.4 * repeats))
    for number, frame in enumerate(frames):
        following = frames[min(number + 1, len(frames) - 1)].astype(np.float32)
        for step in range(repeats):
            share = max(0, step - (repeats - fading) + 1) / (fading + 1)
            mixed = (1 - share) * frame.astype(np.float32) + share * following
            yield np.ascontiguousarray(mixed.round().astype(np.uint8))


def wav(samples: NDArray[np.float32], rate: int) -> bytes:
    """Samples, -1 to 1, as a WAV file."""
    body = io.BytesIO()
    with wave.open(body, "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(rate)
        output.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return body.getvalue()
