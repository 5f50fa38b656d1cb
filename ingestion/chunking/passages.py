"""Blocks and media in, passages out: each with its exact characters, boxes and seconds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ingestion.chunking.anchors import clipped, merged_boxes, shifted
from ingestion.chunking.cues import cue_groups
from ingestion.chunking.parts import as_figure, as_rows, figure_of
from ingestion.chunking.seen import seen_passages, shown_at
from ingestion.chunking.sentences import CountTokens, spans
from ingestion.types import Block, Page, Parsed, PassageDraft
from search.types import Anchor, Modality, View

GAP = "\n\n"  # between two blocks
_ROW_GAP = "\n"  # between two rows of a table, two lines of a picture, two cues
_SINGLE = {"record"}  # each block a passage of its own
_CLOSE = {"table_row", "ocr", "cue", "code", "list", "label"}
_VIEW_NAMES = {"ocr": "ocr", "cue": "transcript", "caption": "caption"}


@dataclass(frozen=True, slots=True)
class Placed:
    """A block with the character of the document's text at which it begins."""

    block: Block
    offset: int
    heading: str


def passages(parsed: Parsed, *, count_tokens: CountTokens, capacity: int) -> list[PassageDraft]:
    """Cut a parsed document into passages of at most ``capacity`` tokens, in reading order.

    The document's text is its blocks joined by a blank line; ``chars`` counts in it. No passage
    crosses a page, a heading or a change of kind; a figure or table is one of its own. Behind them
    stands what is seen and heard.
    """
    drafts: list[PassageDraft] = []
    for placed in _runs(_placed(parsed.blocks)):
        drafts += _cut(placed, parsed, count_tokens, capacity)
    drafts += seen_passages(parsed)
    if drafts:
        return drafts
    return [_wordless(parsed)] if parsed.media or parsed.pages or parsed.duration_s else []


def document_text(blocks: Iterable[Block]) -> str:
    """The text in which ``PassageDraft.chars`` counts."""
    return GAP.join(block.text for block in blocks)


def _placed(blocks: Sequence[Block]) -> list[Placed]:
    """Blocks with offset and the headings above; a heading with text under it stays context."""
    placed: list[Placed] = []
    path: list[Block] = []
    offset = 0
    for number, block in enumerate(blocks):
        if block.kind == "heading":
            path = [*(h for h in path if h.level < block.level), block]
            if _is_alone(blocks, number):
                placed.append(Placed(block, offset, _joined(path[:-1])))
        elif block.text.strip():
            placed.append(Placed(block, offset, _context(path, block)))
        offset += len(block.text) + len(GAP)
    return placed


def _is_alone(blocks: Sequence[Block], number: int) -> bool:
    """A heading with nothing under it before the next one, or the next page."""
    if number + 1 == len(blocks):
        return True
    after = blocks[number + 1]
    return after.page != blocks[number].page or (
        after.kind == "heading" and after.level <= blocks[number].level
    )


def _context(path: Sequence[Block], block: Block) -> str:
    heading = _joined(path)
    if block.section and block.section not in heading:
        return f"{heading} › {block.section}" if heading else block.section
    return heading


def _joined(path: Sequence[Block]) -> str:
    return " › ".join(" ".join(h.text.split()) for h in path)


def _runs(placed: Sequence[Placed]) -> Iterator[list[Placed]]:
    """Blocks that may share a passage: one page, one heading, one family; cues by pauses."""
    for _, group in groupby(placed, key=_family):
        run = list(group)
        if run[0].block.kind == "cue":
            by_block = {id(p.block): p for p in run}
            for cues in cue_groups([p.block for p in run]):
                yield [by_block[id(cue)] for cue in cues]
        elif run[0].block.kind in _SINGLE:
            yield from ([p] for p in run)
        else:
            yield run


def _family(placed: Placed) -> tuple[object, ...]:
    block = placed.block
    kind = block.kind if block.kind in _CLOSE | _SINGLE and block.kind != "list" else "prose"
    kind = block.part or kind
    moment = (block.start_s, block.end_s) if kind == "ocr" else None
    return (block.page, placed.heading, kind, block.origin, moment)


