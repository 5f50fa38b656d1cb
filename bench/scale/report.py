"""The figures as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

STAGES = ("encode", "lexical", "dense", "fuse", "hydrate", "facets")
Figures = Mapping[str, Any]


def markdown(figures: Figures) -> str:
    parts = ["; ".join(f"{name} {value}" for name, value in figures["conditions"].items())]
    parts.append("Milliseconds are wall clock, p50 / p95.")
    sizes = figures["sizes"]
    parts += [_section("Product", product_rows(sizes)), _section("Loading", loading_rows(sizes))]
    parts += [_section("Beside other libraries", peer_rows(sizes))]
    parts += [_section("Growth", growth_rows(sizes))]
    parts += [_section("Quality", quality_rows(figures["collections"]))]
    return "\n\n".join(part for part in parts if part)


def product_rows(sizes: Figures) -> Iterator[Sequence[object]]:
    """By size, share and number of clients."""
    yield (
        *("passages", "visible", "clients", *STAGES, "whole", "questions/s"),
        *("recall@10", "from bm25s", "degraded"),
    )
    for size, found in sizes.items():
        if "error" in found["product"]:
            yield _count(size), found["product"]["error"]
        for row in found["product"].get("rows", ()):
            stages = (_pair(row["stages"][stage]) for stage in STAGES)
            yield (
                _count(size),
                f"{row['share']:.1%}",
                row["clients"],
                *stages,
                _pair(row["whole"]),
                row["per_second"],
                f"{row['recall']:.3f}",
                f"{row['bm25_difference']:.0e}",
                sum(row["degraded"].values()),
            )


def loading_rows(sizes: Figures) -> Iterator[Sequence[object]]:
    yield "passages", "publish s", "index s", "encoder alone", "load", "bytes a passage"
    for size, found in sizes.items():
        one = found["product"]
        if "rows" not in one:
            continue
        encoder = ", ".join(f"{n}: {_pair(took)}" for n, took in one["encoder"].items())
        weights = ", ".join(f"{name} {n / int(size):.0f}" for name, n in one["bytes"].items())
        loading = one["loading"]
        yield (
            _count(size),
            loading.get("publish_s", "–"),
            loading.get("index_s", "–"),
            encoder,
            one["load_average"],
            weights,
        )


def peer_rows(sizes: Figures) -> Iterator[Sequence[object]]:
    """Each library beside the part of the product that it could replace."""
    yield (
        *("passages", "library", "beside", "visible", "clients", "library ms", "product ms"),
        *("product / library", "recall@10", "built s", "load"),
    )
    for size, found in sizes.items():
        own = {(row["share"], row["clients"]): row for row in found["product"].get("rows", ())}
        for name, peer in found["peers"].items():
            if "error" in peer:
                yield _count(size), name, peer["error"]
            for row in peer.get("rows", ()):
                mine = _beside(own.get((row["share"], row["clients"])), peer["against"])
                yield (
                    _count(size),
                    f"{name} {peer['version']}",
                    peer["against"],
                    f"{row['share']:.1%}",
                    row["clients"],
                    _pair(row),
                    _pair(mine) if mine else "–",
                    _ratio(mine, row),
                    "–" if peer["recall"] is None else f"{peer['recall']:.3f}",
                    peer["built_s"],
                    peer["load_average"],
                )


def growth_rows(sizes: Figures) -> Iterator[Sequence[object]]:
    """p95 of a whole search at one size over that at the size before."""
    yield "from", "to", "visible", "clients", "p95", "ratio"
    known = [(size, found["product"]["rows"]) for size, found in sizes.items() if _rows(found)]
    for (before, first), (after, second) in pairwise(known):
        earlier = {(row["share"], row["clients"]): row["whole"]["p95"] for row in first}
        for row in second:
            p95 = earlier.get((row["share"], row["clients"]))
            if p95:
                now = row["whole"]["p95"]
                yield (
                    *(_count(before), _count(after), f"{row['share']:.1%}", row["clients"]),
                    *(f"{p95:.0f} → {now:.0f}", f"{now / p95:.2f}"),
                )


def quality_rows(collections: Figures) -> Iterator[Sequence[object]]:
    yield "collection", "", "nDCG@10", "clients", "ms", "product / library", "recall@10"
    for name, found in collections.items():
        own = found["product"]
        took = {row["clients"]: row for row in own.get("rows", ())}
        for library, one in (("product", own), *found["peers"].items()):
            if "error" in one:
                yield name, library, one["error"]
            for row in one.get("rows", ()):
                if row["share"] == 1:
                    recall = one.get("recall")
                    whole = library == "product" or one["against"] == "whole"
                    yield (
                        *(name, library, f"{one['ndcg']:.4f}", row["clients"], _pair(row)),
                        _ratio(took.get(row["clients"]), row) if whole else "–",
                        "–" if recall is None else f"{recall:.3f}",
                    )


def _rows(found: Figures) -> bool:
    return bool(found["product"].get("rows"))


def _beside(row: Figures | None, part: str) -> Figures | None:
    if row is None:
        return None
    return row["whole"] if part == "whole" else row["stages"][part]


def _ratio(mine: Figures | None, theirs: Figures) -> str:
    if mine is None:
        return "–"
    return " / ".join(f"{mine[p] / max(theirs[p], 1e-3):.2f}" for p in ("p50", "p95"))


def _pair(took: Figures) -> str:
    return f"{took['p50']:.1f} / {took['p95']:.1f}"


def _count(size: object) -> str:
    return f"{int(str(size)):,}"


def _section(title: str, rows: Iterator[Sequence[object]]) -> str:
    """A heading and a table; nothing without rows. A short row ends in a sentence."""
    head, *body = [[str(cell) for cell in row] for row in rows]
    if not body:
        return ""
    lines = [head, ["---"] * len(head)]
    lines += [row + [""] * (len(head) - len(row)) for row in body]
    return f"## {title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)
