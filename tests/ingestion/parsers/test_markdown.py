from tests.ingestion.parsers.papers import parsed

PAGE = """---
title: Herons of the delta
author: [Ada Lovelace, Bob Ross]
date: 2021-06-15
---
Setext title
============

Some *emphasised* text with a [link](https://evil.example/?q=1) and ![a heron](https://evil.example/p.png).

## Habits

- stands still
- strikes

1. first

| Bird | Length |
|------|--------|
| Grey heron | 90 cm |
| Egret | |

```python
def wade():
    return "slowly"
```

<b onclick="x()">bold words</b>
"""


def test_each_part_of_a_page_becomes_a_block_of_its_kind(tmp_path):
    blocks = parsed(PAGE, "page.md", tmp_path).blocks
    assert [(block.kind, block.level, block.text) for block in blocks] == [
        ("heading", 1, "Setext title"),
        ("paragraph", 0, "Some emphasised text with a link and a heron."),
        ("heading", 2, "Habits"),
        ("list", 0, "stands still"),
        ("list", 0, "strikes"),
        ("list", 0, "first"),
        ("table_row", 0, "Bird | Length"),
        ("table_row", 0, "Bird: Grey heron; Length: 90 cm"),
        ("table_row", 0, "Bird: Egret"),
        ("code", 0, 'def wade():\n    return "slowly"'),
        ("paragraph", 0, "bold words"),
    ]


def test_the_front_matter_names_title_authors_and_date(tmp_path):
    result = parsed(PAGE, "page.md", tmp_path)
    assert result.title == "Herons of the delta"
    assert result.authors == ("Ada Lovelace", "Bob Ross")
    assert result.published == "2021-06-15"


def test_without_front_matter_the_highest_heading_is_the_title(tmp_path):
    assert parsed("## Part\n\n# The whole\n\ntext", "x.md", tmp_path).title == "The whole"
    assert parsed("only words", "my_notes.md", tmp_path).title == "my notes"


def test_no_address_of_a_picture_or_link_survives(tmp_path):
    text = "![x][1] and [y][1]\n\n[1]: https://evil.example/leak"
    assert "evil" not in "".join(b.text for b in parsed(text, "x.md", tmp_path).blocks)


def test_front_matter_that_bombs_is_plain_text(tmp_path):
    bomb = "---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\ntext"
    assert parsed(bomb, "x.md", tmp_path).title == "x"


def test_deeply_nested_quotes_do_no_harm(tmp_path):
    assert parsed(">" * 5000 + " deep", "x.md", tmp_path).blocks
