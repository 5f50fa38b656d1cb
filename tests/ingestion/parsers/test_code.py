from hypothesis import given
from hypothesis import strategies as st

from ingestion.parsers.code import _cut, _defined_symbols
from tests.ingestion.parsers.papers import parsed

PYTHON = '''"""Birds."""
import os


@cache
def wade(speed):
    # slowly
    return speed


class Heron:
    """Stands still."""

    def strike(self):
        return "fish"
'''
SCRIPT = """// counts birds
import x from "y";

/** How many. */
export async function count(list) {
  if (list) { return list.length; }
}

class Flock {
  constructor(size) {
    this.size = size;
  }
}
const land = (where) => where;
"""


def sections(text, name, folder):
    return {block.section: block.text for block in parsed(text, name, folder).blocks}


def test_python_is_cut_at_functions_classes_and_methods(tmp_path):
    found = sections(PYTHON, "birds.py", tmp_path)
    assert list(found) == ["", "wade", "Heron", "Heron.strike"]
    assert found["wade"] == "@cache\ndef wade(speed):\n    # slowly\n    return speed"
    assert found["Heron.strike"].startswith("    def strike(self):")


def test_other_languages_are_cut_at_definitions_with_their_comments(tmp_path):
    found = sections(SCRIPT, "birds.js", tmp_path)
    assert list(found) == ["", "count", "Flock", "Flock.constructor", "land"]
    assert found["count"].startswith("/** How many. */\nexport async function count")


def test_python_that_does_not_parse_is_still_cut(tmp_path):
    assert "wade" in sections("def wade(:\n    pass\n", "x.py", tmp_path)


def test_definitions_of_many_languages_are_found(tmp_path):
    for name, text, symbol in (
        ("a.go", "package main\n\nfunc (h *Heron) Wade(n int) error {\n}\n", "Wade"),
        ("a.rs", "pub fn wade(speed: u8) -> u8 {\n    speed\n}\n", "wade"),
        ("a.java", "public class Heron {\n  public void wade(int n) {\n  }\n}\n", "Heron.wade"),
        ("a.c", "static int wade(int n)\n{\n}\nint strike(char *x) {\n  return 0;\n}\n", "strike"),
        ("a.rb", "class Heron\n  def wade\n  end\nend\n", "Heron.wade"),
        ("a.sql", "CREATE TABLE birds (\n  id int\n);\n", "birds"),
    ):
        assert symbol in sections(text, name, tmp_path), name


def test_the_blocks_together_are_the_file(tmp_path):
    blocks = parsed(SCRIPT, "x.js", tmp_path).blocks
    kept = [line for block in blocks for line in block.text.split("\n") if line.strip()]
    assert kept == [line.rstrip() for line in SCRIPT.split("\n") if line.strip()]


@given(st.text(st.sampled_from("ab(){}=> \n\tclass def fn"), max_size=300))
def test_any_text_can_be_cut_without_losing_a_line(text):
    blocks = list(_cut(text, _defined_symbols(text)))
    kept = [line for block in blocks for line in block.text.split("\n") if line.strip()]
    assert kept == [line.rstrip() for line in text.split("\n") if line.strip()]


def test_a_line_of_many_brackets_takes_no_time(tmp_path):
    assert parsed("x(" * 100_000, "minified.js", tmp_path).blocks
    assert parsed("a b c d e f g " * 70 + "(", "x.c", tmp_path).blocks
