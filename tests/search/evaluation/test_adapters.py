"""Every form a test collection may have, in a few lines of it, and the real ones where they are."""

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

from search.errors import SearchError
from search.evaluation import adapters
from search.evaluation.collection import ADAPTERS, Collection, read_collection
from tests.search.evaluation.folders import real_collection, write

SQUAD = {
    "version": "1.1",
    "data": [
        {
            "title": "Grey_heron",
            "paragraphs": [
                {
                    "context": "The grey heron weighs up to 2 kg and eats frogs.",
                    "qas": [
                        {
                            "id": "a1",
                            "question": "What does the heron eat?",
                            "answers": [
                                {"text": "frogs", "answer_start": 42},
                                {"text": "frogs", "answer_start": 42},
                            ],
                        },
                        {"id": "a2", "question": "Who?", "answers": [], "is_impossible": True},
                    ],
                },
                {"context": "It nests in trees.", "qas": []},
            ],
        }
    ],
}
HOTPOT = [
    {
        "_id": "h1",
        "question": "Which lake do the bird of Lund and the poet share?",
        "answer": "Vombsjön",
        "type": "bridge",
        "level": "hard",
        "supporting_facts": [["Bird of Lund", 0], ["The poet", 1]],
        "context": [
            ["Bird of Lund", ["It lives at Vombsjön.", " It sings."]],
            ["The poet", ["He wrote.", " He lived at Vombsjön."]],
            ["A distractor", ["Nothing here."]],
        ],
    },
    {
        "_id": "h2",
        "question": "Are both birds?",
        "answer": "yes",
        "type": "comparison",
        "level": "easy",
        "supporting_facts": {"title": ["The poet"], "sent_id": [0]},
        "context": {"title": ["The poet"], "sentences": [["He wrote.", " He lived at Vombsjön."]]},
    },
]
PUBMED = {
    "101": {
        "QUESTION": "Does walking help?",
        "CONTEXTS": ["Forty people walked.", "They slept better."],
        "LABELS": ["METHODS", "RESULTS"],
        "LONG_ANSWER": "It seems so.",
        "final_decision": "yes",
    },
    "102": {"QUESTION": "Does tea?", "CONTEXTS": ["Nobody knows."], "final_decision": "maybe"},
}
TRIPLES = [
    ("what do herons eat", "Herons eat frogs.", "Swifts fly."),
    ("do swifts fly", "Swifts fly.", "Herons eat frogs."),
    ("what do herons eat", "Frogs and fish, mostly.", "Owls hoot."),
]
CAPTIONS = [
    {"image": "a.jpg", "captions": ["A heron in the reeds.", "A bird that waits."]},
    {"image": "b.jpg", "captions": []},
]
COCO = {
    "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b.jpg"}],
    "annotations": [
        {"image_id": 7, "id": 1, "caption": "A heron in the reeds."},
        {"image_id": 7, "id": 2, "caption": "A bird that waits. "},
    ],
}
EVIDENCE = {
    "id": "e1",
    "question": "Where does it nest?",
    "answers": ["in trees"],
    "type": "bridge",
    "evidence": [{"doc_id": "d1", "sentence": 0}, {"doc_id": "d1", "sentence": 1}],
}


def put(folder: Path, **files: Any) -> Path:
    """Files by name, ``_`` for the dot: JSON, lines of JSON, or rows with tabs."""
    for name, content in files.items():
        stem, _, kind = name.rpartition("_")
        if kind == "json":
            text = json.dumps(content)
        elif kind == "jsonl":
            text = "\n".join(json.dumps(row) for row in content)
        else:
            text = "\n".join("\t".join(row) for row in content)
        (folder / f"{stem}.{kind}").write_text(text, encoding="utf-8")
    return folder


def texts(collection: Collection) -> dict[str, str]:
    return {line.key: line.text for line in collection.documents}


def test_every_file_of_the_folder_is_an_adapter_in_use() -> None:
    found = {
        import_module(f"{adapters.__name__}.{module.name}")
        for module in iter_modules(adapters.__path__)
    }
    assert found == set(ADAPTERS)


def test_paragraphs_of_squad_are_documents_and_its_answers_gold_strings(tmp_path: Path) -> None:
    found = read_collection(put(tmp_path, dev_json=SQUAD))
    assert list(texts(found)) == ["Grey_heron#0", "Grey_heron#1"]
    assert [(q.key, q.answers) for q in found.queries] == [("a1", ("frogs",))]
    assert found.qrels == {"a1": {"Grey_heron#0": 1.0}}
    assert found.notes == ("1 questions without an answer were left out.",)


def test_supporting_facts_of_hotpotqa_judge_its_paragraphs(tmp_path: Path) -> None:
    found = read_collection(put(tmp_path, train_json=HOTPOT))
    assert texts(found)["The poet"] == "He wrote. He lived at Vombsjön."
    assert found.qrels == {"h1": {"Bird of Lund": 1.0, "The poet": 1.0}, "h2": {"The poet": 1.0}}
    assert [q.answers for q in found.queries] == [("Vombsjön",), ()]  # a verdict is not searched
    assert found.queries[0].slices == ("type: bridge", "level: hard")


def test_pubmedqa_looks_for_the_abstract_without_its_conclusion(tmp_path: Path) -> None:
    found = read_collection(put(tmp_path, ori_pqal_json=PUBMED))
    assert texts(found)["101"] == "Forty people walked. They slept better."
    assert found.qrels == {"101": {"101": 1.0}, "102": {"102": 1.0}}
    assert found.queries[1].slices == ("decision: maybe",)


