"""The bundled encoder, loaded once."""

import pytest
from django.conf import settings

from search.encoders.late_interaction import TokenStates
from search.encoders.onnx_text import OnnxTextEncoder


@pytest.fixture(scope="session")
def minilm(own_data_dir: object) -> OnnxTextEncoder:
    return OnnxTextEncoder("minilm", models_dir=settings.MMSEARCH["MODELS_DIR"])


@pytest.fixture(scope="session")
def tokens(minilm: OnnxTextEncoder) -> TokenStates:
    return TokenStates(text=minilm)
