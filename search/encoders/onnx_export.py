"""Write a BERT-like text model as one ONNX file. Runs as a program of its own: it needs torch.

The file has two outputs: "rows", one unit vector for each text, and "states", the last state of
each of its tokens. Whoever asks for one of them pays for that one alone.

``python -m search.encoders.onnx_export CHECKPOINT_FOLDER POOLING PRECISION TARGET_FOLDER``
"""

import json
import sys
from pathlib import Path

import torch
from onnxruntime.quantization import quantize_dynamic
from transformers import AutoModel

OPSET = 17
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


class Pooled(torch.nn.Module):
    """The transformer, its pooling and the scaling to length 1, and its token states."""

    def __init__(self, folder: Path, pooling: str) -> None:
        super().__init__()
        self.model = AutoModel.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, attn_implementation="eager"
        ).eval()
        self.pooling = pooling
        self.takes_types = getattr(self.model.config, "type_vocab_size", 0) > 1

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        given = {"input_ids": input_ids, "attention_mask": attention_mask}
        if self.takes_types:
            given["token_type_ids"] = token_type_ids
        states = self.model(**given).last_hidden_state  # (batch, tokens, dim)
        if self.pooling == "cls":
            pooled = states[:, 0]
        else:
            mask = attention_mask.unsqueeze(-1).to(states.dtype)  # (batch, tokens, 1)
            pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        return torch.nn.functional.normalize(pooled, dim=-1), states  # (batch, dim)


@torch.inference_mode()
def export(folder: Path, pooling: str, target: Path) -> None:
    """Write ``model.onnx`` (token ids in, unit rows and states out) and ``encoder.json``."""
    model = Pooled(folder, pooling)
    ids = torch.ones((2, 8), dtype=torch.long)
    example = (ids, ids, torch.zeros_like(ids))
    axes = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        model,
        example,
        str(target / "model.onnx"),
        input_names=INPUTS,
        output_names=["rows", "states"],
        dynamic_axes=dict.fromkeys([*INPUTS, "states"], axes) | {"rows": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
    dim = int(model(*example)[0].shape[1])
    (target / "encoder.json").write_text(json.dumps({"dim": dim}), encoding="utf-8")


def quantize(folder: Path) -> None:
    """Weights of the matrix products in 8 bits, each channel with its own scale.

    One scale for a whole matrix would cost much: a cosine of .944 to the float32 vectors on
    average, against .995.
    """
    whole = folder / "whole.onnx"
    (folder / "model.onnx").rename(whole)
    quantize_dynamic(
        whole, folder / "model.onnx", per_channel=True, op_types_to_quantize=["MatMul"]
    )
    whole.unlink()


if __name__ == "__main__":
    export(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[4]))
    if sys.argv[3] == "int8":
        quantize(Path(sys.argv[4]))
