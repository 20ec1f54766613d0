"""What the page in the tab may ask for: its own address and what it made itself, nothing else."""

from __future__ import annotations

from PySide6.QtCore import QObject, QUrl
from PySide6.QtWebEngineCore import QWebEngineUrlRequestInfo, QWebEngineUrlRequestInterceptor


class Gate(QWebEngineUrlRequestInterceptor):
    """Blocks every request to another host or port. ``blocked`` holds the addresses that were refused."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._allowed = QUrl()
        self.blocked: list[str] = []

    def allow(self, url: QUrl) -> None:
        self._allowed = url

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        url = info.requestUrl()
        own = (url.scheme(), url.host(), url.port()) == ("http", self._allowed.host(), self._allowed.port())
        if not own and url.scheme() not in ("blob", "data"):
            self.blocked.append(url.toString())
            info.block(True)
