"""Ids that the application assigns: time-ordered, 63 bits, no database sequence.

No sequence means no place where every node of a cluster has to queue (docs/adr).
"""

import secrets
import threading
import time

_EPOCH_MS = 1_700_000_000_000  # 2023-11-14: 41 bits of milliseconds last until 2093
_RANDOM_BITS = 22
_lock = threading.Lock()
_last = 0


def new_id() -> int:
    """A positive 63-bit id, above every id this process gave before.

    41 bits of milliseconds, 22 random bits: two processes collide in one millisecond with
    probability 2.4e-7 for one id each; the primary key catches it.
    """
    global _last  # noqa: PLW0603
    milliseconds = int(time.time() * 1000) - _EPOCH_MS
    candidate = (milliseconds << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    with _lock:
        _last = max(candidate, _last + 1)
        return _last
