import json

import pytest

from ingestion.errors import IngestError
from tests.ingestion.parsers.papers import parsed, words


def test_rows_of_a_table_carry_the_names_of_their_columns(tmp_path):
    result = parsed('Bird;Length\n"Heron; grey";90\nEgret;\n', "birds.csv", tmp_path)
    assert [block.text for block in result.blocks] == [
        "Bird | Length",
        "Bird: Heron; grey; Length: 90",
        "Bird: Egret",
    ]
    assert {block.kind for block in result.blocks} == {"table_row"}


def test_a_table_without_names_is_read_as_values(tmp_path):
    result = parsed("1,2\n3,4\n", "numbers.csv", tmp_path)
    assert [block.text for block in result.blocks] == ["1; 2", "3; 4"]


def test_tabs_part_a_tsv_even_if_there_are_commas(tmp_path):
    result = parsed("Name\tPlace\nRoss, Bob\tDelta\n", "a.tsv", tmp_path)
    assert result.blocks[1].text == "Name: Ross, Bob; Place: Delta"


def test_rows_beyond_the_limit_are_said(tmp_path):
    result = parsed("a,b\n" + "1,2\n" * 60_000, "long.csv", tmp_path)
    assert result.notices == ("Only the first 50,000 rows of the table were kept.",)


def test_an_open_quote_does_not_lose_the_file(tmp_path):
    assert "heron" in words(parsed('a,b\nheron,"open\n1,2\n', "x.csv", tmp_path).blocks)


def test_an_object_is_read_member_by_member(tmp_path):
    value = {"name": "Größe", "list": [1, {"a": None}]}
    result = parsed(json.dumps(value), "x.json", tmp_path)
    assert [block.section for block in result.blocks] == ["name", "list"]
    assert result.blocks[0].text == "name: Größe"
    assert '"a": null' in result.blocks[1].text


def test_lone_surrogates_in_json_are_dropped(tmp_path):
    assert parsed('["a\\ud800b\\u0000"]', "x.json", tmp_path).blocks[0].text == "ab"


def test_a_notebook_is_read_cell_by_cell(tmp_path):
    book = {
        "nbformat": 4,
        "cells": [
            {"cell_type": "markdown", "source": ["# Herons\n", "text"]},
            {"cell_type": "code", "source": "x = 1"},
        ],
    }
    blocks = parsed(json.dumps(book), "x.ipynb", tmp_path).blocks
    assert [(b.kind, b.text) for b in blocks] == [
        ("heading", "Herons"),
        ("paragraph", "text"),
        ("code", "x = 1"),
    ]


def test_broken_lines_of_a_jsonl_are_counted(tmp_path):
    result = parsed('{"a": 1}\nbroken\n{"a": 2}', "x.jsonl", tmp_path)
    assert len(result.blocks) == 2
    assert result.notices == ("1 lines are no valid JSON and were left out.",)


@pytest.mark.parametrize("text", ["{", "[" * 200_000, '{"a": ' + "9" * 6000 + "}"])
def test_json_that_cannot_be_read_is_refused_with_a_sentence(tmp_path, text):
    with pytest.raises(IngestError, match=r"x\.json"):
        parsed(text, "x.json", tmp_path)


def test_the_words_of_a_drawing_are_read_and_its_scripts_are_not(tmp_path):
    svg = """<svg xmlns="http://www.w3.org/2000/svg"><title>Wing beat</title>
    <script>alert(1)</script><style>text {fill: red}</style>
    <text x="1">grey <tspan>heron</tspan></text>
    <foreignObject><p>evil</p></foreignObject></svg>"""
    result = parsed(svg, "x.svg", tmp_path)
    assert [block.text for block in result.blocks] == ["Wing beat", "grey heron"]
    assert result.title == "Wing beat"


def test_entities_are_neither_expanded_nor_fetched(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("PRIVATE")
    for entity in (
        f'<!ENTITY x SYSTEM "file://{secret}">',
        '<!ENTITY x "&y;&y;"><!ENTITY y "LAUGH">',
    ):
        xml = f'<?xml version="1.0"?><!DOCTYPE a [{entity}]><a><b>kept &x; words</b></a>'
        text = words(parsed(xml, "x.xml", tmp_path).blocks)
        assert "kept" in text
        assert "words" in text
        assert "PRIVATE" not in text
        assert "LAUGH" not in text


def test_damaged_xml_is_read_as_far_as_it_goes(tmp_path):
    result = parsed("<svg><text>heron</text><x:y/><text>open", "x.svg", tmp_path)
    assert result.blocks[0].text == "heron"
    assert "is damaged" in result.notices[0]
