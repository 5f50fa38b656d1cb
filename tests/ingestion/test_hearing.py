"""Recordings without subtitles, from a user's setting to the cited second; tiny random models."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from django.core.management import CommandError, call_command
from django.test import Client

from ingestion import hearing, transcripts
from ingestion.errors import PausedError
from ingestion.models import Job, State
from ingestion.services import IncomingFile, accept_files, remove_documents, work_off
from ingestion.walk import QUEUES, take_steps
from mmsearch_site.health import Check, run_checks
from mmsearch_site.plugins import transcribers
from search import pipeline, registry, services
from search.answers.citations import how_read
from search.checks import check_settings
from search.models import Asset, Corpus, Document, Passage, Vector
from search.transcribers import miniatures
from search.types import Query, Viewer
from tests.ingestion.media.clips import RED, spans, write_sound, write_video
from tests.search.library import with_hashing

pytestmark = pytest.mark.django_db(transaction=True)
VIEWER = Viewer(unrestricted=True)
SRT = "1\n00:00:00,500 --> 00:00:01,500\nThe keeper climbs the stairs.\n"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("speech")
    return {kind: miniatures.save(kind, home / kind) for kind in ("whisper", "wav2vec2")}


def hears(settings: Any, checkpoint: str | Path) -> None:
    """settings.MMSEARCH as MMSEARCH_SPEECH_MODEL makes it, with an encoder without weights."""
    entries = transcribers(checkpoint=str(checkpoint), language="", device="cpu")
    settings.MMSEARCH = with_hashing(TRANSCRIBERS=entries, TRANSCRIBER=next(iter(entries), ""))


@pytest.fixture(params=["whisper", "wav2vec2"])
def model(request: pytest.FixtureRequest, settings: Any, models: dict[str, Path]) -> str:
    hears(settings, models[request.param])
    return request.param


def put(corpus: Corpus, *paths: Path) -> Document:
    """Hand in a recording, with what lies beside it, and walk it to its end."""
    files = [IncomingFile(path.name, path) for path in paths]
    accepted = accept_files(files, corpus=corpus, user_id=None)
    work_off([one.job.pk for one in accepted], threads=1)
    document = accepted[0].document
    document.refresh_from_db()
    return document


def talk(folder: Path, name: str = "talk.wav") -> Path:
    return write_sound(folder / name, [(2, 0.4), (1, 0.0), (3, 0.6)])


def film(folder: Path) -> Path:
    return write_video(folder / "film.mkv", spans((6, RED)), tone_s=6.0)


def said(document: Document) -> list[Passage]:
    return list(document.passages.exclude(text="").order_by("ordinal"))


def checked(name: str) -> Check:
    return next(check for check in run_checks() if check.name == name)


@pytest.mark.parametrize("make", [talk, film], ids=["sound", "video"])
def test_what_is_said_is_found_by_its_words_and_opens_at_its_second(
    model: str, make: Any, public_corpus: Corpus, tmp_path: Path, client: Client
) -> None:
    document = put(public_corpus, make(tmp_path))
    assert document.job.state == State.SEARCHABLE
    assert document.job.error == ""

    passages = said(document)
    assert passages
    for passage in passages:
        assert 0 <= passage.start_s < passage.end_s <= document.duration_s + 0.1
        assert passage.views[0][:2] == ["transcript", "derived"]
        assert passage.kind == document.media_type.partition("/")[0]
    assert Vector.objects.filter(passage__in=passages).count() == len(passages)

    word = max(re.findall(r"[a-z]+", passages[0].text), key=len)
    found = pipeline.find(Query(text=word, corpora=services.visible_corpora(VIEWER)))
    best = found.candidates[0]
    assert best.source.filename == document.filename
    assert best.passage_id in {passage.pk for passage in passages}
    assert how_read(best, 0, len(word)) == "transcribed by a machine"

    page = client.get(f"/documents/{document.pk}/?passage={passages[0].pk}").content.decode()
    assert f"#t={passages[0].start_s:.2f}" in page
    assert f"written down by {model}; it may be wrong" in page


def test_the_words_of_a_video_show_the_frame_at_their_second(
    settings: Any, models: dict[str, Path], public_corpus: Corpus, tmp_path: Path
) -> None:
    hears(settings, models["whisper"])
    document = put(public_corpus, film(tmp_path))
    assert {passage.picture for passage in said(document)} <= set(
        document.assets.filter(kind="shot").values_list("sha256", flat=True)
    )
    assert said(document)[0].picture
    assert document.language in miniatures.LANGUAGES
    assert {passage.language for passage in said(document)} == {document.language}


def test_subtitles_win(model: str, public_corpus: Corpus, tmp_path: Path, client: Client) -> None:
    sidecar = tmp_path / "talk.srt"
    sidecar.write_text(SRT)
    document = put(public_corpus, talk(tmp_path), sidecar)
    (passage,) = said(document)
    assert passage.text == "The keeper climbs the stairs."
    assert passage.views[0][1] == "source"
    assert "may be wrong" not in client.get(f"/documents/{document.pk}/").content.decode()
    for again in (False, True):
        assert not transcripts.unheard(public_corpus, fingerprint="other", again=again).exists()


def test_silence_gives_no_words_and_is_listened_to_once(
    model: str, public_corpus: Corpus, tmp_path: Path
) -> None:
    document = put(public_corpus, write_sound(tmp_path / "still.wav", [(3, 0.0)]))
    assert document.job.state == State.SEARCHABLE
    assert said(document) == []
    assert transcribed("--json")["documents"] == []


def test_a_model_that_is_not_here_costs_the_words_alone_and_is_named(
    settings: Any, models: dict[str, Path], public_corpus: Corpus, tmp_path: Path
) -> None:
    hears(settings, "/no-such-folder/whisper-small")
    document = put(public_corpus, talk(tmp_path))
    assert document.job.state == State.SEARCHABLE
    assert "'whisper-small' is not on this machine" in document.job.error
    assert "manage.py transcribe" in document.job.error
    assert "/no-such-folder" not in document.job.error
    assert said(document) == []

    check = checked("speech recognition")
    assert not check.ok
    assert "/no-such-folder/whisper-small" in check.detail
    assert "Subtitles beside a recording" in check.detail
    assert "manage.py model fetch" in check.remedy
    assert "manage.py transcribe" in check.remedy
    assert "speech recognition" in checked("degraded").detail
    assert [one.obj for one in check_settings() if one.id == "search.W001"] == ["speech"]
    with pytest.raises(CommandError, match="no-such-folder") as refused:
        call_command("transcribe")
    assert refused.value.returncode == 1

    hears(settings, models["whisper"])
    assert transcribed("--json")["added"] == len(said(document)) > 0
    document.job.refresh_from_db()
    assert document.job.error == ""
    assert checked("speech recognition").ok


def test_without_a_setting_nothing_is_said_to_be_lacking_but_by_the_doctor(
    settings: Any, public_corpus: Corpus, tmp_path: Path, client: Client
) -> None:
    hears(settings, "")
    document = put(public_corpus, talk(tmp_path))
    assert (document.job.state, document.job.error) == (State.SEARCHABLE, "")
    assert "MMSEARCH_SPEECH_MODEL" in checked("speech recognition").remedy
    page = client.get(f"/documents/{document.pk}/").content.decode()
    assert "let a speech model write it" in page
    with pytest.raises(CommandError, match="MMSEARCH_SPEECH_MODEL"):
        call_command("transcribe")


def test_a_folder_that_holds_no_speech_model_is_said_and_does_not_stop_the_walk(
    settings: Any, models: dict[str, Path], public_corpus: Corpus, tmp_path: Path
) -> None:
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "config.json").write_text('{"model_type": "bert"}')
    (odd / "model.safetensors").write_bytes(b"")
    hears(settings, odd)
    document = put(public_corpus, talk(tmp_path))
    assert document.job.state == State.SEARCHABLE
    assert "the speech model 'odd' failed" in document.job.error


def transcribed(*options: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("transcribe", *options, stdout=out)
    return json.loads(out.getvalue())


def test_recordings_that_came_before_the_model_are_heard_by_a_command(
    settings: Any, models: dict[str, Path], public_corpus: Corpus, tmp_path: Path, client: Client
) -> None:
    hears(settings, "")
    document = put(public_corpus, film(tmp_path))
    before = set(document.passages.values_list("pk", flat=True))
    generation = Corpus.objects.get(pk=public_corpus.pk).generation

    hears(settings, models["whisper"])
    body = transcribed("--json", "--corpus", public_corpus.slug)
    assert [row["id"] for row in body["documents"]] == [str(document.pk)]
    assert (body["added"], body["failed"]) == (len(said(document)), 0)
    assert body["added"] > 0
    assert before < set(document.passages.values_list("pk", flat=True))
    ordinals = list(document.passages.order_by("ordinal").values_list("ordinal", flat=True))
    assert len(set(ordinals)) == len(ordinals)
    corpus = Corpus.objects.get(pk=public_corpus.pk)
    assert corpus.generation > generation
    assert corpus.passage_count == document.passages.count()
    first = said(document)[0]
    assert Vector.objects.filter(passage=first).count() == 1
    assert first.picture
    word = max(re.findall(r"[a-z]+", first.text), key=len)
    found = pipeline.find(Query(text=word, corpora=services.visible_corpora(VIEWER)))
    assert found.candidates[0].source.filename == "film.mkv"
    page = client.get(f"/documents/{document.pk}/?passage={first.pk}").content.decode()
    assert "written down by whisper" in page

    assert transcribed("--json")["documents"] == []


def test_another_model_writes_anew_what_a_machine_wrote_if_it_is_asked_to(
    settings: Any, models: dict[str, Path], public_corpus: Corpus, tmp_path: Path
) -> None:
    hears(settings, models["whisper"])
    document = put(public_corpus, talk(tmp_path))
    old = said(document)
    hears(settings, models["wav2vec2"])
    assert transcribed("--json")["documents"] == []
    assert transcribed("--json", "--again")["added"] == len(said(document))
    assert not {one.pk for one in old} & {one.pk for one in said(document)}
    assert document.assets.get(kind="track").caption.startswith("wav2vec2:")
    corpus = Corpus.objects.get(pk=public_corpus.pk)
    assert corpus.passage_count == document.passages.count()
    assert document.passages.filter(text="").exists()


def test_an_unknown_corpus_is_a_wrong_call(model: str, public_corpus: Corpus) -> None:
    with pytest.raises(CommandError, match="'nowhere'") as refused:
        call_command("transcribe", "--corpus", "nowhere")
    assert refused.value.returncode == 2


def test_a_recording_whose_track_is_gone_is_named_and_the_others_are_heard(
    settings: Any, models: dict[str, Path], public_corpus: Corpus, tmp_path: Path
) -> None:
    hears(settings, "")
    lost, kept = put(public_corpus, talk(tmp_path)), put(public_corpus, film(tmp_path))
    Asset.objects.filter(document=lost, kind="track").update(sha256="0" * 64)
    hears(settings, models["whisper"])
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("transcribe", "--json", stdout=out)
    rows = {row["id"]: row for row in json.loads(out.getvalue())["documents"]}
    assert ended.value.code == 1
    assert rows[str(lost.pk)]["error"]
    assert rows[str(kept.pk)]["passages"] == len(said(kept)) > 0


def test_a_transcript_goes_on_where_a_dead_worker_left_it(
    settings: Any, models: dict[str, Path], public_corpus: Corpus, tmp_path: Path, monkeypatch: Any
) -> None:
    hears(settings, models["whisper"])
    monkeypatch.setattr(hearing.portions, "__defaults__", None)
    monkeypatch.setattr(hearing.portions, "__kwdefaults__", {"begin_s": 0.0, "longest_s": 2.0})
    files = [IncomingFile("talk.wav", talk(tmp_path))]
    job = accept_files(files, corpus=public_corpus, user_id=None)[0].job
    model = registry.transcriber("speech")
    hear, heard = model.transcribe, []

    def dying(sounds, *, language=""):
        if len(heard) == 1:
            heard.append(None)
            raise PausedError("The worker makes way.")
        heard.append(sum(sound.seconds for sound in sounds))
        return hear(sounds, language=language)

    monkeypatch.setattr(model, "transcribe", dying)
    with pytest.raises(PausedError):
        take_steps(job.pk, queues=QUEUES)
    job.refresh_from_db()
    assert (job.tries, job.failed_at, job.holder) == (0, None, "")
    work_off([job.pk], threads=1)
    seconds = [one for one in heard if one]
    assert sum(seconds) == pytest.approx(6.0, abs=0.1)  # nothing was heard twice
    assert len(seconds) >= 3
    assert said(job.document)


def test_a_long_recording_makes_way_for_others_and_is_heard_to_its_end(
    settings: Any, models: dict[str, Path], public_corpus: Corpus, tmp_path: Path, monkeypatch: Any
) -> None:
    hears(settings, models["wav2vec2"])
    monkeypatch.setattr(hearing.portions, "__kwdefaults__", {"begin_s": 0.0, "longest_s": 2.0})
    ticks = iter(range(0, 10**9, 1500))  # each portion takes 1,500 s of a task's 3,600
    monkeypatch.setattr(hearing, "monotonic", lambda: next(ticks))
    files = [IncomingFile("talk.wav", talk(tmp_path))]
    job = accept_files(files, corpus=public_corpus, user_id=None)[0].job
    pauses = 0
    while not job.is_finished:
        Job.objects.filter(pk=job.pk).update(lease_until=None)
        try:
            take_steps(job.pk, queues=QUEUES)
        except PausedError:
            pauses += 1
        job.refresh_from_db()
    assert pauses > 0
    assert job.state == State.SEARCHABLE
    assert said(job.document)


def test_removing_a_recording_removes_what_was_heard_of_it(
    model: str, public_corpus: Corpus, tmp_path: Path, settings: Any
) -> None:
    document = put(public_corpus, talk(tmp_path))
    begun = Path(settings.DATA_DIR) / "staging" / str(document.pk)
    begun.mkdir(parents=True)
    (begun / hearing.KEPT_FILE).write_text("{}")
    remove_documents([document.pk], VIEWER)
    assert not begun.exists()
    assert not Passage.objects.exists()
