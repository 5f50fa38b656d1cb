"""The bench of encoders that look and listen, played through on the CPU with tiny models."""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings


def test_each_encoder_is_measured_beside_its_bare_forward_pass(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    done = subprocess.run(
        [sys.executable, "bench/gpu_media.py", "--device", "cpu", "--tiny", "--out", str(out)],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads(out.read_text())["rows"]
    assert [(row["encoder"].split()[0], row["input"]) for row in rows] == [
        ("towers", "picture"),
        ("towers", "clip of 8 frames"),
        ("towers", "second of sound"),
        ("open_clip", "picture"),
        ("TimeSformer", "clip of 8 frames"),
    ]
    assert all(row["product"] > 0 and row["bare"] > 0 for row in rows)
