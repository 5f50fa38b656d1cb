"""The four steps: compute() is slow and touches no row, store() is quick and writes.

What a step makes lies in the job's staging folder, under a name that carries the epoch. compute()
notes that name, and what to tell the uploader, on the job it was given; the walk writes them with
the new state, or not at all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from django.conf import settings

from ingestion import hearing, leases, staging
from ingestion.chunking.passages import passages
from ingestion.errors import ChildDiedError, IngestError, TransientError
from ingestion.models import Job
from ingestion.rows import passage_row
from ingestion.sandbox import codec
from ingestion.sandbox.client import sandbox
from ingestion.sources.files import NewFile, keep_file, lock_bytes, register_files
from ingestion.types import Limits, Parsed, ParseRequest, PassageDraft, Sidecar
from search import indexing, picture_index, registry, spaces
from search.beside import words_beside
from search.conf import conf
from search.encoders.picture_signature import Signature
from search.errors import ModelMissingError
from search.material import Material
from search.models import Asset, Document, Passage
from search.picture_index import SignedPicture
from search.store import Store
from search.types import Modality, is_looked_at

PARSED_FILE = "parsed.json"
PROGRESS_EVERY_S = 1.0
SPECIAL_TOKENS = 2
CONTEXT_TOKENS = 46  # left for the title and headings that are encoded with the text
TOKENS_WITHOUT_ENCODER = 208


class Step(Protocol):
    has_rows: bool  # whether store() writes any

    def compute(self, job: Job) -> Any: ...
    def store(self, job: Job, product: Any) -> None: ...


class _Staged:
    """A step whose product waits in the staging folder: there is no row to write."""

    has_rows = False

    def store(self, job: Job, product: None) -> None:
        pass


@dataclass(frozen=True, slots=True)
class ParseProduct:
    """What the child found, and what an archive held."""

    parsed: Parsed
    members: list[NewFile]


@dataclass(frozen=True, slots=True)
class PublishProduct:
    """The rows of one document, ready to insert."""

    assets: list[Asset]
    passages: list[Passage]
    vectors: dict[str, spaces.Encoded]
    signed: dict[int, list[SignedPicture]]
    spoken_in: str  # the language a machine heard, where the document has none


class Parse:
    """RECEIVED → PARSED: the sandboxed child reads the file."""

    has_rows = True

    def compute(self, job: Job) -> ParseProduct:
        name = f"parsed-{job.epoch}"
        folder = staging.fresh_folder(job.pk, name)
        outcome = sandbox().run(
            _request(job, folder), Limits(), on_progress=_progress(job, 0.0, 0.5)
        )
        if outcome.crashed:
            raise ChildDiedError(outcome.error)
        if outcome.parsed is None:
            raise IngestError(outcome.error)
        staging.write(folder / PARSED_FILE, codec.dump(outcome.parsed))
        kept = [keep_file(folder / m.file, m.name) for m in outcome.parsed.members]
        job.staged = {**job.staged, "parsed": name}
        return ParseProduct(outcome.parsed, kept)

    def store(self, job: Job, product: ParseProduct) -> None:
        document, parsed = job.document, product.parsed
        document.title = parsed.title[:500] or document.title
        document.authors = [author[:200] for author in parsed.authors[:500]]
        document.issued = parsed.published[:10]
        document.doi, document.url = parsed.doi[:200], parsed.url[:2000]
        document.licence, document.language = parsed.licence[:200], parsed.language[:10]
        document.media_type = parsed.media_type[:100]
        document.duration_s, document.page_count = parsed.duration_s, len(parsed.pages) or None
        document.save()
        register_files(product.members, corpus=document.corpus, user_id=document.added_by_id)


class Chunk(_Staged):
    """PARSED → CHUNKED: blocks become passages."""

    def compute(self, job: Job) -> None:
        _stage_passages(job, read_parsed(job), f"passages-{job.epoch}.json")


class Encode(_Staged):
    """CHUNKED → ENCODED: speech becomes passages, and passages become vectors.

    Without the weights of a model there are none of it.
    """

    def compute(self, job: Job) -> None:
        folder = staging.folder(job.pk)
        _hear(job, folder)
        drafts = read_drafts(job)
        vectors, signatures = f"vectors-{job.epoch}.npz", f"signatures-{job.epoch}.npz"
        texts = [indexing.text_for_encoder(job.document.title, d.heading, d.text) for d in drafts]
        # What cannot be encoded here is found by words; build_space adds the vectors later.
        product = spaces.encode(text_aliases(), texts, _progress(job, 0.55, 0.65))
        files = _named(job, "parsed")
        materials = _materials(drafts, read_parsed(job), files)
        progress = _progress(job, 0.65, 0.85)
        product |= spaces.encode_media(conf().media_spaces, materials, progress)
        staging.write_vectors(folder / vectors, product)
        signed = sign_drafts(drafts, files, _progress(job, 0.85, 0.95))
        staging.write_signatures(folder / signatures, signed)
        job.staged = {**job.staged, "vectors": vectors, "signatures": signatures}


class Publish:
    """ENCODED → SEARCHABLE: one transaction makes the document findable, whole."""

    has_rows = True

    def compute(self, job: Job) -> PublishProduct:
        parsed, drafts = read_parsed(job), read_drafts(job)
        folder = staging.staged(job.pk, job.staged.get("parsed", ""))
        assets = _assets(job, parsed, folder)
        hashes = {asset.file: asset.row.sha256 for asset in assets}
        document = job.document
        spoken_in = "" if document.language else parsed.language[:10]
        document.language = document.language or spoken_in
        rows = [passage_row(document, draft, n, hashes) for n, draft in enumerate(drafts)]
        vectors = staging.read_vectors(_named(job, "vectors"))
        signed = _signed(drafts, staging.read_signatures(_named(job, "signatures")), assets)
        job.error, job.staged = " ".join((*parsed.notices, *_left_out(vectors))), {}
        return PublishProduct([asset.row for asset in assets], rows, vectors, signed, spoken_in)

    def store(self, job: Job, product: PublishProduct) -> None:
        hashes = {asset.sha256 for asset in product.assets}
        lock_bytes(hashes)
        if not all(Store(Path(settings.MEDIA_ROOT)).has(sha256) for sha256 in hashes):
            raise TransientError("A picture of this file was removed meanwhile with another file.")
        Asset.objects.bulk_create(product.assets)
        if product.spoken_in:
            Document.objects.filter(pk=job.document_id).update(language=product.spoken_in)
        indexing.publish(job.document, product.passages, product.vectors, signed=product.signed)


class _KeptAsset:
    """An asset row with the staged file name that passages know it by."""

    def __init__(self, file: str, row: Asset) -> None:
        self.file, self.row = file, row


def text_encoder():  # type: ignore[no-untyped-def]
    """The encoder of passages, as settings name it."""
    return registry.encoder(settings.MMSEARCH["TEXT_ENCODER"])


def _hear(job: Job, folder: Path) -> None:
    """Stage a recording anew with what is said in it, where the speech model has to write it."""
    parsed = read_parsed(job)
    heard = hearing.with_words(parsed, _named(job, "parsed"), folder, _progress(job, 0.55, 0.75))
    if heard is parsed:
        return
    name = f"heard-{job.epoch}.json"
    staging.write(folder / name, codec.dump(heard))
    job.staged = {**job.staged, "heard": name}
    _stage_passages(job, heard, f"heard-passages-{job.epoch}.json")


def _stage_passages(job: Job, parsed: Parsed, name: str) -> None:
    staging.write_drafts(staging.folder(job.pk) / name, cut(parsed))
    job.staged = {**job.staged, "passages": name}


def cut(parsed: Parsed) -> list[PassageDraft]:
    """The passages of a parsed document, as long as the text encoder reads."""
    count_tokens, capacity = _measure()
    return passages(parsed, count_tokens=count_tokens, capacity=capacity)


def _measure() -> tuple[Callable[[str], int], int]:
    """How passages are measured, and how long one may be, in the encoder's tokens."""
    try:
        encoder = text_encoder()
    except ModelMissingError:
        return _about_tokens, TOKENS_WITHOUT_ENCODER
    return encoder.count_tokens, encoder.max_tokens - SPECIAL_TOKENS - CONTEXT_TOKENS


