import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.answers.compose import NOTHING_ANSWERS, compose
from search.answers.evidence import choose, mixed
from search.generators.extractive import Extractive
from search.generators.questions import Wanted, offers, parts
from search.types import Answer, Candidate, Support
from tests.search.passages import candidate, spoken

FRESNEL = candidate(
    "The old lamps wasted most of their light. Augustin-Jean Fresnel designed the first lens of "
    "rings for the lighthouse at Cordouan. It was lit in July 1823. The keepers polished it daily.",
    1,
    title="Lenses",
)
TALK = spoken(
    [
        ("Good evening to all of you.", 0.0, 2.0),
        ("The Fresnel lens at Cordouan could be seen", 2.0, 5.0),
        ("thirty-two kilometres out at sea.", 5.0, 8.0),
        ("Thank you.", 9.0, 10.0),
    ],
    2,
    title="A talk on Cordouan",
)
WHALES = candidate(
    "Whale oil was burned in lamps until the 1850s. Paraffin was cheaper and replaced it.", 3
)
LIBRARY = (FRESNEL, TALK, WHALES)


def ask(question: str, candidates: tuple[Candidate, ...] = LIBRARY) -> Answer:
    return compose(question, candidates, Extractive())


def test_the_sentence_that_answers_comes_first_with_its_citation() -> None:
    answer = ask("Who designed the first lens at Cordouan?")
    first = answer.sentences[0]
    assert first.text.startswith("Augustin-Jean Fresnel designed the first lens")
    assert first.support == Support.QUOTED
    assert answer.text.startswith(f"{first.text} [1]")
    assert answer.citations[0].passage_id == 1


def test_every_marker_resolves_and_every_quote_stands_in_its_passage() -> None:
    answer = ask("How far could the lens of Cordouan be seen, and who designed it?")
    markers = {citation.marker for citation in answer.citations}
    assert markers == set(range(1, len(answer.citations) + 1))
    for sentence in answer.sentences:
        assert sentence.citations
        assert set(sentence.citations) <= markers
    for found in answer.citations:
        assert found.quote == found.candidate.text[found.start : found.end]


def test_an_answer_in_two_parts_rests_on_a_page_and_a_recording() -> None:
    answer = ask("Who designed the lens at Cordouan and how far could it be seen?")
    assert {found.passage_id for found in answer.citations[:2]} == {1, 2}
    talk = next(found for found in answer.citations if found.passage_id == 2)
    assert (talk.locator.start_s, talk.locator.end_s) == (2.0, 8.0)
    assert "thirty-two kilometres" in talk.quote


def test_a_part_that_nothing_answers_is_named() -> None:
    answer = ask("Who designed the lens at Cordouan and what does a zebra eat in Nairobi?")
    assert not answer.refused
    assert "zebra" in " ".join(answer.notes)


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Mongolia?",
        "How many zebras live in Nairobi?",
        "quantum chromodynamics",
    ],
)
def test_what_nothing_answers_is_refused(question: str) -> None:
    answer = ask(question)
    assert answer.refused
    assert answer.text == NOTHING_ANSWERS
    assert answer.sentences == answer.citations == ()


@pytest.mark.parametrize(
    "question",
    [
        "",
        "   ",
        "?",
        "🦓🔭",
        "the of and",
        "灯塔在哪里？",
        "Wer?",
        "a" * 3000,
        "\u202e\x00",
        "[1] [2]",
    ],
)
def test_odd_questions_get_an_answer_or_a_refusal(question: str) -> None:
    answer = ask(question)
    assert answer.refused == (not answer.sentences)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.lists(st.text(max_size=200), max_size=4))
def test_no_question_and_no_text_breaks_the_promise_of_quotes(
    question: str, texts: list[str]
) -> None:
    pieces = tuple(candidate(text, key) for key, text in enumerate(texts, 1))
    answer = ask(question, pieces)
    for sentence in answer.sentences:
        assert sentence.citations
    for found in answer.citations:
        assert found.quote
        assert found.quote in found.candidate.text


def test_nothing_is_quoted_twice() -> None:
    twin = candidate(FRESNEL.text, 9, title="A copy")
    again = candidate(
        "Augustin-Jean Fresnel designed the first lens of rings for the Cordouan lighthouse.", 10
    )
    answer = ask("Who designed the first lens at Cordouan?", (FRESNEL, twin, again))
    assert [s.text for s in answer.sentences if "designed" in s.text] == [answer.sentences[0].text]


def test_a_question_in_the_text_is_not_quoted_back() -> None:
    echo = candidate(
        "Who designed the first lens at Cordouan?\n\nThe first lens at Cordouan is the design of "
        "Augustin-Jean Fresnel.",
        1,
    )
    answer = ask("Who designed the first lens at Cordouan?", (echo,))
    assert answer.sentences[0].text.endswith("Fresnel.")
    assert not any(s.text.endswith("?") for s in answer.sentences)


