"""Uploads counted while they stream: what is too large stops before it is on disk."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from frontend.problems import NoSpaceLeft
from ingestion.errors import TooLargeError

_FORM_BYTES = 1_000_000  # what a form may hold beside its files


class UploadTooLargeError(RequestDataTooBig, TooLargeError):
    """More bytes than one request may bring; pages know it by the first, the API by the second."""


class CountedUpload(TemporaryFileUploadHandler):
    """Writes files to the incoming folder and stops at ``MAX_UPLOAD_BYTES`` per request."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.received = 0

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  Django calls it by name
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        """Refuse by the announced length, before anything is read."""
        if content_length > settings.MAX_UPLOAD_BYTES + _FORM_BYTES:
            raise _too_large()
        folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free - content_length < settings.MIN_FREE_BYTES:
            raise NoSpaceLeft

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a block, unless it is one too many."""
        self.received += len(raw_data)
        if self.received > settings.MAX_UPLOAD_BYTES:
            self.file.close()
            raise _too_large()
        super().receive_data_chunk(raw_data, start)


def _too_large() -> UploadTooLargeError:
    return UploadTooLargeError(
        f"One request may bring {settings.MAX_UPLOAD_BYTES // 1_000_000} MB; send fewer or smaller "
        "files at a time, or raise MMSEARCH_MAX_UPLOAD_MB."
    )
