"""The commands search and ask. They stand with ingestion, which reads the words of pictures."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ingestion.management.asking import plain
from search.models import Answer, Corpus, Search
from tests.search.library import add, with_hashing

TEXT = "The bell of Inchcape was hung by the Abbot of Arbroath <in> 1394."


@pytest.fixture
def library(db: None, settings: Any) -> Corpus:
    settings.MMSEARCH = with_hashing()
    corpus = Corpus.objects.create(slug="bells", name="Bells")
    add(corpus, TEXT, title="Inchcape")
    return corpus


def run(command: str, *words: str) -> str:
    out = StringIO()
    call_command(command, *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_search_prints_the_body_of_the_api(library: Corpus) -> None:
    body = json.loads(run("search", "bell of Inchcape", "--json"))
    assert body["hits"][0]["document"]["title"] == "Inchcape"
    assert {"id", "query", "recipe", "took_ms", "total", "facets", "degraded", "timings"} <= set(
        body
    )
    assert Search.objects.get().user is None


def test_search_prints_numbered_hits_for_people(library: Corpus) -> None:
    shown = run("search", "Abbot Arbroath")
    assert "1. Inchcape" in shown
    assert "Abbot of Arbroath <in> 1394." in shown
    assert "/documents/" in shown


def test_ask_prints_the_answer_with_its_sources(library: Corpus) -> None:
    body = json.loads(run("ask", "Who hung the bell of Inchcape?", "--json", "--corpus", "bells"))
    assert body["text"] == f"{TEXT} [1]"
    assert Answer.objects.count() == 1
    shown = run("ask", "Who hung the bell of Inchcape?")
    assert shown.startswith(f"{TEXT} [1]")
    assert f"[1] Inchcape\n    “{TEXT}”" in shown


def test_ask_says_so_when_nothing_answers(library: Corpus) -> None:
    shown = run("ask", "How are violins varnished in Cremona?")
    assert shown.startswith("Nothing in the library answers this question.")


def test_search_says_so_when_nothing_matches(library: Corpus) -> None:
    for n in range(40):
        add(library, f"Bell {n * 37} weighs {n * 91} pounds.", title=f"Bell {n}")
    shown = run("search", "How are violins varnished in Cremona?")
    assert "Nothing here matches well. Closest:" in shown
    assert "Nothing here matches well" not in run("search", "Abbot of Arbroath hung Inchcape bell")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["heron", "--crop", "0,0,1,1"], "--crop needs the picture"),
        (["heron", "--clip", "no-such.mp4"], "There is no file no-such.mp4."),
        (["heron", "--audio", "no-such.wav"], "There is no file no-such.wav."),
        (["heron", "--corpus", "nowhere"], "There is no corpus 'nowhere'"),
        (["heron", "--recipe", "magic"], "There is no recipe 'magic'"),
        (["heron", "--limit", "0"], "--limit is 0; write 1 to 100."),
        (["heron", "--limit", "101"], "--limit is 101; write 1 to 100."),
        (["h" * 2001], "The question has 2001 characters"),
        (["--image", "no-such.png"], "There is no file no-such.png."),
        ([" "], "There is nothing to look for"),
        ([], "There is nothing to look for"),
    ],
)
@pytest.mark.parametrize("command", ["search", "ask"])
def test_wrong_usage_exits_with_2_and_a_sentence(
    library: Corpus, command: str, words: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence) as caught:
        run(command, *words)
    assert caught.value.returncode == 2


def test_a_picture_that_does_not_decode_exits_with_1(library: Corpus, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n not a picture")
    with pytest.raises(CommandError) as caught:
        run("search", "--image", str(broken))
    assert caught.value.returncode == 1


def test_a_picture_is_searched_by_the_words_read_in_it(library: Corpus, tmp_path: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    picture = tmp_path / "sign.png"
    image = Image.new("RGB", (900, 160), "white")
    ImageDraw.Draw(image).text((30, 40), "Inchcape Arbroath", "black", ImageFont.load_default(72))
    image.save(picture)
    body = json.loads(run("search", "--image", str(picture), "--json"))
    assert body["query"]["media"][0]["words"] == "Inchcape Arbroath"
    assert body["hits"][0]["document"]["title"] == "Inchcape"


def test_marks_are_taken_off_and_entities_read() -> None:
    assert plain("a &lt;b&gt; <mark>bell</mark> &amp; more") == "a <b> bell & more"
