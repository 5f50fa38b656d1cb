"""Write a BERT-like text model as one ONNX file. Runs as a program of its own: it needs torch.

``python -m search.encoders.onnx_export CHECKPOINT_FOLDER POOLING PRECISION TARGET_FOLDER``
"""

import json
import sys
from pathlib import Path

OPSET = 17


def export(folder: Path, pooling: str, target: Path) -> None:
    """Write ``model.onnx`` (token ids in, unit rows out) and ``encoder.json`` into ``target``."""
    import torch
    from transformers import AutoModel

    class Pooled(torch.nn.Module):
        """The transformer, its pooling and the scaling to length 1."""

        def __init__(self) -> None:
            super().__init__()
            self.model = AutoModel.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, attn_implementation="eager"
            ).eval()

        def forward(
            self,
            input_ids: torch.Tensor,
            attention_mask: torch.Tensor,
            token_type_ids: torch.Tensor,
        ) -> torch.Tensor:
            extra = {"token_type_ids": token_type_ids} if takes_types else {}
            states = self.model(input_ids=input_ids, attention_mask=attention_mask, **extra)
            states = states.last_hidden_state  # (batch, tokens, dim)
            if pooling == "cls":
                pooled = states[:, 0]
            else:
                mask = attention_mask.unsqueeze(-1).to(states.dtype)  # (batch, tokens, 1)
                pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, dim=-1)  # (batch, dim)

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    takes_types = bool(config.get("type_vocab_size", 0) > 1)
    model = Pooled()
    ids = torch.ones((2, 8), dtype=torch.long)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {0: "batch", 1: "tokens"}
    target.mkdir(parents=True, exist_ok=True)
    with torch.inference_mode():
        dim = int(model(ids, ids, torch.zeros_like(ids)).shape[1])
        torch.onnx.export(
            model,
            (ids, ids, torch.zeros_like(ids)),
            str(target / "model.onnx"),
            input_names=names,
            output_names=["rows"],
            dynamic_axes=dict.fromkeys(names, axes) | {"rows": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )
    (target / "encoder.json").write_text(json.dumps({"dim": dim}), encoding="utf-8")


def quantize(folder: Path) -> None:
    """Weights of the matrix products in 8 bits, each channel with its own scale.

    One scale for a whole matrix would cost much: a cosine of .944 to the float32 vectors on
    average, against .995.
    """
    from onnxruntime.quantization import quantize_dynamic

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
