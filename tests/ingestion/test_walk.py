"""Whatever dies on the way, an accepted file is searchable once, or fails with a sentence."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from ingestion import leases, tasks, walk
from ingestion.errors import IngestError
from ingestion.models import Job, State
from ingestion.sandbox.client import sandbox
from ingestion.steps import Chunk, Parse, Publish
from ingestion.walk import QUEUES, take_steps
from search.models import Document, Passage, SparseVector, TermFrequency, TokenVectors, Vector

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_step_moves_the_state_by_one(note):
    reached = []
    while (job := take_steps(note.pk)) is not None:
        reached.append(job.state)
    assert reached == [State.PARSED, State.CHUNKED, State.ENCODED, State.SEARCHABLE]


def test_a_walked_note_is_one_passage_with_a_vector(note, walked):
    walked(note)
    (passage,) = Passage.objects.filter(document=note.document)
    assert "twenty minutes" in passage.text
    assert passage.heading == "Herons"
    assert Vector.objects.filter(passage=passage).count() == 1


def test_further_encoders_read_a_note_too(note, walked, settings):
    settings.MMSEARCH = settings.MMSEARCH | {"SPACES": ["fde", "tokens", "wordpieces"]}
    (job,) = walked(note)
    assert (job.state, job.error) == (State.SEARCHABLE, "")
    tables = (Vector, TokenVectors, SparseVector)
    assert [table.objects.count() for table in tables] == [2, 1, 1]


def test_a_further_encoder_that_is_not_here_is_said_and_does_not_stop_the_walk(
    note, walked, settings
):
    counts = settings.MMSEARCH["ENCODERS"]["wordpieces"]
    absent = counts | {"OPTIONS": {"checkpoint": "/nowhere/model"}}
    encoders = settings.MMSEARCH["ENCODERS"] | {"absent": absent}
    settings.MMSEARCH = settings.MMSEARCH | {"ENCODERS": encoders, "SPACES": ["absent"]}
    (job,) = walked(note)
    assert job.state == State.SEARCHABLE
    assert "'absent' is not on this machine" in job.error
    assert "build_space absent" in job.error
    assert Vector.objects.count() == 1


def test_nothing_of_a_document_is_in_the_index_before_it_is_published(note):
    for _ in range(3):
        take_steps(note.pk)
    assert not Passage.objects.exists()
    assert not Document.objects.searchable().exists()


def test_two_workers_cannot_hold_one_job(note):
    assert leases.claim(note.pk) is not None
    assert leases.claim(note.pk) is None


def test_a_lease_that_ran_out_can_be_claimed_by_another(note):
    leases.claim(note.pk)
    Job.objects.filter(pk=note.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert leases.claim(note.pk).epoch == 2


def test_a_worker_that_was_overtaken_stores_nothing(note, monkeypatch):
    compute = Parse.compute

    def overtaken(self, job):
        product = compute(self, job)
        Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
        assert leases.claim(job.pk) is not None  # somebody else, meanwhile
        return product

    monkeypatch.setattr(Parse, "compute", overtaken)
    assert take_steps(note.pk) is None
    note.refresh_from_db()
    assert (note.state, note.epoch) == (State.RECEIVED, 2)


def test_the_lease_of_a_dead_process_ends_at_once(note):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    leases.claim(note.pk)
    host = leases.holder().rpartition(":")[0]
    Job.objects.filter(pk=note.pk).update(holder=f"{host}:{child.pid}")
    assert leases.free_the_dead() == 1
    assert leases.claim(note.pk) is not None


def test_the_lease_of_a_living_process_stays(note):
    leases.claim(note.pk)
    assert leases.free_the_dead() == 0


def test_a_file_that_cannot_be_read_fails_with_a_sentence(put_in, public_corpus, walked):
    (accepted,) = put_in(public_corpus, broken__pdf=b"%PDF-1.7\nnothing of a PDF")
    (job,) = walked(accepted.job)
    assert job.status == "failed"
    assert job.error.endswith(".")
    assert "Traceback" not in job.error
    assert not Passage.objects.exists()


def test_a_file_that_kills_its_parser_fails_alone_after_three_tries(note, walked, monkeypatch):
    run = type(sandbox()).run

    def killed(self, request, limits, *, on_progress=None):
        outcome = run(self, request, limits, on_progress=on_progress)
        return type(outcome)(parsed=None, error="The parser was killed.", crashed=True)

    monkeypatch.setattr(type(sandbox()), "run", killed)
    monkeypatch.setattr(leases, "BACK_OFF", timedelta(0))
    (job,) = walked(note)
    assert job.status == "failed"
    assert job.epoch == walk.CRASHES_ALLOWED
    assert "3 tries" in job.error


def test_the_death_of_the_parsers_costs_no_file(note, put_in, public_corpus, walked):
    walked(note)
    os.kill(sandbox().template_pid, signal.SIGKILL)
    (job,) = walked(put_in(public_corpus, stork__txt="A stork claps with its beak.")[0].job)
    assert job.status == "searchable"


def test_a_failed_job_can_be_tried_again(note, walked, monkeypatch):
    def refuse(self, job):
        raise IngestError("Not today.")

    with monkeypatch.context() as patch:
        patch.setattr(Chunk, "compute", refuse)
        (job,) = walked(note)
        assert (job.status, job.state, job.error) == ("failed", State.PARSED, "Not today.")
    from ingestion.services import retry

    retry(job)
    (job,) = walked(job)
    assert job.status == "searchable"


def test_a_publish_that_breaks_off_leaves_no_row(note, monkeypatch):
    for _ in range(3):
        take_steps(note.pk)
    store = Publish.store

    def broken(self, job, product):
        store(self, job, product)
        raise RuntimeError("the power went")

    monkeypatch.setattr(Publish, "store", broken)
    assert take_steps(note.pk) is None
    assert not Passage.objects.exists()
    assert not TermFrequency.objects.exists()
    note.refresh_from_db()
    assert (note.state, note.crashes) == (State.ENCODED, 1)


def test_the_sweep_rings_for_what_was_forgotten(note):
    Job.objects.filter(pk=note.pk).update(rung_at=None)
    assert list(Job.objects.unheard()) == [note]
    Job.objects.filter(pk=note.pk).update(rung_at=Now())
    assert not Job.objects.unheard().exists()


def test_the_sweep_rings_for_an_index_that_a_corpus_has_grown_to_need(
    note, walked, settings, monkeypatch
):
    walked(note)
    rung = []
    monkeypatch.setattr(tasks.maintain_indexes, "apply_async", lambda *_, **__: rung.append(1))
    tasks.sweep()
    assert not rung
    settings.MMSEARCH = {**settings.MMSEARCH, "EXACT_SCAN_LIMIT": 0}
    tasks.sweep()
    assert rung


def test_quick_steps_in_a_row_are_written_down_together(note, monkeypatch):
    monkeypatch.setattr(walk, "WRITE_AFTER_S", 600.0)  # quick, however busy the machine is
    states = []
    job = take_steps(
        note.pk, queues=QUEUES, on_step=lambda job: states.append(Job.objects.get(pk=job.pk).state)
    )
    assert job is not None and job.status == "searchable"
    assert states == [State.PARSED, State.PARSED, State.PARSED, State.SEARCHABLE]


def test_a_step_that_took_long_is_written_down_at_once(note, monkeypatch):
    monkeypatch.setattr(walk, "WRITE_AFTER_S", 0.0)
    states = []
    take_steps(
        note.pk, queues=QUEUES, on_step=lambda job: states.append(Job.objects.get(pk=job.pk).state)
    )
    assert states == [State.PARSED, State.CHUNKED, State.ENCODED, State.SEARCHABLE]