def test_triples_of_text_become_passages_each_once(tmp_path: Path) -> None:
    found = read_collection(put(tmp_path, **{"triples_train_small_tsv": TRIPLES}))
    assert list(texts(found).values()) == [
        "Herons eat frogs.", "Swifts fly.", "Frogs and fish, mostly.", "Owls hoot."
    ]  # fmt: skip
    assert found.qrels == {
        "q1": {"p1": 1.0, "p2": 0.0, "p3": 1.0, "p4": 0.0},
        "q2": {"p2": 1.0, "p1": 0.0},
    }


def test_triples_of_ids_need_their_collection(tmp_path: Path) -> None:
    put(tmp_path, qidpidtriples_tsv=[("7", "1", "2")])
    with pytest.raises(SearchError, match="known form"):
        read_collection(tmp_path)
    put(tmp_path, collection_tsv=[("1", "Herons eat frogs."), ("2", "Swifts fly.")])
    put(tmp_path, queries_tsv=[("7", "what do herons eat"), ("8", "never judged")])
    found = read_collection(tmp_path)
    assert found.qrels == {"7": {"1": 1.0, "2": 0.0}}
    assert [q.text for q in found.queries] == ["what do herons eat"]


@pytest.mark.parametrize(
    "files",
    [{"captions_jsonl": CAPTIONS}, {"captions_json": CAPTIONS}, {"captions_val_json": COCO}],
)
def test_a_caption_asks_for_its_picture(tmp_path: Path, files: dict[str, Any]) -> None:
    (tmp_path / "a.jpg").touch()
    found = read_collection(put(tmp_path, **files))
    assert [(d.key, d.media, d.text) for d in found.documents] == [
        ("a.jpg", "image", ""), ("b.jpg", "image", "")
    ]  # fmt: skip
    assert [q.text for q in found.queries] == ["A heron in the reeds.", "A bird that waits."]
    assert found.qrels["a.jpg#2"] == {"a.jpg": 1.0}
    assert "1 pictures are named and not there." in found.notes


def test_evidence_judges_documents(tmp_path: Path) -> None:
    corpus = [{"_id": "d1", "title": "Nests", "text": "It nests in trees."}]
    found = read_collection(put(tmp_path, corpus_jsonl=corpus, qa_jsonl=[EVIDENCE]))
    assert found.qrels == {"e1": {"d1": 1.0}}
    assert (found.queries[0].answers, found.queries[0].slices) == (("in trees",), ("type: bridge",))


def test_lines_of_beir_may_carry_media_slices_answers_and_exclusions(tmp_path: Path) -> None:
    folder = write(tmp_path)
    line = {"_id": "q4", "text": "which bird?", "audio": "call.wav", "slice": "calls",
            "answers": "heron", "excluded": ["owl"]}  # fmt: skip
    with (folder / "queries.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    with (folder / "qrels" / "test.tsv").open("a") as file:
        file.write("q4\theron\t1\n")
    found = read_collection(folder)
    query = found.queries[-1]
    assert (query.media, query.path) == ("audio", "call.wav")
    assert (query.slices, query.answers, query.excluded) == (("calls",), ("heron",), ("owl",))
    assert found.documents[-1].path == "map.png"


@pytest.mark.parametrize("path", ["/etc/passwd", "../map.png"])
def test_media_outside_the_folder_are_refused(tmp_path: Path, path: str) -> None:
    folder = write(tmp_path)
    with (folder / "corpus.jsonl").open("a") as file:
        file.write(json.dumps({"_id": "x", "image": path}))
    with pytest.raises(SearchError, match="outside the folder"):
        read_collection(folder)


@pytest.mark.parametrize(
    "files",
    [
        {"dev_json": {"data": [{"title": "x", "paragraphs": [{}]}]}},
        {"train_json": [{"_id": "1", "supporting_facts": [["a", 0]], "question": "?"}]},
        {"pqa_json": {"1": {"QUESTION": "?", "CONTEXTS": None}}},
        {"captions_json": [{"picture": "a.jpg"}]},
        {"triples_x_tsv": [("a", "b b", "c"), ("a", "b")]},
        {"corpus_jsonl": [{"_id": "d"}], "qa_jsonl": [{"id": "q", "question": "?"}]},
    ],
)
def test_a_file_that_breaks_its_form_is_named(tmp_path: Path, files: dict[str, Any]) -> None:
    with pytest.raises(SearchError, match=str(tmp_path)):
        read_collection(put(tmp_path, **files))


def test_the_same_data_have_the_same_fingerprint_however_ordered(tmp_path: Path) -> None:
    one, other, third = (tmp_path / name for name in "abc")
    for folder in (one, other, third):
        folder.mkdir()
        write(folder)
    lines = (other / "corpus.jsonl").read_text().splitlines()
    (other / "corpus.jsonl").write_text("\n".join(reversed(lines)))
    with (third / "qrels" / "test.tsv").open("a") as file:
        file.write("q1\towl\t0\n")
    prints = [read_collection(folder).fingerprint() for folder in (one, other, third)]
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "documents", "queries", "gold"),
    [
        ("qa/hotpotqa-50", 994, 50, 45),
        ("qa/pubmedqa-dev", 1000, 500, 0),
        ("qa/xquad/en", 240, 1190, 1190),
        ("qa/xquad/de", 240, 1190, 1190),
        ("images/coco-mini", 159, 795, 0),
    ],
)
def test_real_collections_are_read_whole(
    name: str, documents: int, queries: int, gold: int
) -> None:
    found = read_collection(real_collection(name))
    assert (len(found.documents), len(found.queries)) == (documents, queries)
    assert sum(bool(query.answers) for query in found.queries) == pytest.approx(gold, abs=5)
    known = {line.key for line in found.documents}
    assert all(key in known for gains in found.qrels.values() for key in gains)
