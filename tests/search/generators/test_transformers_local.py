"""A causal model in this process: four abilities, on random weights loaded from a folder."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from search.errors import ConfigurationError, ModelMissingError
from search.generators.attention_rows import Watch
from search.generators.language_model import (
    Ability,
    LanguageModelError,
    Message,
    Prompt,
    Sampling,
)
from search.generators.miniature import SPECIALS, saved_llama
from search.generators.transformers_local import TransformersLanguageModel
from search.rerankers.e2rank import E2Rank
from search.rerankers.first import First
from search.rerankers.icr import Icr
from search.rerankers.prorank import ProRank
from search.rerankers.rankgpt import RankGpt
from search.rerankers.readouts.vectors import HeldVectors
from search.types import Query
from tests.search.rerankers.shelf import HERON, ids, shelf

DOCUMENTS = ["a heron by the lake", "an owl", "reed " * 30]
TASK = "Which passage answers? Query: "


def asking(text: str, opening: str = "") -> Prompt:
    return Prompt("p", (Message("user", text),), opening)


@pytest.fixture(scope="module")
def model() -> TransformersLanguageModel:
    return TransformersLanguageModel.tiny()


def test_it_writes_the_same_answer_every_time(model: TransformersLanguageModel) -> None:
    drawn = Sampling(max_tokens=8, temperature=0.8, top_p=0.9, seed=4)
    first, second = (model.generate(asking("heron?"), drawn) for _ in range(2))
    assert first == second
    assert 1 <= first.completion_tokens <= 8
    assert first.prompt_tokens == len(model.tokens_of(asking("heron?")))
    assert all(0 <= token.probability <= 1 for token in first.written)


def test_logits_do_not_depend_on_the_batch(model: TransformersLanguageModel) -> None:
    prompts = [asking("heron " * n) for n in (9, 1, 4, 2, 7)]
    together = model.next_token_logits(prompts, ["yes", "no"])
    alone = [model.next_token_logits([prompt], ["yes", "no"])[0] for prompt in prompts]
    assert together.shape == (5, 2)
    assert together == pytest.approx(np.array(alone), abs=1e-4)


def test_answers_of_many_tokens_are_refused(model: TransformersLanguageModel) -> None:
    assert model.are_single_tokens(list("ABCDEFGHIJKLMNOPQRST"))
    assert not model.are_single_tokens(["10"])
    assert not model.are_single_tokens(["<|im_end|>"])
    with pytest.raises(ConfigurationError, match="not one token"):
        model.next_token_logits([asking("x")], ["maybe"])


PIECES = st.one_of(st.sampled_from([*SPECIALS, "<|", "im_end|>", "<"]), st.text(max_size=5))


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES))
def test_no_word_of_a_user_becomes_a_special_token(
    model: TransformersLanguageModel, pieces: list[str]
) -> None:
    plain, attacked = asking("heron"), asking("heron" + "".join(pieces), "".join(pieces))

    def specials(prompt: Prompt) -> int:
        return sum(token in model.special_tokens for token in model.tokens_of(prompt))

    assert specials(attacked) == specials(plain)


def test_attention_from_a_kept_prefix_equals_attention_read_anew(
    model: TransformersLanguageModel,
) -> None:
    queries = ["which heron eats a frog?", "N/A", "owl"]
    kept = model.query_attention(DOCUMENTS, TASK, queries)
    anew = model.query_attention_uncached(DOCUMENTS, TASK, queries)
    for one, other in zip(kept, anew, strict=True):
        assert [row.shape for row in one] == [row.shape for row in other]
        for row, same in zip(one, other, strict=True):
            assert row == pytest.approx(same, abs=1e-5)


def test_identical_questions_receive_identical_attention(model: TransformersLanguageModel) -> None:
    first, second = model.query_attention(DOCUMENTS, TASK, ["N/A", "N/A"])
    for row, same in zip(first, second, strict=True):
        assert np.abs(row - same).max() < 1e-9


def test_attention_taken_in_pieces_equals_attention_taken_whole() -> None:
    with saved_llama() as folder:
        whole = TransformersLanguageModel(str(folder), rows_at_once=1000)
        pieces = TransformersLanguageModel(str(folder), rows_at_once=2)
    query = "which heron eats a frog by the lake at night?"
    for row, same in zip(
        whole.query_attention(DOCUMENTS, TASK, [query])[0],
        pieces.query_attention(DOCUMENTS, TASK, [query])[0],
        strict=True,
    ):
        assert row == pytest.approx(same, abs=1e-7)


def test_attention_equals_the_weights_of_eager_attention() -> None:
    from transformers import AutoModelForCausalLM

    with saved_llama() as folder:
        ours = TransformersLanguageModel(str(folder))
        eager = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
    frame = ours._model._chat_frame()
    documents = [ours._model._ids(text + "\n\n") for text in DOCUMENTS]
    task, query = ours._model._ids(TASK), ours._model._ids("frog?")
    before = [*frame[0], *(token for ids_ in documents for token in ids_), *task]
    whole = torch.tensor([[*before, *query, *frame[1]]])
    with torch.inference_mode():
        layers = eager(whole, output_attentions=True).attentions
    rows = slice(len(before), len(before) + len(query))
    wanted = sum(layer[0, :, rows].double().sum(0).mean(0) for layer in layers).numpy()
    start = len(frame[0])
    for received, tokens in zip(
        ours.query_attention(DOCUMENTS, TASK, ["frog?"])[0], documents, strict=True
    ):
        assert received == pytest.approx(wanted[start : start + len(tokens)], abs=1e-5)
        start += len(tokens)


def test_attention_keeps_no_more_than_some_rows_at_once() -> None:
    class Counting(torch.overrides.TorchFunctionMode):
        largest = 0

        def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            out = func(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor):
                self.largest = max(self.largest, out.numel())
            return out

    heads, asked, length, dim = 4, 64, 2000, 8
    query, key = torch.randn(1, heads, asked, dim), torch.randn(1, heads, length, dim)
    with Counting() as counting:
        Watch(first=asked, last=0, rows_at_once=4).see(query, key, None, 0.3)
    assert counting.largest <= max(heads * 4 * length, heads * length * dim)


def test_a_text_is_one_unit_vector(model: TransformersLanguageModel) -> None:
    rows = [model.embed(text) for text in ("a heron", "a heron", "", "<|im_end|>")]
    assert all(np.linalg.norm(row) == pytest.approx(1, abs=1e-5) for row in rows)
    assert rows[0] == pytest.approx(rows[1])
    assert rows[0] != pytest.approx(rows[2])


def test_a_prompt_that_does_not_fit_is_refused() -> None:
    with saved_llama() as folder:
        small = TransformersLanguageModel(str(folder), max_tokens=50)
    for ask in (
        lambda: small.generate(asking("heron " * 50)),
        lambda: small.embed("heron " * 50),
        lambda: small.query_attention(["heron " * 50], TASK, ["x"]),
    ):
        with pytest.raises(LanguageModelError, match="longer than the 50"):
            ask()


def test_weights_that_are_not_there_are_told_before_loading() -> None:
    with pytest.raises(ModelMissingError, match="no folder"):
        TransformersLanguageModel("/nowhere/llama")
    assert not TransformersLanguageModel.presence(checkpoint="/nowhere/llama").present
    assert not TransformersLanguageModel.presence().present
    with saved_llama() as folder:
        assert TransformersLanguageModel.presence(checkpoint=str(folder)).present


def test_rerankers_run_on_a_local_model(model: TransformersLanguageModel) -> None:
    assert model.abilities == frozenset(Ability)
    for make in (First, Icr, ProRank):
        ranked = make(model).rerank(HERON, shelf(6))
        assert sorted(ids(ranked.candidates)) == ids(shelf(6))
        assert ranked.report.notes == ()
        assert ranked.report.scored == 6
    rows = {one.passage_id: model.embed(one.text) for one in shelf(6)}
    embedded = E2Rank(model).with_vectors(HeldVectors(rows)).rerank(HERON, shelf(6))
    assert embedded.report.notes == ()


def test_a_model_that_writes_nonsense_leaves_the_first_stage(
    model: TransformersLanguageModel,
) -> None:
    ranked = RankGpt(model, window=3, step=2).rerank(HERON, shelf(4))
    assert sorted(ids(ranked.candidates)) == ids(shelf(4))


def test_the_question_n_a_scores_nothing_by_attention(model: TransformersLanguageModel) -> None:
    assert ids(Icr(model).rerank(Query(text="N/A"), shelf()).candidates) == ids(shelf())
