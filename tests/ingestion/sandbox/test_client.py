import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.sandbox.client import Sandbox, sandbox
from ingestion.sandbox.layers import active_layers
from tests.ingestion.sandbox.conftest import SMALL, Bench

ROOT = Path(__file__).resolve().parents[3]


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie that its new parent has not collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def wait_until(condition, seconds: float = 10.0) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def test_a_child_gives_back_what_it_parsed_and_what_it_used(run):
    outcome = run("words Anna's heron")
    assert outcome.parsed.blocks[0].text == "Anna's heron"
    assert (outcome.error, outcome.crashed) == ("", False)
    assert outcome.peak_bytes > 1 << 20
    assert 0 < outcome.wall_s < 10


def test_a_refusal_passes_through_word_for_word(run):
    outcome = run("refuse The picture has 900 million pixels; the limit is 40 million.")
    assert outcome.error == "The picture has 900 million pixels; the limit is 40 million."
    assert outcome.parsed is None
    assert not outcome.crashed


def test_a_fault_of_a_parser_becomes_a_sentence_without_the_files_words(run, caplog):
    outcome = run("fail password")
    assert outcome.crashed
    assert "ValueError" in outcome.error
    assert "misbehaviour.py" in caplog.text
    assert "password" not in outcome.error + caplog.text


@pytest.mark.parametrize(
    ("act", "words"),
    [("segfault", "SIGSEGV"), ("signal SIGABRT", "SIGABRT"), ("signal SIGKILL", "memory ran out")],
)
def test_a_child_killed_by_a_signal_ends_with_a_sentence_and_the_next_file_is_read(run, act, words):
    outcome = run(act)
    assert outcome.crashed
    assert words in outcome.error
    assert run("words next").parsed is not None


def test_a_memory_bomb_ends_at_the_limit(run):
    outcome = run("memory")
    assert outcome.crashed
    assert "256 MB of memory" in outcome.error
    assert outcome.peak_bytes < 450 << 20


def test_an_endless_loop_ends_at_the_cpu_limit(run):
    outcome = run("spin")
    assert outcome.crashed
    assert "1 seconds of computing time" in outcome.error
    assert 0.8 < outcome.cpu_s < 3


def test_a_child_that_waits_for_ever_ends_at_the_wall_clock(run):
    outcome = run("sleep 60", replace(SMALL, wall_s=1))
    assert outcome.crashed
    assert "longer than 1 seconds" in outcome.error
    assert outcome.wall_s < 5


@pytest.mark.parametrize("act", ["flood", "big_file"])
def test_a_flood_of_output_is_stopped_and_removed(run, act):
    outcome = run(act, replace(SMALL, cpu_s=20))
    assert outcome.crashed
    assert "more than 8 MB" in outcome.error
    assert outcome.files == ()
    assert list((run.folder / "out-1").iterdir()) == []


def test_shouting_on_standard_output_reaches_nobody(run, capfd):
    assert run("shout").parsed is not None
    assert capfd.readouterr().out == ""


def test_a_program_the_child_started_dies_with_it_even_in_a_session_of_its_own(run):
    outcome = run("helper")
    assert wait_until(lambda: not is_alive(int(outcome.parsed.blocks[0].text)))


def test_a_child_has_no_network(run):
    if "no network" not in active_layers():
        pytest.skip("this kernel refuses user namespaces")
    with socket.create_server(("127.0.0.1", 0)) as server:
        outcome = run(f"network {server.getsockname()[1]}")
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()
    assert outcome.parsed.blocks[0].text.startswith("refused")


def test_a_child_knows_no_secrets(run, monkeypatch, tmp_path):
    monkeypatch.setenv("MMSEARCH_LLM_API_KEY", "sk-secret")
    fresh = Bench(Sandbox("tests.ingestion.sandbox.misbehaviour:parse"), tmp_path / "fresh")
    fresh.folder.mkdir()
    try:
        text = fresh("environment").parsed.blocks[0].text
    finally:
        fresh.sandbox.close()
    assert "sk-secret" not in text
    assert {line.partition("=")[0] for line in text.splitlines()} <= {
        "PATH",
        "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONUTF8",
        "LANG",
        "LC_CTYPE",
        "OMP_NUM_THREADS",
        "OMP_THREAD_LIMIT",
        "OPENBLAS_NUM_THREADS",
        "MALLOC_ARENA_MAX",
        "TMPDIR",
        "TESSDATA_PREFIX",
        "LD_LIBRARY_PATH",
    }


def test_a_child_inherits_no_descriptor_but_its_progress_pipe(run):
    descriptors = run("descriptors").parsed.blocks[0].text.split()
    assert len(descriptors) <= 5  # three to nowhere, the progress pipe, the listing itself


def test_a_child_cannot_take_back_its_limits(run):
    assert run("raise_limit").parsed.blocks[0].text == "kept"


@pytest.mark.parametrize("lie", ["link", "hardlink", "path", "junk", "number"])
def test_a_lying_result_is_refused(run, lie):
    outcome = run(f"lie {lie}")
    assert outcome.parsed is None
    assert outcome.crashed
    assert "not valid" in outcome.error


