"""Rows of ``bench/gpu.py`` and how they are written down."""

import platform
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Row:
    """What one contest gave: passages a second, MiB, seconds of the slowest over the quickest."""

    part: str
    model: str
    dtype: str
    batch: int
    passages: int
    product: float
    bare: float
    bare_by_length: float
    spread: float
    product_mib: float
    bare_mib: float
    differs: float


def machine(device: str) -> dict[str, str | int]:
    """What the numbers were taken on."""
    import sentence_transformers
    import transformers

    is_cuda = device.startswith("cuda")
    return {
        "device": torch.cuda.get_device_name(device) if is_cuda else platform.processor() or "cpu",
        "cores": torch.get_num_threads(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "sentence_transformers": sentence_transformers.__version__,
        "float32_matmul": torch.get_float32_matmul_precision(),
    }


HEAD = (
    "| class | model | precision | batch | product /s | bare /s | bare by length /s | to bare |"
    " to bare by length | slowest/quickest | MiB | bare MiB | differs |\n"
    "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def line(row: Row) -> str:
    """A row of the table."""
    return (
        f"| {row.part} | {row.model} | {row.dtype} | {row.batch} | {row.product:.0f} | "
        f"{row.bare:.0f} | {row.bare_by_length:.0f} | {row.product / row.bare:.2f} | "
        f"{row.product / row.bare_by_length:.2f} | {row.spread:.2f} | {row.product_mib:.0f} | "
        f"{row.bare_mib:.0f} | {row.differs:.1e} |"
    )


def markdown(found: dict[str, Any]) -> str:
    """The whole report."""
    parts = [" · ".join(f"{name} {value}" for name, value in found["machine"].items()), HEAD]
    parts[-1] = "\n".join([HEAD, *(line(Row(**row)) for row in found["rows"])])
    table = [
        "| class | model | batch | memory | batches tried | differs |",
        "|---|---|--:|---|---|--:|",
        *(
            f"| {one['part']} | {one['model']} | {one['batch']} | {one['limit']} | "
            f"{', '.join(map(str, one['tried']))} | {one['differs']:.1e} |"
            for one in found["shortages"]
        ),
    ]
    parts += ["Scarce memory:", "\n".join(table)]
    if found["left_out"]:
        parts.append("Left out, for the time was over: " + "; ".join(found["left_out"]) + ".")
    return "\n\n".join([*parts, f"{found['seconds']} s in all."])
