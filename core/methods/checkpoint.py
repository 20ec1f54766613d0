"""A checkpoint file: tensors and JSON in one safetensors file, written whole or not at all.

No pickle: tensors are plain numbers, everything else is JSON in the file's header. torch is imported inside functions.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.jobs import Job

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1
SUFFIX = ".safetensors"
EVERY = 30.0  # seconds between two checkpoints
_EPOCH_SHARE = 0.1  # of that time after which the end of an epoch is worth one of its own
_WRITING_SHARE = 20  # a checkpoint that takes one second to write is written every 20 seconds at most
_HEADER_LIMIT = 1 << 26  # bytes
_KEY, _SUM = "thimble.checkpoint", "thimble.crc32"


@dataclass(frozen=True, slots=True)
class CheckpointPlace:
    """Where a training keeps its state, and which training it is.

    ``digest`` stands for everything the result depends on; a file with another digest is never resumed.
    ``about`` is JSON for whoever lists unfinished trainings. ``every``: seconds between two checkpoints.
    """

    path: Path
    digest: str
    about: Mapping[str, Any] = field(default_factory=dict)
    every: float = EVERY


class Damaged(Exception):
    """A checkpoint that cannot be resumed; says why."""


class CheckpointFile:
    """Writes and reads the checkpoint of one training."""

    def __init__(self, place: CheckpointPlace, job: Job, what: str = "Training") -> None:
        """``what`` begins a sentence about the job: it starts anew, it goes on."""
        self._place, self._job, self._what = place, job, what
        self._written, self._took = time.monotonic(), 0.0
        self._able = True

    def due(self, epoch_ended: bool) -> bool:
        """Whether it is time for the next one."""
        if not self._able:
            return False
        every = self._place.every * (_EPOCH_SHARE if epoch_ended else 1.0)
        return time.monotonic() - self._written >= max(every, _WRITING_SHARE * self._took)

    def write(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Replace the file. Where the disk is full or read-only, the log says so once and training goes on."""
        start = time.monotonic()
        try:
            _write(self._place, tensors, state)
        except OSError as error:
            self._able = False
            why = error.strerror or str(error)
            self._job.log(f"No checkpoint can be written to '{self._place.path}': {why}. {self._what} goes on without.")
        self._written = time.monotonic()
        self._took = self._written - start

    def read(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """(tensors, state) of this training, None where there is none; a useless file is named in the log."""
        if not self._place.path.is_file():
            return None
        try:
            tensors, header = _read(self._place.path)
        except Damaged as error:
            self.ignore(str(error))
            return None
        if header["digest"] != self._place.digest:
            self.ignore("it belongs to another run")
            return None
        return tensors, header["state"]

    def ignore(self, why: str) -> None:
        """Say in the log that the file is not used."""
        self._job.log(f"The checkpoint '{self._place.path.name}' is ignored: {why}. {self._what} starts anew.")


def read_header(path: Path) -> dict[str, Any]:
    """Everything but the tensors: ``digest``, ``about`` and ``state``. Raises Damaged."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > min(_HEADER_LIMIT, path.stat().st_size):
                raise Damaged("its header is cut off")
            return _header(file.read(length))[0]
    except OSError as error:
        raise Damaged(error.strerror or str(error)) from error


def _header(text: bytes) -> tuple[dict[str, Any], str, str]:
    """(our JSON, its text, sum of all bytes) from the header of a safetensors file."""
    try:
        metadata = json.loads(text)["__metadata__"]
        written, total = str(metadata[_KEY]), str(metadata[_SUM])
        own = json.loads(written)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged("its header cannot be read") from error
    known = isinstance(own, dict) and own.get("format") == FORMAT and isinstance(own.get("about"), dict)
    if not (known and isinstance(own.get("state"), dict) and isinstance(own.get("digest"), str)):
        raise Damaged("another version of Thimble wrote it")
    return own, written, total


def _write(place: CheckpointPlace, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    own = {"format": FORMAT, "digest": place.digest, "about": dict(place.about), "state": dict(state)}
    text = json.dumps({**own, "time": time.time()})
    place.path.parent.mkdir(parents=True, exist_ok=True)
    part = place.path.with_name(f".{place.path.name}.{os.getpid()}.part")
    try:
        save_file(plain, part, {_KEY: text, _SUM: _sum(text, plain)})
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, place.path)
    except SafetensorError as error:  # its way of saying that the disk is full
        raise OSError(str(error)) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    _sync_folder(place.path.parent)


def _sync_folder(folder: Path) -> None:
    """The new name survives a power cut too, where the system can promise that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        data = path.read_bytes()
        tensors = load(data)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise Damaged((str(error).splitlines() or ["it cannot be read"])[0]) from error
    own, written, total = _header(data[8 : 8 + int.from_bytes(data[:8], "little")])
    if total != _sum(written, tensors):
        raise Damaged("its bytes have changed")
    return tensors, own


def _sum(text: str, tensors: Mapping[str, Tensor]) -> str:
    import torch

    total = zlib.crc32(text.encode())
    for name in sorted(tensors):
        total = zlib.crc32(name.encode(), total)
        total = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, total)
    return f"{total:08x}"


def remove(paths: Iterable[Path]) -> None:
    """Delete checkpoints that are no longer needed, and what a killed process left half written beside them."""
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()
        remove_halves(path)


def remove_halves(path: Path) -> None:
    """Delete what killed processes left half written beside a checkpoint; its name may be a pattern."""
    for file in path.parent.glob(f".{path.name}.*.part"):
        with contextlib.suppress(OSError):
            file.unlink()
