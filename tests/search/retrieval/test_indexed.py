"""Corpora too large to be scanned are answered by an index of their own, in every codec."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from search import indexing
from search.codecs import CODECS, FLOAT, PREFIX, SIGN_BITS, WEIGHTS, Codec
from search.errors import ConfigurationError, SearchError
from search.models import Corpus, Document, Passage
from search.retrieval import binary, dense, matryoshka, nearest
from tests.search.library import add, vectors, with_hashing, with_spaces
from tests.search.retrieval.asking import ask, row, space

WORDS = [f"{a}{b}" for a in ("ba", "do", "fi", "gu", "ke", "lo", "mi", "nu") for b in
         ("ra", "sel", "tin", "vor", "wul", "xan", "yb", "zed")]  # fmt: skip
LARGE = 700


def sentences(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.sample(WORDS, 8)) for _ in range(count)]


def fill(corpus: Corpus, texts: list[str]) -> None:
    """One document for every ten texts."""
    documents = []
    for start in range(0, len(texts), 10):
        document = Document(corpus=corpus, filename="f", sha256=f"{corpus.pk:032x}{start:032x}")
        some = enumerate(texts[start : start + 10])
        passages = [Passage(ordinal=n, kind="text", text=t, language="en") for n, t in some]
        documents.append((document, passages))
    with transaction.atomic():
        Document.objects.bulk_create([document for document, _ in documents])
        indexing.publish_all(corpus, documents, vectors("", texts))


@pytest.fixture
def large(transactional_db: None, settings: Any) -> Iterator[Corpus]:
    """A corpus with an index for each codec, and a small one beside it."""
    codecs = {"hashing": ["binary", "matryoshka"]}
    settings.MMSEARCH = with_spaces(EXACT_SCAN_LIMIT=400, CODECS=codecs)
    corpus = Corpus.objects.create(slug="large", name="large")
    fill(corpus, sentences(LARGE, seed=1))
    fill(Corpus.objects.create(slug="small", name="small"), sentences(20, seed=2))
    indexing.maintain_indexes()
    yield corpus
    for one in Corpus.objects.all():
        with transaction.atomic():
            indexing.withdraw_corpus(one)
    indexing.maintain_indexes()


def plans(do: Callable[[], Any]) -> str:
    """The plans of the statements over vectors that ``do`` runs."""
    seen = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "v.passage_id" in sql:
            execute(f"EXPLAIN {sql}", params, many, context)
            seen.extend(line[0] for line in context["cursor"].fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        do()
    return "\n".join(seen)


CASES: dict[str, tuple[Codec, str, float]] = {
    "dense": (FLOAT, "hashing", 0.95),
    "binary": (SIGN_BITS, "hashing", 0.95),
    "matryoshka": (PREFIX, "hashing", 0.95),
    "sparse": (WEIGHTS, "pieces", 0.9),
    "multi": (FLOAT, "folded", 0.9),
}


def test_every_codec_answers_by_its_index_and_finds_what_the_scan_finds(
    large: Corpus, settings: Any
) -> None:
    both = [corpus.pk for corpus in Corpus.objects.all()]
    questions = sentences(10, seed=3)
    indexed = {}
    for name, (codec, alias, _) in CASES.items():
        indexed[name] = [ask(name, text, both, depth=10) for text in questions]
        plan = plans(lambda name=name: ask(name, questions[0], both, depth=10))
        assert codec.index_name(space(alias).pk, large.pk) in plan, name
    settings.MMSEARCH = settings.MMSEARCH | {"EXACT_SCAN_LIMIT": 10_000}
    for name, (_, _, least) in CASES.items():
        same, wanted = 0, 0
        for text, run in zip(questions, indexed[name], strict=True):
            last = ask(name, text, both, depth=10).hits[-1].score  # of equals any will do
            same += sum(hit.score >= last - 1e-3 for hit in run.hits)
            wanted += 10
        assert same / wanted >= least, name


def test_settings_decide_which_further_indexes_there_are(large: Corpus, settings: Any) -> None:
    hashing = space("hashing").pk
    extra = {codec.index_name(hashing, large.pk) for codec in (SIGN_BITS, PREFIX)}
    settings.MMSEARCH = settings.MMSEARCH | {"CODECS": {}}
    assert set(indexing.maintain_indexes()["dropped"]) == extra
    settings.MMSEARCH = settings.MMSEARCH | {"CODECS": {"folded": ["binary"]}}
    assert indexing.maintain_indexes() == {"built": [], "dropped": []}  # not for such a space


def test_signs_of_folded_vectors_are_refused(all_spaces: Any, corpus: Corpus) -> None:
    add(corpus, "A heron")
    with pytest.raises(SearchError, match="'binary' cannot serve the space 'folded'"):
        binary.search(row("folded", "heron"), space("folded"), [corpus.pk])


def test_unknown_codecs_and_spaces_stop_the_start(db: None, settings: Any) -> None:
    from search.conf import conf

    settings.MMSEARCH = with_hashing(CODECS={"hashing": ["zip"]})
    with pytest.raises(ConfigurationError, match="names 'zip'; known: binary, matryoshka"):
        conf()
    settings.MMSEARCH = with_hashing(SPACES=["nobody"])
    with pytest.raises(ConfigurationError, match="the space 'nobody'"):
        conf()


def test_codec_names_are_unique_and_their_indexes_too() -> None:
    prefixes = [codec.index_prefix for codec in CODECS.values()]
    assert len(set(prefixes)) == len(CODECS)
    assert not any(a != b and a.startswith(b) for a in prefixes for b in prefixes)


def test_a_hundred_rescored_are_enough_for_vectors_of_real_words(
    corpus: Corpus, settings: Any
) -> None:
    minilm = {"BACKEND": "search.encoders.onnx_text.OnnxTextEncoder", "OPTIONS": {}}
    settings.MMSEARCH = with_hashing(ENCODERS={"minilm": minilm}, TEXT_ENCODER="minilm")
    birds = ["heron", "owl", "stork", "egret", "gull", "wren", "swan", "crane"]
    does = ["sleeps", "hunts", "nests", "sings", "waits", "feeds"]
    where = ["by the lake", "at night", "in the city", "on a roof", "near the sea", "in a tree"]
    fill(corpus, [f"The {b} {d} {w}." for b in birds for d in does for w in where])
    same = wanted = 0
    for b, w in zip(birds, reversed(where * 2), strict=False):
        vector = row("minilm", f"which bird like a {b} is {w}")
        exact = [h.passage_id for h in dense.search(vector, space("minilm"), [corpus.pk]).hits[:10]]
        for module in (binary, matryoshka):
            run = module.search(vector, space("minilm"), [corpus.pk], depth=25)
            same += len({hit.passage_id for hit in run.hits[:10]} & set(exact))
            wanted += 10
    assert same / wanted >= 0.98


def test_the_walk_of_an_index_grows_with_the_corpus(
    large: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        told.extend(str(value) for value in params or () if "hnsw.ef_search" in str(params))
        return execute(sql, params, many, context)

    monkeypatch.setattr(nearest, "ENOUGH_FOR", LARGE // 4)
    with connection.execute_wrapper(listen):
        ask("dense", sentences(1, seed=3)[0], [large.pk])
    assert "400" in told  # twice the 200 of the settings for four times the passages
    assert (nearest.ef_search_for(10), nearest.ef_search_for(LARGE // 4)) == (200, 200)
