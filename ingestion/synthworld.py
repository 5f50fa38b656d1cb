"""SynthWorld asked of the product: its files ingested, its questions looked for, slice by slice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ingestion.models import Job
from ingestion.services import IncomingFile, accept_files, read_question, remove_corpus, work_off
from search import pipeline, registry, seeing, services
from search.conf import conf
from search.encoders.media import Clip, MediaEncoder, mean_of_frames
from search.evaluation.statistics import mean_interval
from search.evaluation.synthworld import motions, sounds
from search.evaluation.synthworld.slices import encode, read, twin_accuracy
from search.evaluation.synthworld.texts import Question
from search.evaluation.synthworld.world import DOCUMENTS, read_questions
from search.ids import new_id
from search.models import Corpus, Document, Passage
from search.retrieval.content import hydrate
from search.types import Asked, Candidate, Filters, Hit, Query, Viewer

TOWERS = "towers"
OPERATOR = Viewer(unrestricted=True)
KINDS = {"text": ("text", "page"), "image": ("image",), "video": ("video",), "audio": ("audio",)}
Find = Callable[[Question, int], Sequence[Candidate]]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what one system reached in one slice, and what was expected.

    ``least`` or ``most`` bound the value; one of them is None.
    """

    slice: str
    system: str
    measure: str
    value: float
    low: float
    high: float
    questions: int
    least: float | None = None
    most: float | None = None

    @property
    def is_as_expected(self) -> bool:
        above = self.least is None or self.value >= self.least
        return above and (self.most is None or self.value <= self.most)


@contextmanager
def ingested(folder: Path, *, done: Callable[[], object] = lambda: None) -> Iterator[Corpus]:
    """A private corpus with the files of a world, for the time of a measurement."""
    corpus = Corpus.objects.create(slug=f"synthworld-{new_id()}", name="SynthWorld")
    try:
        files = [IncomingFile(path.name, path) for path in sorted((folder / DOCUMENTS).iterdir())]
        accepted = accept_files(files, corpus=corpus, user_id=None)
        jobs = [one.job.pk for one in accepted if not one.sidecar_of]
        work_off(jobs, on_step=lambda job: _told(job, done))
        yield corpus
    finally:
        remove_corpus(corpus, OPERATOR)


def _told(job: Job, done: Callable[[], object]) -> None:
    if job.is_finished:
        done()


def by_recipe(corpus: Corpus, folder: Path, recipe: str, filters: Filters | None = None) -> Find:
    """Ask through the whole walk of a query."""

    def find(question: Question, depth: int) -> Sequence[Candidate]:
        query = _query(question, corpus, folder, depth=depth, recipe=recipe)
        query = replace(query, filters=filters) if filters else query
        return pipeline.find(query).candidates[:depth]

    return find


def by_towers(
    corpus: Corpus,
    folder: Path,
    *,
    part: str = "both",
    within: bool = False,
    kinds: tuple[str, ...] = (),
) -> Find:
    """Ask the towers alone; ``part`` leaves the words or the file of a question out.

    ``within``: look in the recording that is asked about, and nowhere else. ``kinds``: look at
    passages of these kinds only.
    """

    def find(question: Question, depth: int) -> Sequence[Candidate]:
        query = _query(question, corpus, folder, depth=depth)
        if part == "file":
            query = replace(query, text="")
        if part == "words":
            query = replace(query, media=())
        filters = _only(question, corpus) if within else Filters(kind=kinds)
        seen = seeing.see_here(query, filters)
        runs = [run for run in seen.runs if run.retriever.endswith(f":{TOWERS}")]
        return hydrate(runs[0].hits[:depth], query.corpora) if runs else ()

    return find


def _only(question: Question, corpus: Corpus) -> Filters:
    own = Document.objects.filter(corpus=corpus, filename__in=list(question.gold))
    return Filters(document=tuple(own.values_list("pk", flat=True)))


def _beginning(corpus: Corpus) -> Find:
    """The first clip of the recording, whatever is asked."""

    def find(question: Question, depth: int) -> Sequence[Candidate]:
        (document,) = _only(question, corpus).document
        first = Passage.objects.filter(document=document, kind="video").order_by("start_s").first()
        return hydrate([Hit(first.pk, 0.0)], (corpus.pk,)) if first else ()

    return find


