"""Encoders and rerankers on a device: the product's classes against the bare models they run.

    python bench/gpu.py --device cuda [--out FOLDER] [--json] [--budget-s 200] [--tiny]

Each row runs one class of the product and, on the same texts, device, precision and batch size, the
bare transformers model: tokenise, forward, one result for each text fetched at the end. "bare"
reads the texts as they come, "bare by length" those of like length together. The three take turns;
a rate is that of the median repeat, after a warm-up. "differs" is the largest difference of the
product's results from the bare ones, over how far these lie apart. Models have random weights in
real sizes and are made in place. At the end of a class memory is made scarce: the batch must be
halved, and the results must stay. Without a GPU the shortage is played. Rows beyond the budget are
named.
"""

import argparse
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
from transformers.utils.logging import disable_progress_bar

from bench import gpu_contests as contests
from bench.gpu_contests import Contest, Setting
from bench.gpu_models import BASE, KINDS, MINILM, QWEN, TINY, Size, passages, save_bert, save_qwen
from bench.gpu_report import Row, line, machine, markdown

MIB = 1 << 20
SCARCE = 0.4  # of the memory that a full batch takes


@dataclass(frozen=True, slots=True)
class Task:
    """One class on one model; made into a contest at each batch size."""

    part: str
    kind: str
    size: Size
    dtype: str
    batches: tuple[int, ...]
    count: int
    make: Callable[[Path, Sequence[str], Setting], Contest]


