"""One worker process with its pipes."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

_LAST_WORDS = 200  # lines of stderr that are kept
_LAST_BREATH = 10.0  # seconds to wait for a worker that has closed its pipes to be gone


class WorkerProcess:
    """A worker process with a thread that reads its answers and one that keeps its last words."""

    def __init__(
        self,
        command: Sequence[str],
        heard: Callable[[WorkerProcess, Mapping[str, Any]], None],
        ended: Callable[[WorkerProcess, int], None],
    ) -> None:
        root = str(Path(__file__).resolve().parent.parent.parent)
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        flags = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)  # Windows; elsewhere it calls nice itself
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"},
            creationflags=flags,
        )
        self.pid = self._process.pid
        self.spoke = False  # whether it has ever got as far as saying that it is ready
        self._words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._writing = threading.Lock()
        self._heard, self._ended = heard, ended
        self._errors = threading.Thread(target=self._keep_words, name="worker-stderr", daemon=True)
        self._reader = threading.Thread(target=self._read, name="worker-stdout", daemon=True)
        self._errors.start()
        self._reader.start()

    def send(self, message: Mapping[str, Any]) -> None:
        """A worker that is dead already is noticed by the reader."""
        data = (json.dumps(message) + "\n").encode()
        stdin = self._process.stdin
        assert stdin is not None
        with self._writing:
            try:
                stdin.write(data)
                stdin.flush()
            except (OSError, ValueError):  # ValueError: closed meanwhile
                return

    def kill(self) -> None:
        self._process.kill()

    def end(self, grace: float) -> None:
        """Close its stdin, which ends it; kill it if it lives on."""
        with self._writing:
            _close(self._process.stdin)
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._process.wait()
        current = threading.current_thread()
        for thread in (self._reader, self._errors):
            if thread is not current:
                thread.join(5)

    def last_words(self) -> str:
        return "".join(self._words)

    def _keep_words(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        with stream:
            for line in stream:
                self._words.append(line.decode("utf-8", "replace"))

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with stream:
            for line in stream:
                try:
                    message = json.loads(line)
                except ValueError:
                    continue
                self.spoke = True
                self._heard(self, message)
        try:
            code = self._process.wait(_LAST_BREATH)
        except subprocess.TimeoutExpired:  # it has closed its pipes but lives on: of no use any more
            self._process.kill()
            code = self._process.wait()
        self._errors.join(1)
        with self._writing:
            _close(self._process.stdin)
        self._ended(self, code)


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        try:
            stream.close()
        except OSError:  # what was still to be written has no reader any more
            return