def _cut(
    run: Sequence[Placed], parsed: Parsed, count_tokens: CountTokens, capacity: int
) -> Iterator[PassageDraft]:
    text, anchors, starts = _joined_text(run)
    first = run[0]
    whole = _draft_of(first, parsed)
    figure = figure_of(parsed, first.block)
    for start, end in spans(text, count_tokens=count_tokens, capacity=capacity):
        piece = clipped(anchors, start, end)
        boxes = merged_boxes([a.box for a in piece if a.box])
        begin, until = _time(piece, first.block)
        draft = replace(
            whole,
            text=text[start:end],
            anchors=piece,
            boxes=boxes,
            start_s=begin,
            end_s=until,
            chars=(_in_document(starts, start), _in_document(starts, end)),
            views=(View(_view_name(first.block), first.block.origin, 0, end - start),),
            picture=_picture(parsed, first.block.page, begin),
        )
        if figure and not start:  # what is left of a long caption is text
            draft = as_figure(draft, figure)
        if first.block.part and not figure:
            draft = as_rows(draft, first.block.text if start else "")
        yield draft


def _joined_text(run: Sequence[Placed]) -> tuple[str, list[Anchor], list[tuple[int, int]]]:
    """The run's text, its anchors, and (offset in it, offset in the document) of each block."""
    text, anchors, starts = "", [], []
    for number, placed in enumerate(run):
        if number:
            text += _ROW_GAP if _are_close(run[number - 1].block, placed.block) else GAP
        starts.append((len(text), placed.offset))
        anchors += shifted(placed.block.anchors, len(text))
        text += placed.block.text
    return text, anchors, starts


def _are_close(above: Block, below: Block) -> bool:
    """Whether two blocks are rows, lines or cues of one thing; a table's caption is its first."""
    if above.part:
        return True  # a run holds one part
    return below.kind in _CLOSE and above.kind == below.kind


def _in_document(starts: Sequence[tuple[int, int]], position: int) -> int:
    here, there = max((s for s in starts if s[0] <= position), key=lambda s: s[0])
    return there + position - here


def _draft_of(placed: Placed, parsed: Parsed) -> PassageDraft:
    block = placed.block
    page = _page(parsed, block.page)
    return PassageDraft(
        kind=_kind(block, parsed),
        text="",
        heading=placed.heading,
        page=block.page,
        page_label=page.label if page else "",
    )


def _kind(block: Block, parsed: Parsed) -> str:
    family = parsed.media_type.partition("/")[0]
    if family in {"image", "video", "audio"} and not (family == "image" and parsed.pages):
        return str(Modality(family))
    if block.kind == "cue" and block.start_s is not None:
        return str(Modality.TEXT)
    return str(Modality.PAGE if block.kind == "ocr" else Modality.TEXT)


def _view_name(block: Block) -> str:
    return _VIEW_NAMES.get(block.kind, "text")


def _time(anchors: Sequence[Anchor], block: Block) -> tuple[float | None, float | None]:
    timed = [a for a in anchors if a.start_s is not None and a.end_s is not None]
    if not timed:
        return block.start_s, block.end_s
    return min(a.start_s or 0.0 for a in timed), max(a.end_s or 0.0 for a in timed)


def _page(parsed: Parsed, number: int | None) -> Page | None:
    return next((page for page in parsed.pages if page.number == number), None)


def _picture(parsed: Parsed, page: int | None, start_s: float | None) -> str:
    """The page, the shot on screen at that second, or the picture itself."""
    if page is not None:
        found = _page(parsed, page)
        return found.image if found else ""
    shown = shown_at(parsed.media, start_s)
    return shown.file if shown else ""


def _wordless(parsed: Parsed) -> PassageDraft:
    """A picture, a silent clip, a sound: found by its title until encoders see and hear it."""
    kind = parsed.media_type.partition("/")[0]
    page = parsed.pages[0] if parsed.pages else None
    shown = shown_at(parsed.media, None)
    return PassageDraft(
        kind=kind if kind in {"image", "video", "audio"} else str(Modality.PAGE),
        text="",
        start_s=0.0 if parsed.duration_s else None,
        end_s=parsed.duration_s,
        picture=(page.image if page else "") or (shown.file if shown else ""),
        page=page.number if page else None,
    )