def tasks(*, tiny: bool) -> Iterator[Task]:
    """bfloat16 first: when time runs out, float32 is what is left out."""
    sizes, writer = ((TINY,), TINY) if tiny else ((MINILM, BASE), QWEN)
    many, few = (24, 12) if tiny else (512, 200)
    batches: dict[str, tuple[int, ...]] = {
        "text": (4, 8) if tiny else (16, 64, 256),
        "cross": (4,) if tiny else (32, 128),
        "causal": (4,) if tiny else (8, 32),
        "sparse": (4,) if tiny else (8, 32, 128),
    }
    for dtype in ("bfloat16", "float32"):
        for size in sizes:
            yield Task("text", "encoder", size, dtype, batches["text"], many, contests.encoder)
            yield Task(
                "cross_encoder", "cross", size, dtype, batches["cross"], few, contests.cross_encoder
            )
        if dtype == "bfloat16":
            yield Task(
                "yes_no", "causal", writer, dtype, batches["causal"], few // 2, contests.yes_no
            )
            yield Task("first", "causal", writer, dtype, (1,), few // 2, contests.first)
        yield Task("sparse", "sparse", sizes[-1], dtype, batches["sparse"], many, contests.sparse)


class Shelf:
    """The folders of the models, made when they are first asked for."""

    def __init__(self, home: Path, *, device: str) -> None:
        self._home, self._device = home, device

    def folder(self, task: Task) -> Path:
        """Where the model of this task lies."""
        folder = self._home / f"{task.kind}-{task.size.name}"
        if folder.is_dir():
            return folder
        if task.kind == "causal":
            return save_qwen(task.size, folder, device=self._device)
        return save_bert(KINDS[task.kind], task.size, folder, device=self._device)


def measure(task: Task, contest: Contest, at: Setting, *, repeats: int) -> Row:
    """The three ways in turns; the first turn warms up and is where memory is read."""
    given = list(range(len(contest.inputs)))
    by_length = sorted(given, key=lambda place: len(contest.inputs[place]))
    ways: list[Callable[[], object]] = [
        contest.product,
        lambda: contest.bare(given),
        lambda: contest.bare(by_length),
    ]
    peaks = [peak_mib(way, at.device) for way in ways]
    seconds: list[list[float]] = [[], [], []]
    for _ in range(repeats):
        for way, taken in zip(ways, seconds, strict=True):
            taken.append(timed(way, at.device))
    rates = [contest.passages / statistics.median(taken) for taken in seconds]
    wanted = contest.bare(given).numpy()
    return Row(
        part=task.part,
        model=task.size.name,
        dtype=at.dtype,
        batch=at.batch,
        passages=contest.passages,
        product=rates[0],
        bare=rates[1],
        bare_by_length=rates[2],
        spread=max(max(taken) / min(taken) for taken in seconds),
        product_mib=peaks[0],
        bare_mib=max(peaks[1:]),
        differs=difference(contest.result(), wanted),
    )


def timed(run: Callable[[], object], device: str) -> float:
    """Seconds until the device has done it."""
    wait(device)
    started = time.perf_counter()
    run()
    wait(device)
    return time.perf_counter() - started


def peak_mib(run: Callable[[], object], device: str) -> float:
    """The most memory of the device held at once, above what was held before; 0 on the CPU."""
    if not device.startswith("cuda"):
        run()
        return 0.0
    torch.cuda.reset_peak_memory_stats()
    held = torch.cuda.memory_allocated()
    run()
    wait(device)
    return (torch.cuda.max_memory_allocated() - held) / MIB


def wait(device: str) -> None:
    """Until the device has nothing more to do."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def difference(found: np.ndarray, wanted: np.ndarray) -> float:
    """The largest difference, over how far the wanted rows lie apart: 1 or so for other rows."""
    return float(np.abs(found - wanted).max() / max(float(np.ptp(wanted, axis=0).max()), 1e-9))


def shortage(task: Task, contest: Contest, at: Setting) -> dict[str, Any]:
    """The same work with less memory than a full batch needs: which batches were tried."""
    with lookups() as sizes:
        wanted = contest.result()
    largest, peak = max(sizes), peak_mib(contest.product, at.device)
    with lookups() as sizes, scarce(at, largest, peak) as limit:
        found = contest.result()
    return {
        "part": task.part,
        "model": task.size.name,
        "batch": at.batch,
        "limit": limit,
        "tried": changes(sizes),
        "differs": difference(found, wanted),
    }


@contextmanager
def lookups(most: int | None = None) -> Iterator[list[int]]:
    """How many texts each forward pass reads: seen where a model looks up its tokens.

    More than ``most`` are refused as an allocator refuses them.
    """
    sizes: list[int] = []

    def see(module: torch.nn.Module, inputs: tuple[Any, ...]) -> None:
        is_words = isinstance(module, torch.nn.Embedding) and module.num_embeddings > 512
        if is_words and inputs and inputs[0].ndim == 2:
            sizes.append(len(inputs[0]))
            if most is not None and sizes[-1] > most:
                raise torch.OutOfMemoryError(f"{sizes[-1]} texts at once are too many.")

    hook = torch.nn.modules.module.register_module_forward_pre_hook(see)
    try:
        yield sizes
    finally:
        hook.remove()


@contextmanager
def scarce(at: Setting, largest: int, peak: float) -> Iterator[str]:
    """Less memory than the largest batch takes, until the block is left."""
    if not at.device.startswith("cuda"):
        with lookups(most=largest // 2):
            yield f"played: {largest // 2} texts"
        return
    gc.collect()
    torch.cuda.empty_cache()
    limit = torch.cuda.memory_reserved() + SCARCE * peak * MIB
    total = torch.cuda.get_device_properties(at.device).total_memory
    torch.cuda.set_per_process_memory_fraction(limit / total)
    try:
        yield f"{limit / MIB:.0f} MiB"
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()


def changes(sizes: Sequence[int]) -> list[int]:
    """The sizes without those equal to the one before."""
    return [size for i, size in enumerate(sizes) if i == 0 or size != sizes[i - 1]]


def run(options: argparse.Namespace, home: Path) -> dict[str, Any]:
    """All contests within the budget, then the shortages."""
    started, shelf = time.monotonic(), Shelf(home, device=options.device)
    rows, short, left_out = [], [], []
    for task in tasks(tiny=options.tiny):
        texts = passages(task.count, words=20 if options.tiny else 160)
        for batch in task.batches:
            at = Setting(options.device, task.dtype, batch)
            if time.monotonic() - started > options.budget_s:
                left_out.append(f"{task.part} {task.size.name} {task.dtype} {batch}")
                continue
            contest = task.make(shelf.folder(task), texts, at)
            rows.append(measure(task, contest, at, repeats=options.repeats))
            print(line(rows[-1]), file=sys.stderr, flush=True)
            is_last = batch == task.batches[-1] and task.dtype == "bfloat16"
            if is_last and task.size is not MINILM and batch > 1:
                short.append(shortage(task, contest, at))
            del contest
            gc.collect()
            if options.device.startswith("cuda"):
                torch.cuda.empty_cache()
    return {
        "machine": machine(options.device),
        "rows": [asdict(row) for row in rows],
        "shortages": short,
        "left_out": left_out,
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--tiny", action="store_true", help="models of two layers, few texts")
    parser.add_argument("--json", action="store_true", help="print JSON, not Markdown")
    parser.add_argument("--out", type=Path, help="write gpu.json and gpu.md there, too")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--budget-s", type=float, default=200, help="no row begins after it")
    options = parser.parse_args()
    disable_progress_bar()
    with tempfile.TemporaryDirectory(prefix="gpu-bench-") as home:
        found = run(options, Path(home))
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "gpu.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        (options.out / "gpu.md").write_text(markdown(found) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1) if options.json else markdown(found))


if __name__ == "__main__":
    main()