def _about_tokens(text: str) -> int:
    """English has about four characters a token; enough where no tokenizer is at hand."""
    return (len(text) + 3) // 4


def _is_known_again(draft: PassageDraft) -> bool:
    return picture_index.has_signature(draft.kind, draft.text, draft.page, draft.picture)


def sign_drafts(
    drafts: Sequence[PassageDraft], folder: Path, progress: Callable[[float], object]
) -> dict[str, Signature]:
    """The signature of each picture by which a passage is known again, by its file."""
    files = [
        file
        for draft in drafts
        if _is_known_again(draft)
        for file in (draft.picture, *draft.frames)
    ]
    signatures: dict[str, Signature] = {}
    for place, file in enumerate(dict.fromkeys(files), start=1):
        signature = picture_index.sign_file(folder / file)
        if signature is not None:
            signatures[file] = signature
        progress(place / len(files))
    return signatures


def _signed(
    drafts: Sequence[PassageDraft], signatures: Mapping[str, Signature], assets: list[_KeptAsset]
) -> dict[int, list[SignedPicture]]:
    """By the place of a passage, its pictures with their signatures."""
    kept = {asset.file: asset.row for asset in assets}
    return {
        place: [
            SignedPicture(kept[file].sha256, kept[file].frame_s, signatures[file])
            for file in (draft.picture, *draft.frames)
            if file in signatures and file in kept
        ]
        for place, draft in enumerate(drafts)
        if _is_known_again(draft)
    }


