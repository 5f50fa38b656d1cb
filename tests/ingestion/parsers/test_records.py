import json

import pytest

from ingestion.errors import IngestError
from tests.ingestion.parsers.papers import parsed

BIB = r"""
@article{gal2009, author = {Gal, Andreas and Eich, Brendan}, year = 2009,
  title = {Trace-based {Just-in-Time} Type Specialization}, journal = "PLDI",
  doi = {https://doi.org/10.1145/1542476.1542528}, abstract = {Dynamic languages.}}
@book{godel, author = {Kurt G{\"o}del}, title = {{\"U}ber Sätze},
  publisher = {Verlag}, year = {1931}}
@article{broken, title = {no end
"""


def test_each_bibtex_entry_becomes_one_readable_record(tmp_path):
    result = parsed(BIB, "refs.bib", tmp_path)
    first, second = result.blocks
    assert first.text == (
        "Andreas Gal; Brendan Eich (2009). Trace-based Just-in-Time Type Specialization. PLDI. "
        "doi:10.1145/1542476.1542528\nDynamic languages."
    )
    assert (first.kind, first.section) == ("record", "gal2009")
    assert second.text == "Kurt Gödel (1931). Über Sätze. Verlag"
    assert result.notices == ("1 records are broken and were left out.",)
    assert result.title == "refs"


def test_csl_json_is_read(tmp_path):
    items = [
        {
            "id": "x",
            "type": "article-journal",
            "title": "Herons",
            "author": [{"given": "Ada", "family": "Lovelace"}, {"literal": "The Society"}],
            "issued": {"date-parts": [[2020, 5]]},
            "container-title": "Birds",
            "DOI": "10.1000/xyz123",
        },
        "no reference",
    ]
    result = parsed(json.dumps(items), "refs.json", tmp_path)
    [block] = result.blocks
    assert block.text == "Ada Lovelace; The Society (2020). Herons. Birds. doi:10.1000/xyz123"
    assert result.notices == ("An entry that is no reference was left out.",)


def test_ris_is_read_even_if_its_last_record_has_no_end(tmp_path):
    text = (
        "TY  - JOUR\nAU  - Lovelace, Ada\nAU  - Ross, Bob\nPY  - 2020/05/01\n"
        "TI  - Herons of\n  the delta\nJO  - Birds\nKW  - wading\nER  - \n"
        "TY  - BOOK\nTI  - Second\n"
    )
    result = parsed(text, "refs.ris", tmp_path)
    assert [block.text for block in result.blocks] == [
        "Ada Lovelace; Bob Ross (2020). Herons of the delta. Birds\nKeywords: wading",
        "Second",
    ]
    assert "no end" in result.notices[0]


def test_a_list_without_a_record_is_refused(tmp_path):
    with pytest.raises(IngestError, match=r"refs\.bib holds no reference"):
        parsed("@string{a = {b}}", "refs.bib", tmp_path)