def table(folder: Path, corpus: Corpus) -> Iterator[Row]:
    """Every slice: what must succeed and what cannot, with what each reached."""
    asked = _by_slice(read_questions(folder))
    recipe = {name: by_recipe(corpus, folder, name) for name in ("bm25", "dense", "default")}
    yield _hits(asked["T1"], "bm25", recipe["bm25"], 1, least=0.95)
    yield _hits(asked["T1"], "dense", recipe["dense"], 1, most=0.8)
    yield _hits(asked["T2"], "dense", recipe["dense"], 5, least=0.6)
    yield _hits(asked["T2"], "bm25", recipe["bm25"], 5, most=0.15)
    yield _refusals(asked["Q1"], corpus)
    yield _hits(asked["V5"], "default (reads subtitles)", recipe["default"], 1, least=0.9)
    if TOWERS in conf().media_spaces:
        yield from _seen(asked, corpus, folder, recipe)
        yield from _twins()


def ablation(folder: Path, corpus: Corpus) -> Iterator[Row]:
    """Success among the first ten by each kind of passage alone, by all, and by all but one."""
    wanted = [q for q in read_questions(folder) if q.gold and not q.file]
    everything = tuple(kind for several in KINDS.values() for kind in several)
    named: dict[str, tuple[str, ...]] = {"all": everything, **KINDS}
    named |= {
        f"all but {name}": tuple(kind for kind in everything if kind not in several)
        for name, several in KINDS.items()
    }
    for name, kinds in named.items():
        find = by_recipe(corpus, folder, "default", Filters(kind=kinds))
        yield _hits(wanted, name, find, 10, slice_="all slices")


def _seen(
    asked: Mapping[str, Sequence[Question]],
    corpus: Corpus,
    folder: Path,
    recipe: Mapping[str, Find],
) -> Iterator[Row]:
    """The slices of pictures, clips and sounds as files."""
    towers = by_towers(corpus, folder)
    yield _hits(asked["V5"], "towers (frames only)", towers, 1, most=0.3)
    for name, least in (("I0", 0.6), ("A1", 0.6)):
        yield _hits(asked[name], "towers", towers, 1, least=least)
        yield _hits(asked[name], "bm25 (no words there)", recipe["bm25"], 1, most=0.05)
    pages = by_towers(corpus, folder, kinds=("page",))
    yield _hits(asked["P1"], "towers, page images", pages, 1, least=0.5)
    yield _hits(asked["P1"], "bm25 (no words there)", recipe["bm25"], 1, most=0.05)
    for held_out in (False, True):
        own = [q for q in asked["V2"] if q.held_out == held_out]
        word = "held-out pairs" if held_out else "seen pairs"
        yield _hits(own, f"towers, files, {word}", towers, 1, least=0.5)
    yield _moments(
        asked["V4"], "clips of it, IoU ≥ .5", by_towers(corpus, folder, within=True), least=0.5
    )
    yield _moments(asked["V4"], "its beginning (chance)", _beginning(corpus), most=0.4)
    composed = _hits(asked["I3"], "picture and words", towers, 1)
    parts = [
        _hits(asked["I3"], f"{part} alone", by_towers(corpus, folder, part=part), 1)
        for part in ("file", "words")
    ]
    yield replace(composed, least=max(one.value for one in parts))
    yield from (replace(one, most=composed.value) for one in parts)


def _twins() -> Iterator[Row]:
    """The order of time, on raw frames and samples: the twins hold exactly the same."""
    encoder = registry.media_encoder(TOWERS)
    for held_out, least in ((False, 0.85), (True, 0.80)):
        clips = motions.sample_clips(120, seed=900, held_out=held_out)
        twins = [motions.twin_of(one) for one in clips]
        word = "held-out pairs" if held_out else "seen pairs"
        own = _pairs(encoder, clips, twins, lambda some: encode(encoder, some))
        yield _share("V2", f"space and time, {word}", own, least=least)
        still = _pairs(encoder, clips, twins, lambda some: _mean_pooled(encoder, some))
        yield _share("V2", f"mean of frames, {word}", still, least=0.5, most=0.5)
    chirps = sounds.sample_sounds(120, seed=900, kinds=("chirp",))
    back = [sounds.backwards(one) for one in chirps]
    heard = _pairs(encoder, chirps, back, lambda some: encode(encoder, some))
    yield _share("A2", "log-mel over time", heard, least=0.90)
    spectrum = [0.5 if _same_spectrum(a, b) else 1.0 for a, b in zip(chirps, back, strict=True)]
    yield _share("A2", "mean spectrum", spectrum, least=0.5, most=0.5)


