"""Subtitle lines joined into passages: cut at a pause, or where a sentence ends."""

import re
from collections.abc import Iterator, Sequence

from ingestion.types import Block

PAUSE_S = 2.0  # silence that always ends a passage
BREATH_S = 0.4  # silence that ends one once a sentence is over
ENOUGH_S = 10.0  # from this length on, the next sentence end will do
LONGEST_S = 30.0

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]]*\s*$")


def cue_groups(cues: Sequence[Block]) -> Iterator[list[Block]]:
    """Runs of cues that make one passage each, in order of time."""
    group: list[Block] = []
    for cue in sorted(cues, key=lambda c: (c.start_s or 0.0, c.end_s or 0.0)):
        if group and _ends_before(group, cue):
            yield group
            group = []
        group.append(cue)
    if group:
        yield group


def _ends_before(group: Sequence[Block], cue: Block) -> bool:
    begin, end = group[0].start_s or 0.0, group[-1].end_s or 0.0
    silence = (cue.start_s or 0.0) - end
    if silence >= PAUSE_S or (cue.end_s or 0.0) - begin > LONGEST_S:
        return True
    if not _SENTENCE_END.search(group[-1].text):
        return False
    return silence >= BREATH_S or end - begin >= ENOUGH_S