def test_a_result_that_is_a_link_is_not_followed(run):
    outcome = run("lie result")
    assert outcome.parsed is None
    assert "without a result" in outcome.error


def test_only_files_under_our_names_stay_in_the_output_folder(run):
    outcome = run("leftovers")
    assert outcome.files == ("kept.webp",)
    assert [entry.name for entry in (run.folder / "out-1").iterdir()] == ["kept.webp"]


def test_a_folder_that_is_not_empty_is_refused(run):
    request = run.request("words x")
    Path(request.output).mkdir()
    Path(request.output, "old.webp").write_bytes(b"x")
    with pytest.raises(ValueError, match="not empty"):
        run.sandbox.run(request, SMALL)


def test_progress_reaches_the_one_who_asked(run):
    heard: list[float] = []
    run("progress", on_progress=heard.append)
    assert heard == sorted(heard)
    assert len(heard) >= 3
    assert all(0 <= fraction <= 1 for fraction in heard)


def test_four_files_at_once_come_back_to_whom_they_belong(run):
    requests = [run.request(f"words file {number}") for number in range(8)]
    texts: dict[int, str] = {}

    def read(number: int) -> None:
        texts[number] = run.sandbox.run(requests[number], SMALL).parsed.blocks[0].text

    threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert texts == {number: f"file {number}" for number in range(8)}


def test_the_template_outlives_the_thread_that_started_it(tmp_path):
    bench = Bench(Sandbox("tests.ingestion.sandbox.misbehaviour:parse"), tmp_path)
    try:
        first = threading.Thread(target=bench, args=("words x",))
        first.start()
        first.join()
        pid = bench.sandbox.template_pid
        time.sleep(0.3)
        assert bench("words y").parsed is not None
        assert bench.sandbox.template_pid == pid
    finally:
        bench.sandbox.close()


def test_a_killed_template_is_replaced_for_the_next_file(run):
    run("words x")
    pid = run.sandbox.template_pid
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not is_alive(pid))
    assert run("words y").parsed.blocks[0].text == "y"
    assert run.sandbox.template_pid != pid


def test_a_template_killed_while_a_file_is_read_ends_that_file_and_its_child(run):
    request = run.request("sleep 60")
    outcomes = []
    reader = threading.Thread(target=lambda: outcomes.append(run.sandbox.run(request, SMALL)))
    reader.start()
    note = Path(request.output, "pid")
    assert wait_until(lambda: note.exists() and note.read_text())
    child = int(note.read_text())
    os.kill(run.sandbox.template_pid, signal.SIGKILL)
    reader.join(10)
    assert outcomes[0].crashed
    assert wait_until(lambda: not is_alive(child))
    assert run("words after").parsed is not None


PARENT = textwrap.dedent(
    """
    import sys, threading
    from ingestion.sandbox.client import Sandbox
    from ingestion.types import Limits, ParseRequest
    sandbox = Sandbox("tests.ingestion.sandbox.misbehaviour:parse")
    request = ParseRequest(sys.argv[1], "act.txt", sys.argv[2])
    thread = threading.Thread(target=sandbox.run, args=(request, Limits()))
    thread.start()
    while sandbox.template_pid is None:
        pass
    print(sandbox.template_pid, flush=True)
    thread.join()
    """
)


@pytest.mark.parametrize("together", [False, True])
def test_a_killed_parent_leaves_no_orphan(run, together):
    """Also when the template is killed with it, as a system out of memory does."""
    request = run.request("sleep 60")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, request.path, request.output],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    template = int(parent.stdout.readline())
    note = Path(request.output, "pid")
    assert wait_until(lambda: note.exists() and note.read_text(), 30)
    child = int(note.read_text())
    assert is_alive(template)
    assert is_alive(child)
    parent.kill()
    if together:
        os.kill(template, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: not is_alive(template) and not is_alive(child))


def test_a_fork_of_the_parent_starts_its_own_template(run):
    run("words x")
    parents = run.sandbox.template_pid
    request = run.request("words from a fork")
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            outcome = run.sandbox.run(request, SMALL)
            note = {"text": outcome.parsed.blocks[0].text, "template": run.sandbox.template_pid}
            os.write(writing, json.dumps(note).encode())
            run.sandbox.close()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    note = json.loads(os.read(reading, 4096))
    os.close(reading)
    os.close(writing)
    assert note["text"] == "from a fork"
    assert note["template"] != parents
    assert run("words still here").parsed is not None
    assert run.sandbox.template_pid == parents


def test_the_template_loads_neither_django_nor_torch(run):
    modules = run("modules").parsed.blocks[0].text.split("\n")
    assert "av" in modules
    assert not {"django", "torch", "mmsearch_site"} & {name.split(".")[0] for name in modules}


def test_there_is_one_sandbox_per_process():
    assert sandbox() is sandbox()


def test_the_layers_that_hold_are_named():
    assert "resource limits" in active_layers()
