"""The libraries one could use instead, each in a process of its own, on the same material.

    PEERS/bin/python -m bench.scale.peers NAME MATERIAL HOME OUT [--clients 1 8]

Runs in the environment that ``python -m bench.scale --peers FOLDER --install-peers`` makes, and
knows nothing of the product but its encoder: the two that search by meaning and words at once
encode each question by it, as the product does. Settings are the libraries' own, save those that
must be equal (BM25's k1 and b, the graph of HNSW). What is built is kept below HOME.
"""

import argparse
import importlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from bench.scale.material import SHARES, Material, nearest, recall, shuffled, visible
from bench.scale.timing import asked_by, percentiles

DEPTH = 100  # what the product asks of each of its first stages
SHOWN = 10
M, EF_CONSTRUCTION, EF_SEARCH = 16, 64, 200  # of the product's graphs
K1, B = 1.2, 0.75
INDEXED = 10_000  # passages from which LanceDB is given an index of its vectors


class Contestant:
    """One library. ``against`` names what of the product it stands beside."""

    against = "whole"
    shares: Sequence[float] = (1.0,)  # those it can be restricted to

    def __init__(self, material: Material, home: Path, models: Path) -> None:
        self.material, self.home, self.models = material, home, models
        self.module = importlib.import_module(type(self).__name__.lower())

    def build(self) -> None:
        """Make the index below ``home``."""

    def open(self) -> None:
        """Make ready to be asked."""

    def ask(self, number: int, share: float) -> list[int]:
        """The numbers of the passages found for a question, best first."""
        raise NotImplementedError

    def near(self, row: np.ndarray) -> list[int] | None:
        """The passages nearest to a vector; None if it has none."""
        return None


class Bm25s(Contestant):
    against = "lexical"

    def build(self) -> None:
        index = self.module.BM25(method="lucene", k1=K1, b=B)
        index.index(self._tokens(self.material.texts), show_progress=False)
        index.save(str(self.home))

    def open(self) -> None:
        self.index = self.module.BM25.load(str(self.home))
        self.vocabulary = self.index.vocab_dict

    def ask(self, number: int, share: float) -> list[int]:
        tokens = self._tokens([self.material.questions[number]])
        found = self.index.retrieve(
            tokens, k=min(DEPTH, len(self.material.vectors)), show_progress=False
        )
        return found.documents[0].tolist()

    def _tokens(self, texts: Sequence[str]) -> Any:
        return self.module.tokenize(list(texts), stopwords="en", show_progress=False)


class Tantivy(Contestant):
    against = "lexical"

    def build(self) -> None:
        writer = self._index().writer(heap_size=256_000_000)
        for number, text in enumerate(self.material.texts):
            writer.add_document(self.module.Document(number=number, text=text))
        writer.commit()
        writer.wait_merging_threads()

    def open(self) -> None:
        self.index = self._index()
        self.index.reload()
        self.searcher = self.index.searcher()

    def ask(self, number: int, share: float) -> list[int]:
        words = "".join(c if c.isalnum() else " " for c in self.material.questions[number])
        query = self.index.parse_query(words.lower(), ["text"])
        hits = self.searcher.search(query, DEPTH, count=False).hits
        return [self.searcher.doc(address)["number"][0] for _, address in hits]

    def _index(self) -> Any:
        schema = self.module.SchemaBuilder()
        schema.add_text_field("text", stored=False, tokenizer_name="en_stem")
        schema.add_unsigned_field("number", stored=True)
        return self.module.Index(schema.build(), path=str(self.home))


class WithEncoder(Contestant):
    """Encodes questions by the product's encoder."""

    def open(self) -> None:
        from search.encoders.onnx_text import OnnxTextEncoder

        self.encoder = OnnxTextEncoder("minilm", models_dir=self.models)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return self.encoder.encode_queries(list(texts))


class Hnswlib(WithEncoder):
    against = "dense"

    def build(self) -> None:
        rows = self.material.vectors
        index = self.module.Index(space="ip", dim=rows.shape[1])
        index.init_index(max_elements=len(rows), ef_construction=EF_CONSTRUCTION, M=M)
        for start in range(0, len(rows), 10_000):
            some = rows[start : start + 10_000]
            index.add_items(some, np.arange(start, start + len(some)), num_threads=2)
        index.save_index(str(self.home / "graph"))

    def open(self) -> None:
        super().open()
        self.index = self.module.Index(space="ip", dim=self.material.vectors.shape[1])
        self.index.load_index(str(self.home / "graph"))
        self.index.set_ef(EF_SEARCH)
        self.asked = self.encode(self.material.questions)

    def ask(self, number: int, share: float) -> list[int]:
        return self.near(self.asked[number])

    def near(self, row: np.ndarray) -> list[int]:
        k = min(DEPTH, self.index.element_count)
        return self.index.knn_query(row[None], k=k, num_threads=1)[0][0].tolist()


