"""A file below the staging directory of a place."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from typing import TYPE_CHECKING

from synth.contracts.store import Staged
from synth.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer

    from synth.sinks.local_errors import LocalErrors

_READ_BYTES = 1 << 20


class LocalUpload:
    """A file below the staging directory."""

    def __init__(self, errors: LocalErrors, name: str, upload_id: str, path: Path, mode: str = "xb") -> None:
        self._errors = errors
        self._name = name
        self._upload_id = upload_id
        self._path = path
        self._file = io.FileIO(path, mode)
        self._digest = hashlib.sha256()
        self._bytes = 0

    @classmethod
    def reopened(cls, errors: LocalErrors, staged: Staged, path: Path) -> LocalUpload | None:
        """Go on with a file at the length that it had; None where it is not what it was then."""
        try:
            upload = cls(errors, staged.name, staged.upload_id, path, "r+b")
        except FileNotFoundError:
            return None
        while upload._bytes < staged.bytes:
            data = upload._file.read(min(_READ_BYTES, staged.bytes - upload._bytes))
            if not data:
                break
            upload._digest.update(data)
            upload._bytes += len(data)
        if upload.so_far() != staged:
            upload._file.close()
            return None
        upload._file.truncate(staged.bytes)
        return upload

    def so_far(self) -> Staged:
        return Staged(self._name, self._bytes, self._digest.hexdigest(), self._upload_id)

    def write(self, data: Buffer) -> None:
        view = memoryview(data).cast("B")
        self._digest.update(view)
        self._bytes += len(view)
        with self._errors.explaining(RunError, f"write {self._name} to"):
            while view:
                view = view[self._file.write(view) :]

    def close(self) -> Staged:
        with self._errors.explaining(RunError, f"write {self._name} to"):
            self._file.close()
        return self.so_far()

    def abort(self) -> None:
        with suppress(OSError):
            self._file.close()
        with self._errors.forgiving():
            self._path.unlink(missing_ok=True)