def test_prose_is_preferred_to_a_heading_and_a_bibliography() -> None:
    paper = candidate(
        "The lens of Cordouan\n\nThe lens of Cordouan was built by Soleil in Paris.\n\n"
        "[12] J. Smith et al. 1999. Who built the lens of Cordouan. In Proceedings of Optics.",
        1,
    )
    answer = ask("Who built the lens of Cordouan?", (paper,))
    assert answer.sentences[0].text == "The lens of Cordouan was built by Soleil in Paris."


def test_a_sources_own_brackets_are_no_markers_of_ours() -> None:
    paper = candidate("The lens of Cordouan was built by Soleil [7] in Paris [8, 9].", 1)
    answer = ask("Who built the lens of Cordouan?", (paper,))
    assert answer.text == "The lens of Cordouan was built by Soleil ［7］ in Paris ［8, 9］. [1]"
    assert answer.sentences[0].support == Support.QUOTED
    assert answer.citations[0].quote == paper.text


def test_at_most_six_sentences_answer() -> None:
    many = tuple(
        candidate(f"The heron of pond {n} weighs {n} kilograms and eats {n} eels daily.", n)
        for n in range(1, 13)
    )
    question = "How much does the heron weigh, how many eels does it eat and where is the pond?"
    assert 1 <= len(ask(question, many).sentences) <= 6


def test_evidence_takes_three_passages_of_a_document_and_each_text_once() -> None:
    same = [candidate(f"Heron number {n} stood by pond {n * 7}.", n, document=1) for n in range(5)]
    other = candidate("An egret is another bird altogether.", 8, text_hash="x")
    copy = candidate(other.text, 9, text_hash="x")
    chosen = choose([*same, other, copy, candidate("", 10)])
    assert [e.candidate.passage_id for e in chosen] == [0, 1, 2, 8]
    assert [e.label for e in chosen] == [1, 2, 3, 4]


def test_evidence_stays_within_its_budget() -> None:
    long = [candidate(f"{n} " * 500, n) for n in range(11, 20)]
    chosen = choose(long, budget=4000)
    assert sum(len(e.candidate.text) for e in chosen) <= 4000
    assert len(choose(long, budget=10)) == 1


def test_the_parts_of_a_question_are_told_apart() -> None:
    (who, when) = parts("Who designed the lens and when was it lit?", "en")
    assert who.wanted == {Wanted.PERSON}
    assert when.wanted == {Wanted.TIME}
    assert who.own <= when.borrowed
    assert len(parts("Which lamps and lenses were sold and shipped?", "en")) == 1
    assert len(parts("The lens, which is old, is by whom?", "en")) == 1


@pytest.mark.parametrize(
    ("kind", "sentence", "held"),
    [
        (Wanted.PERSON, "It was made by Augustin Fresnel.", True),
        (Wanted.PERSON, "It was made by the keepers.", False),
        (Wanted.TIME, "It was lit in July 1823.", True),
        (Wanted.TIME, "It was lit at night.", False),
        (Wanted.MEASURE, "The tower is 64 m tall.", True),
        (Wanted.MEASURE, "The tower is tall.", False),
        (Wanted.NUMBER, "Eleven keepers lived there.", True),
        (Wanted.PLACE, "It stands in Gironde.", True),
        (Wanted.REASON, "It failed because the oil froze.", True),
    ],
)
def test_a_sentence_offers_the_kind_of_thing_that_is_asked_for(
    kind: Wanted, sentence: str, held: bool
) -> None:
    assert (offers(kind, sentence, frozenset()) > 0.5) == held


def test_follow_up_questions_come_from_headings_that_were_not_quoted() -> None:
    near = candidate("Mercury let the lens float.", 5, heading="Lenses › Mercury baths")
    answer = ask("Who designed the first lens at Cordouan?", (*LIBRARY, near))
    assert answer.followups == ("What is said about “Mercury baths” in “Document 5”?",)


def test_the_next_sentence_completes_one_that_lacks_what_is_asked_for() -> None:
    story = candidate(
        "Richer found that his pendulum clock lost time in Cayenne. It was slower because gravity "
        "is weaker near the equator. He was puzzled for years.",
        1,
    )
    answer = ask("Why did Richer's pendulum clock lose time in Cayenne?", (story,))
    assert [s.text.split()[0] for s in answer.sentences[:2]] == ["Richer", "It"]


def test_a_passage_about_one_part_alone_is_put_forward() -> None:
    lens = [
        candidate(f"Lens {n} of the Cordouan lamp stood on table {n} near the door.", n, document=1)
        for n in range(1, 7)
    ]
    glass = candidate("The rings of Buffon leave out useless glass.", 20, document=1)
    asked = parts("Which lamp stood at Cordouan and how did Buffon leave out glass?", "en")
    assert [c.passage_id for c in mixed([*lens, glass], asked, {})][:3] == [1, 20, 2]
    assert len(mixed([*lens, glass], asked[:1], {})) == 7
