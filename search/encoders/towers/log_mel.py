"""Sound as a picture of loudness over time and pitch: the log-mel spectrum."""

import numpy as np
import torch
from torch import Tensor, nn

RATE = 16_000
WINDOW, HOP, BANDS = 800, 160, 64  # 50 ms, every 10 ms
SECOND = RATE  # samples of one window of sound
FRAMES = (SECOND - WINDOW) // HOP + 1  # 96, and the last ends where the second does
_FLOOR = 1e-5


class LogMel(nn.Module):
    """Samples (batch, 16,000) to the log-mel spectrum (batch, 96, 64), roughly -1 to 1.

    The frames lie symmetrically in the second: of the samples in reverse they are the same, in
    reverse. Source: O'Shaughnessy's mel scale, 2595 log10(1 + f / 700).
    """

    window: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        window = torch.hann_window(WINDOW, periodic=False)
        self.register_buffer("window", window, persistent=False)
        self.register_buffer("filters", torch.from_numpy(mel_filters()), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        with torch.autocast(samples.device.type, enabled=False):  # half precision is too coarse
            frames = samples.float().unfold(1, WINDOW, HOP) * self.window  # (batch, 96, 800)
            power = torch.fft.rfft(frames).abs().square() / WINDOW
            return (torch.log(power @ self.filters + _FLOOR) + 5) / 5  # (batch, 96, 64)


def mel_filters() -> np.ndarray:
    """Triangles evenly spread on the mel scale from 60 Hz to 8 kHz, (bins, bands)."""
    lowest, highest = (2595 * np.log10(1 + hertz / 700) for hertz in (60, RATE / 2))
    corners = 700 * (10 ** (np.linspace(lowest, highest, BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)[:, None]
    low, middle, high = corners[:-2], corners[1:-1], corners[2:]
    slopes = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    return np.maximum(slopes, 0.0).astype(np.float32)
