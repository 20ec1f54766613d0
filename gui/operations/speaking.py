"""View > Language."""

from __future__ import annotations

from gui.desk import Desk
from gui.translations.choosing import ENGLISH, SYSTEM, languages
from gui.words import tr


def set_language(desk: Desk, code: str) -> None:
    """Remember what to speak. Texts are translated when they are made, so a new window speaks it, not this one."""
    if code == desk.settings.language:
        return
    desk.settings.language = code
    name = tr("The system's language") if code == SYSTEM else languages().get(code, languages()[ENGLISH])
    desk.errors.say("info", tr("{language} is chosen. Thimble speaks it when it is started again.", language=name))
