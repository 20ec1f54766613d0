"""The open model in Netron: a tab with the web engine, else the system's browser on loopback."""

from __future__ import annotations

from collections.abc import Callable

from gui.desk import Desk
from gui.netron_view.content import Content, content_of
from gui.netron_view.session import NetronSession
from gui.operations.folded import folded
from gui.words import tr


@folded
@folded
def show(desk: Desk) -> None:
    """Show the current revision in Netron, which can only read it."""
    session = _session(desk)

    def done(content: Content) -> None:
        url, opened = session.show(content)
        if session.tab is not None:
            return
        if opened:
            text = tr("Netron shows this revision in your browser, offline.")
            desk.errors.say("info", text, tr("It reads from this window and ends with it."))
        else:
            hint = tr("Open this address in a browser on this machine: {url}", url=url)
            desk.errors.say("warning", tr("No browser could be started."), hint)

    _with_content(desk, done)


def _with_content(desk: Desk, then: Callable[[Content], None]) -> None:
    """The current revision's content, read off the window's thread."""
    project, revision, title = desk.state.project, desk.state.revision, desk.state.title
    if project is None or revision is None:
        return

    def done(content: Content) -> None:
        if desk.state.project is project:
            _session(desk).revision = revision.id
            then(content)

    desk.background.run(lambda: content_of(project, revision.id, title), done, desk.errors.report)


def _session(desk: Desk) -> NetronSession:
    """The window's own; made when first asked for, ended with the window, cleared with the project."""
    for kept in desk.kept:
        if isinstance(kept, NetronSession):
            return kept
    session = NetronSession(desk.window.tabs)
    session.on_shown = lambda: _follow(desk, session) if session.stale else None
    desk.kept.append(session)
    desk.window.before_close(session.close)
    desk.state.opened.connect(session.close)
    desk.state.moved.connect(lambda: _follow(desk, session))
    return session


def _follow(desk: Desk, session: NetronSession) -> None:
    """The tab shows what the window shows; while nobody looks at it, it only remembers that it must."""
    revision = desk.state.revision
    if session.tab is None or revision is None or revision.id == session.revision:
        return
    if session.tab_shown:
        _with_content(desk, session.refresh)
    else:
        session.stale = True
