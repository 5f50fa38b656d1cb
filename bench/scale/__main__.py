"""Search at growing sizes, by the share of the library that one may see, beside other libraries.

    python -m bench.scale --data FOLDER --peers FOLDER [--install-peers]
        [--sizes 10000 100000 1000000] [--collections FOLDER ...] [--json FILE]

Passages are generated (words as unevenly common as in a language, vectors in clusters), published
by the product's own write path and kept below the data folder, so that a size is loaded once; so
is what the other libraries build. The product, and each library, is measured in a process of its
own. The product's time is a whole search, from the words to hits with text and facets; that of
LanceDB and txtai from the words to the best passages by meaning and words; bm25s, tantivy and
hnswlib stand beside the one stage they could replace. Collections are in BEIR's form.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

from bench.scale.material import Material
from bench.scale.peers import CONTESTANTS
from bench.scale.quality import keys_of, quality
from bench.scale.report import markdown

HERE = Path(__file__).resolve().parent.parent.parent


def install(peers: Path) -> None:
    """An environment for the other libraries; what the product has installed is seen there too."""
    venv.create(peers, with_pip=True)
    python = str(peers / "bin" / "python")
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    ours = sysconfig.get_path("purelib")
    (Path(done.stdout.strip()) / "product.pth").write_text(f"{ours}\n")
    subprocess.run([python, "-m", "pip", "install", "-q", *CONTESTANTS], check=True)


def child(python: Path | str, module: str, out: Path, *words: object) -> dict[str, Any]:
    """Run a module and read what it wrote; ``error`` says why there is nothing."""
    out.unlink(missing_ok=True)
    line = [str(python), "-m", module, *map(str, words)]
    done = subprocess.run(line, cwd=HERE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode or not out.exists():
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        print(done.stderr, file=sys.stderr, flush=True)
        return {"error": said[-1]}
    return dict(json.loads(out.read_text()))


def contests(folder: Path, options: argparse.Namespace, *more: str) -> dict[str, Any]:
    """Each of the other libraries on the material in the folder."""
    python = options.peers / "bin" / "python"
    found: dict[str, Any] = {}
    if not Material(folder / "material").is_ready:
        return found
    for name in options.only or CONTESTANTS:
        if not python.exists():
            found[name] = {"error": f"absent: no environment at {options.peers} (--install-peers)"}
            continue
        print(f"  {name}", flush=True)
        out = folder / f"{name}.json"
        found[name] = child(
            python, "bench.scale.peers", out,
            name, folder / "material", folder / "peers" / name, out,
            "--models", folder / "library" / "models", *common(options), *more,
        )  # fmt: skip
    return found


def common(options: argparse.Namespace) -> list[str]:
    return ["--questions", str(options.questions), "--clients", *map(str, options.clients)]


def at_size(size: int, options: argparse.Namespace) -> dict[str, Any]:
    folder = options.data / str(size)
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{size:,} passages, load {os.getloadavg()[0]:.1f}", flush=True)
    out = folder / "product.json"
    more = ["--load-only"] if options.load_only else []
    product = child(
        sys.executable, "bench.scale.product", out, size, folder, out, *common(options), *more
    )
    if options.load_only:
        return {"product": product, "peers": {}}
    return {"product": product, "peers": contests(folder, options)}


def on_collection(source: Path, options: argparse.Namespace) -> dict[str, Any]:
    folder = options.data / source.name
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{source.name}, load {os.getloadavg()[0]:.1f}", flush=True)
    out = folder / "product.json"
    product = child(
        sys.executable, "bench.scale.quality", out,
        source.resolve(), folder, out, *common(options),
    )  # fmt: skip
    peers = contests(folder, options, "--list-found")
    material = Material(folder / "material")
    for found in (one for one in peers.values() if "found" in one):
        keys = keys_of(material)
        listed = [[keys[number] for number in own] for own in found.pop("found")]
        found["ndcg"] = quality(listed, material)
    return {"product": product, "peers": peers}


def conditions() -> dict[str, Any]:
    from importlib.metadata import version

    names = ("numpy", "onnxruntime", "psycopg", "Django")
    return {
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=HERE / "var" / "scale")
    parser.add_argument("--peers", type=Path, default=HERE / "var" / "peers")
    parser.add_argument("--install-peers", action="store_true")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--collections", type=Path, nargs="*", default=[])
    parser.add_argument("--only", nargs="*", choices=CONTESTANTS, help="of the other libraries")
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--load-only", action="store_true", help="publish, measure nothing")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    options = parser.parse_args()
    options.data = options.data.resolve()
    if options.install_peers:
        install(options.peers)
    figures: dict[str, Any] = {"conditions": conditions()}
    figures["sizes"] = {size: at_size(size, options) for size in options.sizes}
    figures["collections"] = {one.name: on_collection(one, options) for one in options.collections}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    print(markdown(figures))


if __name__ == "__main__":
    main()
