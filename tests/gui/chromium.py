"""A headless Chromium driven through its own pipe (DevTools protocol), for checks that need a real browser."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome") or ""
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe", "--mute-audio")


class Chromium:
    """One page. ``requests`` holds the address of everything that it asked for, ``says`` its console and failures."""

    def __init__(self, folder: Path) -> None:
        read_end, self._write = os.pipe()
        self._read, write_end = os.pipe()

        theirs = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (read_end, write_end)]  # out of the way of 3 and 4
        start = f"import os, sys; os.dup2({theirs[0]}, 3); os.dup2({theirs[1]}, 4); os.execv(sys.argv[1], sys.argv[1:])"
        self._process = subprocess.Popen(
            [sys.executable, "-c", start, PROGRAM, *_FLAGS, f"--user-data-dir={folder}", "--window-size=1200,800"],
            pass_fds=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in theirs:
            os.close(end)
        os.close(read_end)
        os.close(write_end)
        os.set_blocking(self._read, False)
        self._buffer, self._count, self._session = b"", 0, ""
        self.requests: list[str] = []
        self.says: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Network", "Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Any:
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for answer in self._messages():
                if answer.get("id") == self._count:
                    assert "error" not in answer, answer
                    return answer["result"]
            time.sleep(0.01)
        raise TimeoutError(method)

    def evaluate(self, script: str) -> Any:
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return found["result"].get("value")

    def wait_for(self, script: str, seconds: float = 30.0) -> Any:
        end = time.monotonic() + seconds
        while not (found := self.evaluate(script)):
            assert time.monotonic() < end, f"{script} stayed false; the page says {self.says}"
            time.sleep(0.1)
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.wait(10)
        os.close(self._read)
        os.close(self._write)

    def _messages(self) -> list[dict[str, Any]]:
        try:
            self._buffer += os.read(self._read, 1 << 22)
        except BlockingIOError:
            return []
        *whole, self._buffer = self._buffer.split(b"\0")
        found = [json.loads(part) for part in whole]
        for message in found:
            self._note(message.get("method", ""), message.get("params", {}))
        return found

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Log.entryAdded":
            self.says.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.says.append(params["exceptionDetails"]["text"])
