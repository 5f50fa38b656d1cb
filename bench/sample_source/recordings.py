"""Write sound, pictures and subtitles to files: MP3 with SRT, MP4 with WebVTT."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from .speech import RATE, Cue, Sound
from .style import LICENCE

FPS = 24


def write_mp3(target: Path, sound: Sound, *, tags: dict[str, str]) -> None:
    """Mono MP3 at 44.1 kHz and 64 kbit/s."""
    with av.open(str(target), "w", format="mp3", options={"id3v2_version": "3"}) as container:
        container.metadata.update({**tags, "copyright": LICENCE})
        stream = container.add_stream("libmp3lame", rate=44100)
        stream.bit_rate, stream.layout = 64000, "mono"
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        for packet in _sound_packets(stream, sound, "s16p"):
            container.mux(packet)


def write_mp4(target: Path, frames: Iterable[Image.Image], sound: Sound, *, tags: dict[str, str]
              ) -> None:  # fmt: skip
    """H.264 and AAC, index in front, so that a browser plays it while it loads."""
    options = {"movflags": "faststart", "fflags": "+bitexact"}
    with av.open(str(target), "w", format="mp4", options=options) as container:
        container.metadata.update({**tags, "copyright": LICENCE})
        picture = container.add_stream("libx264", rate=FPS)
        picture.width, picture.height, picture.pix_fmt = 1280, 720, "yuv420p"
        picture.options = {"crf": "24", "preset": "slow", "threads": "1", "g": "48"}
        speech = container.add_stream("aac", rate=48000)
        speech.bit_rate, speech.layout = 80000, "mono"
        for stream in (picture, speech):
            stream.codec_context.flags |= av.codec.context.Flags.bitexact
        packets = [*_sound_packets(speech, sound, "fltp")]
        for number, image in enumerate(frames):
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            packets += picture.encode(frame)
        packets += picture.encode(None)
        for packet in sorted(packets, key=lambda p: float((p.dts or 0) * p.time_base)):
            container.mux(packet)


def _sound_packets(stream: av.AudioStream, sound: Sound, sample_format: str) -> list[av.Packet]:
    whole = av.AudioFrame.from_ndarray(
        (np.clip(sound, -1, 1) * 32767).astype(np.int16)[None, :], format="s16", layout="mono"
    )
    whole.sample_rate, whole.pts, whole.time_base = RATE, 0, Fraction(1, RATE)
    size = stream.codec_context.frame_size or 1024
    rate = stream.codec_context.sample_rate
    resampler = av.AudioResampler(sample_format, "mono", rate, frame_size=size)
    packets = []
    for frame in [*resampler.resample(whole), *resampler.resample(None)]:
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def write_vtt(target: Path, cues: list[Cue]) -> None:
    """WebVTT beside a film."""
    lines = ["WEBVTT", "", f"NOTE Written for the MMSearch sample library. {LICENCE}", ""]
    for cue in cues:
        lines += [f"{_clock(cue.start_s, '.')} --> {_clock(cue.end_s, '.')}", cue.text, ""]
    target.write_text("\n".join(lines), encoding="utf-8")


def write_srt(target: Path, cues: list[Cue]) -> None:
    """SubRip beside a recording."""
    lines = []
    for number, cue in enumerate(cues, start=1):
        span = f"{_clock(cue.start_s, ',')} --> {_clock(cue.end_s, ',')}"
        lines += [str(number), span, cue.text, ""]
    target.write_text("\n".join(lines), encoding="utf-8")


def _clock(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"
