"""All that is known of one reference network: what it is, its paper, our counts; and every published figure."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from itertools import groupby

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from core.references.catalogue import COUNTED, Entry
from core.references.cited import Citation, Source
from gui import theme
from gui.figures import cell
from gui.words import mark, tr

_ADDRESS = re.compile(r"((?:[\w-]+\.)+[a-z]{2,}/[^\s,;]+)(.*)")
_COUNTS = (("params", mark("parameters")), ("macs", mark("MACs")), ("peak_memory", mark("peak activation memory")))
_OTHERS = mark("Those of your parameters are counted when the network is made.")
_NAMES = {
    "top1": mark("Top-1"),
    "top5": mark("Top-5"),
    "int8_top1": mark("Top-1, 8 bits"),
    "params": mark("Parameters"),
    "macs": mark("MACs"),
    "bytes": mark("File"),
    "latency": mark("Latency"),
}


class Details(QWidget):
    """Text that can be selected and copied; links open in the browser. ``cited`` is placed by whoever makes this."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: Entry | None = None
        self._changed = False
        self.title = QLabel(wordWrap=True)
        self.title.setObjectName("Title")
        self.about = _text()
        self.counts = _text()
        self.cited = _text()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.UNIT)
        for label in (self.title, self.about, self.counts):
            column.addWidget(label)

    def show_entry(self, entry: Entry) -> None:
        self._entry = entry
        self._show()

    def set_changed(self, changed: bool) -> None:
        """Whether parameters are chosen that the counts shown are not of."""
        if changed != self._changed:
            self._changed = changed
            self._show()

    def _show(self) -> None:
        entry = self._entry
        if entry is None:
            return
        muted, link = theme.current().muted, theme.current().accent
        self.title.setText(entry.title)
        self.about.setText(f"{html.escape(tr(entry.help))}<br>{_source(entry.paper, muted, link)}")
        figures = ((name, entry.figures.get(key)) for key, name in _COUNTS)
        counted = " · ".join(f"{cell(measure)} {tr(name)}" for name, measure in figures if measure is not None)
        note = tr("Estimated: {how}.", how=tr(COUNTED)) + (f" {tr(_OTHERS)}" if self._changed else "")
        self.counts.setText(f"{counted}<br><span style='color:{muted}'>{html.escape(note)}</span>")
        self.cited.setText(cited_text(entry.cited, muted, link))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show()


def cited_text(cited: Sequence[Citation], muted: str, link: str) -> str:
    """Every citation as rich text, below the source that printed it."""
    if not cited:
        return f"<span style='color:{muted}'>{tr('No published figures are known here.')}</span>"
    parts = []
    by_source = sorted(cited, key=lambda c: _order(cited, c.source))
    for source, found in groupby(by_source, key=lambda c: c.source):
        rows = "".join(_row(c, muted) for c in found)
        head = f"<span style='color:{muted}'>{tr('Cited:')} </span>{_source(source, muted, link)}"
        table = f"<table cellspacing='0' cellpadding='1' style='margin-bottom:10px'>{rows}</table>"
        parts.append(f"<p style='margin:0 0 2px 0'>{head}</p>{table}")
    return "".join(parts)


def _order(cited: Sequence[Citation], source: Source) -> int:
    """Sources stand in the order in which they are first named."""
    return next(k for k, c in enumerate(cited) if c.source == source)


def _row(citation: Citation, muted: str) -> str:
    on = "; ".join(filter(None, [citation.on, citation.differs]))
    return (
        f"<tr><td style='color:{muted}'>{tr(_NAMES[citation.figure])}</td>"
        f"<td align='right' style='padding-left:12px; white-space:nowrap'>{html.escape(citation.printed)}</td>"
        f"<td style='padding-left:12px; color:{muted}'>{html.escape(on)}</td></tr>"
    )


def _source(source: Source, muted: str, link: str) -> str:
    """Title and year; the title leads to the address where there is one."""
    title = html.escape(source.title)
    where = f", {html.escape(source.where)}" if source.where else ""
    found = _ADDRESS.fullmatch(source.where)
    if found is not None:
        target = html.escape(found[1], quote=True)
        title = f"<a href='https://{target}' style='color:{link}; text-decoration:none'>{title}</a>"
        where = html.escape(found[2])
    return f"{title} <span style='color:{muted}'>{source.year}{where}</span>"


def _text() -> QLabel:
    label = QLabel(wordWrap=True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setOpenExternalLinks(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.LinksAccessibleByMouse
        | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
    )
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label
