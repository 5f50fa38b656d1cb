"""Speak a script sentence by sentence with flite, and keep the time at which each one falls."""

import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .style import TEXT

RATE = 16000
PAUSE_S = 0.5
Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Cue:
    """One subtitle line with its place in the recording."""

    text: str
    scene: str
    start_s: float
    end_s: float


def narrate(script: str, voice: str, *, stretch: float) -> tuple[Sound, list[Cue]]:
    """Sound at 16 kHz and cues for ``text/SCRIPT``. ``stretch`` above 1 speaks more slowly."""
    pieces: list[Sound] = [_silence(0.4)]
    cues, now = [], 0.4
    for line in (TEXT / script).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        scene, shown, spoken = _parts(line)
        sound = SOUNDS[spoken]() if spoken in SOUNDS else _speak(spoken, voice, stretch)
        length = len(sound) / RATE
        cues.append(Cue(shown, scene, round(now, 3), round(now + length, 3)))
        pieces += [sound, _silence(PAUSE_S)]
        now += length + PAUSE_S
    pieces.append(_silence(0.6))
    return np.concatenate(pieces), cues


def _parts(line: str) -> tuple[str, str, str]:
    """Scene (or nothing), the cue, and what is spoken or the name of a sound."""
    scene = ""
    if line.startswith("{"):
        name, line = line[1:].split("} ", 1)
        return scene, line.strip(), name
    head = line.split("] ", 1)[0]
    if line.startswith("[") and " " not in head:
        scene, line = head[1:], line.split("] ", 1)[1]
    shown, _, spoken = line.partition(" | ")
    return scene, shown.strip(), (spoken or shown).strip()


def _silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def _speak(text: str, voice: str, stretch: float) -> Sound:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        subprocess.run(
            ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}",
             "-t", text, "-o", str(path)], check=True)  # fmt: skip
        with wave.open(str(path)) as file:
            if file.getframerate() != RATE:
                raise ValueError(f"flite spoke at {file.getframerate()} Hz; expected {RATE}.")
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    return _trimmed(samples.astype(np.float32) / 32768.0)


def _trimmed(sound: Sound) -> Sound:
    """Without the silence at either end, at an even loudness."""
    loud = np.flatnonzero(np.abs(sound) > 0.012)
    kept = sound[max(loud[0] - 320, 0) : loud[-1] + 1600]
    level = float(np.sqrt(np.mean(kept**2)))
    return np.clip(kept * (0.11 / level), -0.98, 0.98).astype(np.float32)


def _bell() -> Sound:
    """One stroke of a bell: partials that die at their own pace."""
    t = np.arange(int(2.6 * RATE)) / RATE
    partials = [(0.5, 0.5, 0.9), (1.0, 1.0, 1.4), (1.19, 0.7, 2.0), (1.5, 0.45, 2.4),
                (2.0, 0.8, 2.8), (2.66, 0.3, 4.5), (3.01, 0.25, 5.0), (4.1, 0.15, 7.0)]  # fmt: skip
    tone = sum(a * np.exp(-d * t) * np.sin(2 * np.pi * 440 * f * t) for f, a, d in partials)
    tone *= np.minimum(t / 0.004, 1) * np.minimum((2.6 - t) / 0.2, 1)
    return (0.5 * tone / np.abs(tone).max()).astype(np.float32)


def _ping() -> Sound:
    """A sonar ping, and its echo two seconds later."""
    t = np.arange(int(3.0 * RATE)) / RATE
    envelope = np.minimum(t / 0.01, 1) * np.exp(-4.5 * t)
    ping = envelope * np.sin(2 * np.pi * 1100 * t)
    echo = np.zeros_like(ping)
    delay = 2 * RATE
    echo[delay:] = 0.3 * ping[:-delay]
    return (0.45 * (ping + echo) * np.minimum((3.0 - t) / 0.1, 1)).astype(np.float32)


SOUNDS = {"bell": _bell, "ping": _ping}
