"""The product on a judged collection, in a process of its own; makes the material for the others.

python -m bench.scale.quality COLLECTION FOLDER OUT
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import django
import numpy as np

from bench.scale.material import Material
from bench.scale.timing import asked_by, percentiles
from search.evaluation.measures import ndcg

K = 10


def measure(collection: Any, material: Material, clients: Sequence[int]) -> dict[str, Any]:
    from django.db import connection

    from search import pipeline
    from search.types import Query

    corpus, keys = _library(collection)
    if not material.is_ready:
        _write(collection, material, keys)
    found: dict[int, list[str]] = {}

    def ask(number: int) -> None:
        query = Query(text=material.questions[number], corpora=(corpus.pk,))
        ranked = pipeline.rank(query)
        pipeline.complete(query, ranked)
        found[number] = [keys[hit.passage_id] for hit in ranked.hits[:K]]

    def close() -> None:
        connection.close()  # a thread has its own

    asked_by(1, ask, range(len(material.questions)))
    took = {n: asked_by(n, ask, material.measured, close)[0] for n in clients}
    return {
        "ndcg": quality([found[n] for n in range(len(material.questions))], material),
        "rows": [
            {"clients": n, "share": 1.0, **percentiles([ms for ms, _ in done])}
            for n, done in took.items()
        ],
    }


def quality(found: Sequence[Sequence[str]], material: Material) -> float:
    """nDCG@10 over the questions of the collection, in their order."""
    judged: list[Mapping[str, float]] = json.loads((material.folder / "qrels.json").read_text())
    pairs = zip(found, judged, strict=True)
    return round(fmean(ndcg(own, gains, k=K) for own, gains in pairs), 4)


def keys_of(material: Material) -> list[str]:
    """The ids of the collection's documents, by number."""
    return list(json.loads((material.folder / "keys.json").read_text()))


def _library(collection: Any) -> tuple[Any, dict[int, str]]:
    """The collection in a corpus that is kept, and passage id → document id."""
    from django.db import transaction

    from search import indexing
    from search.evaluation.scratch import load
    from search.models import Corpus, Document, Passage

    corpus, _ = Corpus.objects.get_or_create(slug="collection", defaults={"name": collection.name})
    if corpus.passage_count != len(collection.documents):
        with transaction.atomic():
            indexing.withdraw_corpus(corpus)
            Document.objects.filter(corpus=corpus)._raw_delete("default")
        return corpus, load(corpus, collection.documents, lambda _: None)
    rows = Passage.objects.filter(corpus=corpus).values_list("pk", "document__filename")
    return corpus, dict(rows)


def _write(collection: Any, material: Material, keys: Mapping[int, str]) -> None:
    from search import registry
    from search.conf import conf
    from search.models import Vector

    texts = [" ".join([line.title, line.text]).strip() for line in collection.documents]
    asked = [line.words for line in collection.queries]
    encoder = registry.encoder(conf().text_encoder)
    vectors = Vector.objects.filter(passage__in=list(keys)).values_list("passage_id", "values")
    stored = {keys[key]: values for key, values in vectors}
    none = np.zeros(encoder.dim, dtype=np.float32)
    rows = np.array([stored.get(line.key, none) for line in collection.documents], dtype=np.float32)
    judged = [collection.qrels[line.key] for line in collection.queries]
    material.folder.mkdir(parents=True, exist_ok=True)
    (material.folder / "qrels.json").write_text(json.dumps(judged))
    (material.folder / "keys.json").write_text(json.dumps([d.key for d in collection.documents]))
    material.write(texts, asked, [rows], encoder.encode_queries(asked))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    options = parser.parse_args()
    os.environ["MMSEARCH_DATA_DIR"] = str(options.folder / "library")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")
    django.setup()
    from django.core.management import call_command

    from mmsearch_site.command_line import database_for
    from search.evaluation.collection import read_collection

    with database_for(["bench", "scale"]):
        call_command("migrate", verbosity=0)
        material = Material(options.folder / "material", options.questions)
        found = measure(read_collection(options.collection), material, options.clients)
    found["load_average"] = round(os.getloadavg()[0], 1)
    options.out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