class LanceDB(WithEncoder):
    shares = SHARES

    def build(self) -> None:
        arrow = importlib.import_module("pyarrow")
        rows, texts = self.material.vectors, self.material.texts
        width = rows.shape[1]

        def batches() -> Iterator[Any]:
            for start in range(0, len(rows), 10_000):
                some = np.ascontiguousarray(rows[start : start + 10_000])
                yield arrow.RecordBatch.from_arrays(
                    [
                        arrow.array(np.arange(start, start + len(some))),
                        arrow.array(texts[start : start + len(some)]),
                        arrow.FixedSizeListArray.from_arrays(arrow.array(some.ravel()), width),
                    ],
                    schema=schema,
                )

        vector = arrow.list_(arrow.float32(), width)
        fields = [("number", arrow.int64()), ("text", arrow.string()), ("vector", vector)]
        schema = arrow.schema(fields)
        table = self.module.connect(str(self.home)).create_table(
            "passages", data=batches(), schema=schema
        )
        table.create_fts_index("text", replace=True)
        table.create_scalar_index("number")
        if len(rows) >= INDEXED:
            table.create_index(metric="cosine", index_type="IVF_HNSW_SQ")

    def open(self) -> None:
        super().open()
        self.table = self.module.connect(str(self.home)).open_table("passages")
        self.fuse = importlib.import_module("lancedb.rerankers").RRFReranker()

    def ask(self, number: int, share: float) -> list[int]:
        text = self.material.questions[number]
        row = self.encode([text])[0]
        look = self.table.search(query_type="hybrid").vector(row).text(_words(text))
        look = look.distance_type("cosine")
        if share < 1:
            most = visible(len(self.material.vectors), share)
            look = look.where(f"number < {most}", prefilter=True)
        # a hit is shown with its text, as the product's hits are
        found = look.rerank(self.fuse).limit(DEPTH).select(["number", "text"]).to_arrow()
        return found["number"].to_pylist()

    def near(self, row: np.ndarray) -> list[int]:
        look = self.table.search(row).distance_type("cosine").limit(DEPTH).select(["number"])
        return look.to_arrow()["number"].to_pylist()


class Txtai(WithEncoder):
    def build(self) -> None:
        super().open()
        index = self._empty()
        index.index((n, text, None) for n, text in enumerate(self.material.texts))
        index.save(str(self.home / "index"))

    def open(self) -> None:
        super().open()
        self.lock = threading.Lock()
        self.index = self._empty()
        self.index.load(str(self.home / "index"), config={"transform": self._transform})

    def ask(self, number: int, share: float) -> list[int]:
        with self.lock:  # two threads at once crash it
            found = self.index.search(self.material.questions[number], DEPTH)
        return [int(one["id"]) for one in found]

    def near(self, row: np.ndarray) -> list[int]:
        (found,) = self.index.ann.search(row[None].copy(), DEPTH)
        return [int(key) for key, _ in found]

    def _empty(self) -> Any:
        def transform(texts: Sequence[str]) -> np.ndarray:
            return self._vectors(texts)

        self._transform = transform  # a method would not do
        return self.module.Embeddings(
            method="external", transform=self._transform, hybrid=True, content=True
        )

    def _vectors(self, texts: Sequence[str]) -> np.ndarray:
        """The material's own vectors for its passages; the encoder's for a question."""
        if not hasattr(self, "places"):
            self.places = {text: n for n, text in enumerate(self.material.texts)}
        rows = [self.places[text] for text in texts if text in self.places]
        if len(rows) < len(texts):
            return self.encode(texts)
        return np.array(self.material.vectors[rows])


CONTESTANTS = {kind.__name__.lower(): kind for kind in (Bm25s, Tantivy, Hnswlib, LanceDB, Txtai)}
PACKAGES = tuple(CONTESTANTS)


def _words(text: str) -> str:
    """Without what a query language would read as its own."""
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


def contest(one: Contestant, clients: Sequence[int]) -> dict[str, Any]:
    """Times by share and number of clients, recall of its vectors, and what it found."""
    material, built_s = one.material, 0.0
    if not (one.home / "built").exists():
        shutil.rmtree(one.home, ignore_errors=True)
        one.home.mkdir(parents=True)
        began = time.perf_counter()
        one.build()
        built_s = time.perf_counter() - began
        (one.home / "built").write_text(f"{built_s:.0f}")
    one.open()
    rows = []
    for share in one.shares:
        ask = partial(one.ask, share=share)
        asked_by(1, ask, range(material.measured.start))
        for n in clients:
            many = shuffled(material.measured, seed=n) * (2 if n > 1 else 1)
            done, rate = asked_by(n, ask, many)
            took = percentiles([ms for ms, _ in done])
            rows.append({"share": share, "clients": n, **took, "per_second": round(rate, 2)})
    name = type(one).__name__.lower()
    return {
        "version": version(name),
        "against": one.against,
        "built_s": int((one.home / "built").read_text()),
        "load_average": round(os.getloadavg()[0], 1),
        "rows": rows,
        "recall": recalled(one),
    }


def recalled(one: Contestant) -> float | None:
    """Of the ten nearest to each probe, how many it finds; None without vectors."""
    material = one.material
    found = [one.near(row) for row in material.probes]
    if any(keys is None for keys in found):
        return None
    truth = nearest(material.vectors, material.probes)
    return round(recall([keys or [] for keys in found], truth), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=CONTESTANTS)
    parser.add_argument("material", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--list-found", action="store_true", help="for measures of quality")
    options = parser.parse_args()
    material = Material(options.material, options.questions)
    one = CONTESTANTS[options.name](material, options.home, options.models)
    found = contest(one, options.clients)
    if options.list_found:
        found["found"] = [one.ask(n, 1.0)[:SHOWN] for n in range(len(material.questions))]
    options.out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
