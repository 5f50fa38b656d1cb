"""What the writer and the reader of vector indexes must agree on."""

M, EF_CONSTRUCTION = 16, 64


def index_name(space_id: int, corpus_id: int) -> str:
    """The name of the HNSW index over one corpus in one space."""
    return f"vector_hnsw_{space_id:x}_{corpus_id:x}"


def index_threshold(exact_scan_limit: int) -> int:
    """Passages from which a corpus gets an index of its own.

    A quarter of what may be scanned: a viewer of several middling corpora passes the limit long
    before any one of them does.
    """
    return max(exact_scan_limit // 4, 1)