def _pairs(
    encoder: MediaEncoder,
    samples: Sequence[Any],
    twins: Sequence[Any],
    rows_of: Callable[[Sequence[Any]], Any],
) -> list[float]:
    """For each caption 1 if its own sample scores above its twin, one half if they are equal."""
    words, rows, others = read(encoder, samples), rows_of(samples), rows_of(twins)
    return [
        twin_accuracy(np.array([words[n] @ rows[n]]), np.array([words[n] @ others[n]]))
        for n in range(len(samples))
    ]


def _mean_pooled(encoder: MediaEncoder, samples: Sequence[Any]) -> Any:
    clips = [Clip(one.frames) for one in samples]
    frames = [frame for one in clips for frame in one.frames]
    return mean_of_frames(clips, np.asarray(encoder.encode_images(frames)))


def _same_spectrum(one: Any, other: Any) -> bool:
    first, second = (np.abs(np.fft.rfft(sample.samples)) for sample in (one, other))
    return bool(np.allclose(first, second, atol=1e-2 * float(first.max())))


def _query(
    question: Question, corpus: Corpus, folder: Path, *, depth: int, recipe: str = "default"
) -> Query:
    media: tuple[Asked, ...] = ()
    if question.file:
        path = folder / question.file
        media = (read_question(path, path.name, medium=question.medium)[0],)
    return Query(text=question.text, corpora=(corpus.pk,), k=depth, recipe=recipe, media=media)


def _by_slice(questions: Iterator[Question]) -> dict[str, list[Question]]:
    found: dict[str, list[Question]] = {}
    for question in questions:
        found.setdefault(question.slice, []).append(question)
    return found


def _hits(
    questions: Sequence[Question],
    system: str,
    find: Find,
    k: int,
    *,
    least: float | None = None,
    most: float | None = None,
    slice_: str = "",
) -> Row:
    values = [
        float(any(one.source.filename in question.gold for one in find(question, k)))
        for question in questions
    ]
    name = slice_ or (questions[0].slice if questions else "")
    return _share(name, system, values, measure=f"success@{k}", least=least, most=most)


def _moments(
    questions: Sequence[Question],
    system: str,
    find: Find,
    *,
    least: float | None = None,
    most: float | None = None,
) -> Row:
    values = []
    for question in questions:
        best = next(iter(find(question, 1)), None)
        is_right = best is not None and best.source.filename in question.gold
        values.append(float(is_right and _iou(best, question) >= 0.5))
    return _share("V4", system, values, measure="R@1", least=least, most=most)


def _iou(found: Candidate | None, wanted: Question) -> float:
    if found is None or found.locator.start_s is None or found.locator.end_s is None:
        return 0.0
    start, end = wanted.start_s or 0.0, wanted.end_s or 0.0
    both = min(found.locator.end_s, end) - max(found.locator.start_s, start)
    either = max(found.locator.end_s, end) - min(found.locator.start_s, start)
    return max(both, 0.0) / either if either else 0.0


def _refusals(questions: Sequence[Question], corpus: Corpus) -> Row:
    """How often a question that nothing answers is refused; who always answers, never refuses."""
    values = []
    for question in questions:
        query = Query(text=question.text, corpora=(corpus.pk,))
        body = services.open_answer(query, OPERATOR).body
        values.append(float(bool(body["refused"])))
    return _share("Q1", "default", values, measure="refused", least=0.8)


def _share(
    slice_: str,
    system: str,
    values: Sequence[float],
    *,
    measure: str = "twins",
    least: float | None = None,
    most: float | None = None,
) -> Row:
    found = mean_interval(list(values) or [0.0])
    ends = (found.mean, found.low, found.high)
    return Row(slice_, system, measure, *ends, len(values), least, most)