def _materials(drafts: Sequence[PassageDraft], parsed: Parsed, folder: Path) -> list[Material]:
    """What encoders look at and listen to; of most passages with words, nothing."""
    strips = {one.start_s: folder / one.file for one in parsed.media if one.kind == "clip"}
    track = next((folder / one.file for one in parsed.media if one.kind == "track"), None)
    words = words_beside(drafts, [draft for draft in drafts if draft.text])
    return [
        Material(
            Modality(draft.kind),
            folder / draft.picture if draft.picture else None,
            strips.get(draft.start_s),
            track,
            draft.start_s or 0.0,
            draft.end_s or 0.0,
            said,
        )
        if is_looked_at(draft.kind, draft.text, draft.page)
        else Material(Modality(draft.kind))
        for draft, said in zip(drafts, words, strict=True)
    ]


def _named(job: Job, product: str) -> Path:
    return staging.staged(job.pk, job.staged.get(product, ""))


def read_parsed(job: Job) -> Parsed:
    """The document as it was parsed, with what was heard in it since."""
    folder = _named(job, "parsed")
    file = _named(job, "heard") if "heard" in job.staged else folder / PARSED_FILE
    return codec.load(file.read_bytes(), folder)


def read_drafts(job: Job) -> list[PassageDraft]:
    return staging.read_drafts(staging.staged(job.pk, job.staged.get("passages", "")))


def _request(job: Job, folder: Path) -> ParseRequest:
    store = Store(Path(settings.MEDIA_ROOT))
    document = job.document
    sidecars = tuple(Sidecar(s["name"], str(store.path(s["sha256"]))) for s in job.sidecars)
    return ParseRequest(
        path=str(store.path(document.sha256)),
        filename=document.filename,
        output=str(folder),
        media_type=document.media_type,
        sidecars=sidecars,
    )


def _progress(job: Job, begin: float, end: float) -> Callable[[float], None]:
    """Write a step's own progress into the row, as a part of the whole walk; once a second."""
    told = monotonic()

    def tell(fraction: float) -> None:
        nonlocal told
        if monotonic() - told >= PROGRESS_EVERY_S:
            told = monotonic()
            leases.show_progress(job, begin + fraction * (end - begin))

    return tell


def text_aliases() -> list[str]:
    """The encoders that read every document."""
    return [alias for alias in (conf().text_encoder, *conf().spaces) if alias]


def _left_out(vectors: Mapping[str, spaces.Encoded]) -> list[str]:
    """A sentence for each further encoder that was not to be had."""
    return [
        f"The encoder {alias!r} is not on this machine and did not read the document; the command "
        f"build_space {alias} adds what is missing."
        for alias in (*conf().spaces, *conf().media_spaces)
        if alias not in vectors
    ]


def _assets(job: Job, parsed: Parsed, folder: Path) -> list[_KeptAsset]:
    """Pictures and frames, kept in the store, with the rows that will name them."""
    kept = []
    for page in parsed.pages:
        if page.image:
            place = {"page": page.number, "page_label": page.label[:100]}
            size = {"width": page.width, "height": page.height}
            kept.append(_keep(job, Asset.Kind.PAGE, folder / page.image, **place, **size))
    for media in parsed.media:
        fields = asdict(media)
        for name in ("kind", "file", "box"):
            fields.pop(name)
        if media.kind == Asset.Kind.TRACK:
            fields["media_type"] = "audio/ogg"
        kept.append(_keep(job, Asset.Kind(media.kind), folder / media.file, **fields))
    return kept


def _keep(job: Job, kind: str, path: Path, **fields: object) -> _KeptAsset:
    sha256, size = Store(Path(settings.MEDIA_ROOT)).add_file(path)
    row = Asset(document_id=job.document_id, kind=kind, sha256=sha256, size=size, **fields)
    return _KeptAsset(path.name, row)
