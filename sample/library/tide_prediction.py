"""Predict the tide as a sum of cosines, the way Lord Kelvin's machine of 1872 did with wheels.

Each wheel is a *constituent*: a swing of the sea with a fixed speed that comes from the motions of
Earth, Moon and Sun. Only its amplitude and phase lag belong to the place. The speeds below are
the real ones; the amplitudes and lags are those of Wickmouth, a harbour that does not exist.

Run it: ``python tide_prediction.py 2026-06-01`` prints the high and low waters of that day.

Licence: CC0 1.0.
"""

import math
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
MEAN_LEVEL_M = 2.60


@dataclass(frozen=True)
class Constituent:
    """One swing of the tide: degrees per hour, metres, and degrees of lag at the epoch."""

    name: str
    speed: float
    amplitude_m: float
    lag: float
    cause: str

    @property
    def period_h(self) -> float:
        """Hours from one crest to the next."""
        return 360.0 / self.speed


WICKMOUTH = (
    Constituent("M2", 28.9841042, 1.42, 118.0, "Moon, twice a lunar day"),
    Constituent("S2", 30.0000000, 0.51, 162.0, "Sun, twice a day"),
    Constituent("N2", 28.4397295, 0.28, 95.0, "Moon's changing distance"),
    Constituent("K1", 15.0410686, 0.11, 74.0, "Moon and Sun north or south of the equator"),
    Constituent("O1", 13.9430356, 0.08, 331.0, "Moon north or south of the equator"),
)


def height_m(moment: datetime, constituents: tuple[Constituent, ...] = WICKMOUTH) -> float:
    """The height of the sea above chart datum at ``moment``, in metres."""
    hours = (moment - EPOCH).total_seconds() / 3600.0
    swings = (c.amplitude_m * math.cos(math.radians(c.speed * hours - c.lag)) for c in constituents)
    return MEAN_LEVEL_M + sum(swings)


def high_and_low_waters(day: datetime, days: int = 1) -> list[tuple[datetime, float, str]]:
    """Every high and low water from ``day`` on: time to the minute, height, and which it is.

    A minute is a turning point when the sea is higher, or lower, than a minute before and after.
    """
    turns = []
    minute = timedelta(minutes=1)
    moment = day
    while moment < day + timedelta(days=days):
        before, now, after = (height_m(moment + step * minute) for step in (-1, 0, 1))
        if before < now >= after:
            turns.append((moment, now, "high"))
        elif before > now <= after:
            turns.append((moment, now, "low"))
        moment += minute
    return turns


def main() -> None:
    """Print the high and low waters of the day named on the command line."""
    day = datetime.fromisoformat(sys.argv[1]).replace(tzinfo=UTC) if len(sys.argv) > 1 else EPOCH
    for moment, height, kind in high_and_low_waters(day):
        sys.stdout.write(f"{moment:%Y-%m-%d %H:%M} UTC  {kind:4}  {height:4.2f} m\n")


if __name__ == "__main__":
    main()
