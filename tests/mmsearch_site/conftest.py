"""Clusters of their own for tests that kill and break them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmsearch_site.embedded.cluster import Cluster
from mmsearch_site.embedded.secrets import make_data_dir

QUICK = {"fsync": "off"}  # a killed process loses nothing by it, only a machine would


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty data folder that the server's account can reach."""
    folder = _empty_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kept_data_dir() -> Iterator[Path]:
    """One data folder for all tests that need a server but not a new one."""
    folder = _empty_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_cluster(kept_data_dir: Path) -> Iterator[Cluster]:
    """A cluster no other test uses at the moment, stopped afterwards; not started."""
    cluster = Cluster(kept_data_dir, QUICK)
    yield cluster
    cluster.stop()


def _empty_folder() -> Path:
    parent = Path(os.environ["MMSEARCH_DATA_DIR"])
    make_data_dir(parent)
    folder = Path(tempfile.mkdtemp(dir=parent, prefix="site-"))
    folder.chmod(0o711)
    return folder
