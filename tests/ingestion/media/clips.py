"""Small recordings made for a test, whose every frame says when it was shown."""

import io
import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

MS = Fraction(1, 1000)
ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 200, 30), (30, 30, 200), (235, 235, 235)


def bench_data() -> Path:
    """The folder of benchmark files; skips the test where there is none."""
    named = os.environ.get("MMSEARCH_BENCH_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[4] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the benchmark files are not at {folder}; name them by MMSEARCH_BENCH_DATA")
    return folder


def spans(*parts: tuple[float, tuple[int, int, int]], fps: int = 10) -> list[tuple[int, tuple]]:
    """Frames (time in ms, colour) for colours that last some seconds each."""
    frames, at = [], 0.0
    for seconds, colour in parts:
        frames += [(round((at + n / fps) * 1000), colour) for n in range(round(seconds * fps))]
        at += seconds
    return frames


def write_video(
    path: Path,
    frames: Sequence[tuple[int, object]],
    *,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    rotation: int = 0,
    aspect: Fraction | None = None,
    tone_s: float = 0.0,
    subtitles: Sequence[tuple[int, int, str]] = (),
    subtitle_codec: str = "mov_text",
    metadata: dict[str, str] | None = None,
    shown_ms: int = 100,
) -> Path:
    """A video with these frames: (presentation time in ms, colour or picture)."""
    with av.open(str(path), "w") as output:
        output.metadata.update(metadata or {})
        stream = _picture_stream(output, codec, size, rotation, aspect)
        sound = output.add_stream("aac", rate=16000, layout="mono") if tone_s else None
        text = output.add_stream(subtitle_codec) if subtitles else None
        if text is not None:
            text.codec_context.subtitle_header = ASS_HEADER
        for at, content in frames:
            for packet in stream.encode(_frame(at, content, size, shown_ms)):
                output.mux(packet)
        for packet in stream.encode():
            output.mux(packet)
        if sound is not None:
            _mux_tone(output, sound, tone_s)
        if text is not None:
            _mux_text(output, text, subtitles, subtitle_codec)
    return path


def _picture_stream(output, codec, size, rotation, aspect):
    stream = output.add_stream(codec, rate=1000)
    stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
    stream.codec_context.time_base = stream.time_base = MS
    if aspect is not None:
        stream.codec_context.sample_aspect_ratio = aspect
    if rotation:
        stream.set_display_rotation(rotation)
    return stream


def _frame(at: int, content: object, size: tuple[int, int], shown_ms: int) -> av.VideoFrame:
    if isinstance(content, Image.Image):
        pixels = np.asarray(content.convert("RGB").resize(size))
    else:
        pixels = np.empty((size[1], size[0], 3), np.uint8)
        pixels[:] = content
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
    frame.pts, frame.time_base, frame.duration = at, MS, shown_ms
    return frame


def _mux_tone(output, stream, seconds: float) -> None:
    samples = (np.sin(np.arange(int(16000 * seconds)) * 0.2) * 0.5).astype(np.float32)
    for start in range(0, len(samples), 1024):
        part = samples[None, start : start + 1024]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, start, Fraction(1, 16000)
        for packet in stream.encode(frame):
            output.mux(packet)
    for packet in stream.encode():
        output.mux(packet)


def _mux_text(output, stream, subtitles, codec: str) -> None:
    for start, end, text in subtitles:
        words = text.encode()
        if codec == "mov_text":
            words = len(words).to_bytes(2, "big") + words
        if codec == "ass":
            words = f"{start},0,Default,,0,0,0,,{text}".encode()
        packet = av.Packet(words)
        packet.pts = packet.dts = start
        packet.duration, packet.time_base, packet.stream = end - start, MS, stream
        output.mux(packet)


def write_sound(path: Path, loud: Sequence[tuple[float, float]], *, rate: int = 8000) -> Path:
    """A WAV file of (seconds, amplitude) parts."""
    parts = [np.full(int(seconds * rate), amplitude) for seconds, amplitude in loud]
    wave = np.concatenate(parts) * np.where(np.arange(sum(map(len, parts))) % 2, 1, -1)
    samples = (wave * 32767).astype(np.int16)
    import wave as wav

    with wav.open(str(path), "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(rate)
        output.writeframes(samples.tobytes())
    return path


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    """A picture's file as bytes."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
