"""How a parser is chosen, and what becomes of its faults."""

import subprocess
import sys

import pytest

from ingestion.errors import IngestError, TooLargeError, UnsupportedFormatError
from ingestion.parsers import DEFAULT_PARSERS, ParserEntry, parse, parser_for
from ingestion.parsers.base import Parser
from ingestion.types import Block, Limits, Parsed, ParseRequest
from search.types import Anchor

HERE = __name__


class Shouting(Parser):
    """A plug-in: one class, found by its dotted path."""

    accepts = frozenset({"text/plain"})

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        return Parsed(media_type=request.media_type, blocks=(Block("LOUD"),))


class Greedy(Shouting):
    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        raise MemoryError


class Deep(Shouting):
    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        raise RecursionError


class Careless(Shouting):
    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        block = Block("nul\0 here", anchors=(Anchor(0, 9),))
        return Parsed(request.media_type, title="two\nlines\0", blocks=(block,), notices=("a",) * 3)


@pytest.fixture
def request_(tmp_path):
    (tmp_path / "upload").write_text("plain words")
    return ParseRequest(str(tmp_path / "upload"), "a.txt", str(tmp_path))


def test_a_plug_in_is_one_dotted_path(request_):
    result = parse(request_, Limits(), [f"{HERE}.Shouting", *DEFAULT_PARSERS])
    assert result.blocks[0].text == "LOUD"


def test_the_first_parser_that_accepts_is_taken(request_):
    result = parse(request_, Limits(), [*DEFAULT_PARSERS, f"{HERE}.Shouting"])
    assert result.blocks[0].text == "plain words"


def test_a_module_of_another_type_is_not_imported(request_):
    entries = [ParserEntry("no.such.module.Parser", ("image/*",)), f"{HERE}.Shouting"]
    assert parse(request_, Limits(), entries).blocks


@pytest.mark.parametrize("path", ["no.such.module.Parser", f"{HERE}.Missing", "nodots"])
def test_an_entry_that_names_nothing_is_said(request_, path):
    with pytest.raises(IngestError, match=r"cannot be loaded .*; correct its entry in PARSERS"):
        parse(request_, Limits(), [path])


def test_a_type_that_no_parser_reads_is_refused(request_):
    with pytest.raises(UnsupportedFormatError, match=r"a\.txt is of type text/plain"):
        parse(request_, Limits(), [])


def test_too_little_memory_and_too_deep_nesting_are_sentences(request_):
    with pytest.raises(TooLargeError, match=r"a\.txt needs more memory"):
        parse(request_, Limits(), [f"{HERE}.Greedy"])
    with pytest.raises(IngestError, match="nested too deeply"):
        parse(request_, Limits(), [f"{HERE}.Deep"])


def test_what_a_careless_parser_gives_is_cleaned(request_):
    result = parse(request_, Limits(), [f"{HERE}.Careless"])
    assert result.title == "two lines"
    assert result.blocks == (Block("nul here"),)
    assert result.notices == ("a",)


def test_every_default_entry_loads_and_accepts_what_it_is_asked_for():
    for entry in DEFAULT_PARSERS:
        module, _, name = entry.path.rpartition(".")
        parser = getattr(__import__(module, fromlist=[name]), name)
        assert issubclass(parser, Parser)
        assert parser.accepts


@pytest.mark.parametrize(
    "kind",
    ["application/pdf", "text/markdown", "text/x-python", "text/vtt", "image/png", "video/mp4",
     "audio/mpeg", "application/epub+zip", "application/gzip"],
)  # fmt: skip
def test_there_is_a_parser_for_what_we_say_we_read(kind):
    assert parser_for(kind, DEFAULT_PARSERS) is not None


def test_reading_a_text_imports_no_pdf_library(request_):
    program = (
        "import sys; from ingestion.parsers import parse; from ingestion.types import *\n"
        f"parse(ParseRequest({request_.path!r}, 'a.txt', {request_.output!r}), Limits())\n"
        "print(sorted({'pypdfium2', 'docx', 'trafilatura', 'av', 'django'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"
