"""The one source of colours, fonts and distances. Fusion style with an own palette, light and dark.

Widgets ask :func:`current` whenever they paint; :func:`apply_theme` changes the application's palette, and Qt then
tells every widget by a ``PaletteChange`` event. (``QStyleHints.setColorScheme`` does nothing on bare X11.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPen
from PySide6.QtWidgets import QApplication, QStyleFactory

Choice = Literal["light", "dark", "system"]

UNIT = 8  # every distance is a multiple of it, or half of it
RADIUS = 4
TEXT_PX, SMALL_PX = 12, 11
_ICONS = Path(__file__).resolve().parent.parent / "resources" / "icons"


@dataclass(frozen=True, slots=True)
class Theme:
    """Named roles, as '#rrggbb'. ``categories`` gives the header colour of a card by kind of operator."""

    name: Literal["light", "dark"]
    window: str
    surface: str
    raised: str
    canvas: str
    text: str
    muted: str
    faint: str
    border: str
    accent: str
    accent_soft: str
    on_accent: str
    card: str
    card_border: str
    on_header: str
    edge: str
    inputs: str
    outputs: str
    good: str
    warning: str
    error: str
    error_soft: str
    categories: Mapping[str, str] = field(default_factory=dict)


LIGHT = Theme(
    name="light",
    window="#f2f3f5",
    surface="#ffffff",
    raised="#fafbfc",
    canvas="#f7f8fa",
    text="#1e2530",
    muted="#5f6876",
    faint="#8d96a3",
    border="#d8dce2",
    accent="#0b57d0",
    accent_soft="#dbe7fb",
    on_accent="#ffffff",
    card="#ffffff",
    card_border="#cdd3db",
    on_header="#ffffff",
    edge="#9aa3b0",
    inputs="#13744a",
    outputs="#c2600c",
    good="#13744a",
    warning="#8f5a00",
    error="#b3261e",
    error_soft="#fbeae9",
    categories={
        "layer": "#335b92",
        "activation": "#84423a",
        "pooling": "#3a6849",
        "normalization": "#31636b",
        "join": "#6d5446",
        "shape": "#69506d",
        "quantization": "#7a5d22",
        "arithmetic": "#4a5362",
        "other": "#3d4450",
        "terminal": "#667181",
        "block": "#3f4a63",
    },
)

DARK = Theme(
    name="dark",
    window="#25282d",
    surface="#1e2125",
    raised="#2c3036",
    canvas="#1b1d21",
    text="#e3e6ea",
    muted="#a0a8b3",
    faint="#767f8b",
    border="#3a3f47",
    accent="#8ab4f8",
    accent_soft="#2c4263",
    on_accent="#10203a",
    card="#272b31",
    card_border="#424953",
    on_header="#f4f5f7",
    edge="#6d7683",
    inputs="#57b98a",
    outputs="#e59a55",
    good="#57b98a",
    warning="#dfae55",
    error="#f28b82",
    error_soft="#45282a",
    categories={
        "layer": "#3a5f92",
        "activation": "#85504a",
        "pooling": "#43684f",
        "normalization": "#3c666d",
        "join": "#6f5b50",
        "shape": "#6a5870",
        "quantization": "#78622f",
        "arithmetic": "#4f5866",
        "other": "#454c57",
        "terminal": "#5c6674",
        "block": "#414d68",
    },
)

_active = LIGHT


def current() -> Theme:
    """The theme in force."""
    return _active


def color(role: str, alpha: int = 255) -> QColor:
    """A role of the current theme as a QColor, e.g. ``color("accent")``; ``alpha`` is 0 to 255."""
    out = QColor(str(getattr(_active, role)))
    out.setAlpha(alpha)
    return out


def header_color(category: str, theme: Theme | None = None) -> QColor:
    """The colour of a card's header; unknown categories get the neutral one."""
    categories = (theme or _active).categories
    return QColor(categories.get(category, categories["other"]))


def ink_on(ground: QColor) -> QColor:
    """The colour of letters on a header of any colour: whichever has the greater contrast."""
    parts = (ground.redF(), ground.greenF(), ground.blueF())
    red, green, blue = ((v / 12.92 if v <= 0.04 else ((v + 0.055) / 1.055) ** 2.4) for v in parts)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return QColor("#14181f") if luminance > 0.18 else color("on_header")


def system_prefers_dark(app: QApplication) -> bool:
    """What the desktop asks for; False where it does not say."""
    return app.styleHints().colorScheme() == Qt.ColorScheme.Dark


def apply_theme(app: QApplication, choice: Choice = "system") -> Theme:
    """Dress the whole application; may be called again at any time. Returns the theme in force."""
    global _active
    dark = choice == "dark" or (choice == "system" and system_prefers_dark(app))
    _active = DARK if dark else LIGHT
    sheet, worn = stylesheet(_active), app.styleSheet()
    if sheet == worn:  # dressing a full window in what it wears would take a second
        return _active
    if not worn:  # with a sheet on, Qt's style is the sheet's own and Fusion lies below it
        app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(palette(_active))
    app.setStyleSheet(sheet)
    return _active


def palette(theme: Theme) -> QPalette:
    """The roles as Qt's own, so that plain widgets fit without a style sheet."""
    out = QPalette()
    role = QPalette.ColorRole
    for which, value in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.surface),
        (role.AlternateBase, theme.raised),
        (role.Text, theme.text),
        (role.PlaceholderText, theme.faint),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.error),
        (role.Highlight, theme.accent_soft),
        (role.HighlightedText, theme.text),
        (role.Link, theme.accent),
        (role.LinkVisited, theme.accent),
        (role.Accent, theme.accent),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.Light, theme.raised),
        (role.Midlight, theme.border),
        (role.Mid, theme.border),
        (role.Dark, theme.faint),
        (role.Shadow, "#000000"),
    ):
        out.setColor(which, QColor(value))
    for which in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        out.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.faint))
    return out


def graph_font(bold: bool = False, pixels: int = SMALL_PX) -> QFont:
    """The application's family at a fixed pixel size: cards are measured with it once and drawn at any zoom."""
    font = QFont(QApplication.font())
    font.setPixelSize(pixels)
    font.setBold(bold)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)  # equal widths at every zoom
    return font


def paint_focus(painter: QPainter, area: QRect) -> None:
    """The frame of a painted widget that has the keyboard, as the style sheet draws it around others."""
    painter.save()
    painter.setPen(QPen(color("accent"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
    painter.restore()


def stylesheet(theme: Theme) -> str:
    """What the palette cannot say. Widgets opt in by object name: Title, Section, Hint, FieldError, MessageBar."""
    roles = {name: getattr(theme, name) for name in Theme.__slots__ if name != "categories"}
    return _SHEET.format(icons=_ICONS.as_posix(), **roles)


_SHEET = """
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {border}; padding: 4px 6px; }}
QMainWindow::separator {{ background: {border}; width: 1px; height: 1px; }}
QMainWindow::separator:hover {{ background: {accent}; }}
QSplitter::handle {{ background: {border}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QDockWidget {{ titlebar-close-icon: none; titlebar-normal-icon: none; font-weight: 600; color: {muted}; }}
QDockWidget::title {{ background: {window}; padding: 8px 8px 6px 4px; }}
QDockWidget[active="true"] {{ color: {accent}; }}
#EmptyHint {{ border: 1px solid transparent; border-radius: 4px; }}
#EmptyHint:focus {{ border-color: {accent}; }}
QMenuBar {{ background: {window}; border-bottom: 1px solid {border}; }}
QMenuBar::item {{ padding: 6px 10px; background: transparent; }}
QMenuBar::item:selected {{ background: {accent_soft}; border-radius: 4px; }}
QMenu {{ background: {surface}; border: 1px solid {border}; padding: 4px; }}
QMenu::item {{ padding: 6px 24px 6px 16px; border-radius: 4px; }}
QMenu::item:selected {{ background: {accent_soft}; color: {text}; }}
QMenu::item:disabled {{ color: {faint}; }}
QMenu::separator {{ height: 1px; background: {border}; margin: 4px 8px; }}
QStatusBar {{ background: {window}; border-top: 1px solid {border}; color: {muted}; }}
QStatusBar::item {{ border: none; }}
QToolBar {{ background: {window}; border: none; border-bottom: 1px solid {border}; padding: 4px; spacing: 4px; }}
QPushButton {{ background: {raised}; border: 1px solid {border}; border-radius: 4px; padding: 5px 14px; }}
QPushButton:hover {{ border-color: {faint}; }}
QPushButton:pressed {{ background: {border}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton:default {{ background: {accent}; border-color: {accent}; color: {on_accent}; }}
QPushButton:default:focus {{ border-color: {text}; }}
QPushButton:disabled {{ color: {faint}; background: {window}; border-color: {border}; }}
QCommandLinkButton:default {{ background: {raised}; border-color: {border}; color: {text}; }}
QCommandLinkButton:focus, QCommandLinkButton:default:focus {{ border-color: {accent}; }}
QLineEdit, QAbstractSpinBox, QComboBox {{ background: {surface}; border: 1px solid {border};
    border-radius: 4px; padding: 4px 6px; min-height: 16px; selection-background-color: {accent_soft};
    selection-color: {text}; }}
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {{ border-color: {accent}; }}
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{ color: {faint};
    background: {window}; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox::down-arrow {{ image: url("{icons}/chevron_down_{name}.svg"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{ background: {surface}; border: 1px solid {border}; padding: 2px; outline: none; }}
QAbstractSpinBox {{ padding: 2px 22px 2px 0; }}
QAbstractSpinBox QLineEdit {{ border: none; padding: 0 2px; min-height: 0; background: transparent; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; border: none; width: 22px; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; border: none; width: 22px; }}
QAbstractSpinBox::up-arrow {{ image: url("{icons}/chevron_up_{name}.svg"); width: 10px;
    height: 10px; }}
QAbstractSpinBox::down-arrow {{ image: url("{icons}/chevron_down_{name}.svg"); width: 10px;
    height: 10px; }}
QCheckBox, QRadioButton {{ spacing: 8px; }}
QCheckBox::indicator, QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {faint};
    border-radius: 3px; background: {surface}; }}
QRadioButton::indicator {{ border-radius: 8px; }}
QCheckBox::indicator:checked {{ background: {accent}; border-color: {accent};
    image: url("{icons}/check_{name}.svg"); }}
QCheckBox::indicator:indeterminate {{ background: {accent}; border-color: {accent};
    image: url("{icons}/dash_{name}.svg"); }}
QRadioButton::indicator:checked {{ width: 6px; height: 6px; border: 5px solid {accent}; background: {on_accent}; }}
QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border-color: {accent}; }}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ border-color: {border}; background: {window}; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {border}; }}
QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {accent}; }}
QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: {accent}; }}
QGroupBox {{ border: none; margin-top: 24px; font-weight: 600; color: {muted}; }}
QGroupBox::title {{ subcontrol-origin: margin; left: -2px; top: 4px; }}
QToolButton {{ border: 1px solid transparent; border-radius: 4px; padding: 4px 8px; }}
QToolButton:hover {{ background: {raised}; border-color: {border}; }}
QToolButton#Framed {{ background: {raised}; border-color: {border}; }}
QToolButton#Framed:hover, QToolButton#Framed:focus {{ border-color: {accent}; }}
QToolButton#Fold {{ padding: 4px 8px 4px 0; margin-left: -4px; }}
QToolButton#Section {{ border: 1px solid transparent; border-radius: 4px; padding: 2px 4px 2px 0;
    margin-left: -6px; color: {muted}; font-weight: 600; }}
QToolButton#Section:hover {{ background: transparent; border-color: transparent; color: {text}; }}
QToolButton#Section:checked, QToolButton#Section:pressed {{ background: transparent; }}
QToolButton#Section:focus {{ border-color: {accent}; }}
QToolButton#Small {{ padding: 1px 6px; color: {muted}; }}
QToolButton#Small:checked {{ background: {accent_soft}; color: {text}; }}
QToolButton#Small:focus {{ border-color: {accent}; }}
QPushButton#Link, QPushButton#QuietLink {{ background: transparent; border: 1px solid transparent; padding: 0;
    margin-left: -1px; text-align: left; color: {accent}; }}
QPushButton#QuietLink {{ color: {muted}; }}
QPushButton#Link:hover, QPushButton#QuietLink:hover {{ text-decoration: underline; }}
QPushButton#Link:focus, QPushButton#QuietLink:focus {{ border-color: {accent}; }}
QDialog#Popup {{ border: 1px solid {border}; }}
QListView#Maps::item {{ padding: 0; }}
QToolButton#Crumb {{ padding: 2px 18px 2px 6px; }}
QToolButton#Crumb[dim="true"] {{ color: {muted}; }}
QToolButton#Crumb::menu-button {{ border: none; width: 16px; background: transparent; }}
QToolButton#Crumb::menu-arrow {{ image: url("{icons}/chevron_down_{name}.svg"); width: 8px; height: 8px; }}
QToolButton#More::menu-indicator {{ image: none; }}
QToolButton:pressed, QToolButton:checked {{ background: {accent_soft}; }}
QToolButton:focus {{ border-color: {accent}; }}
QToolButton:disabled {{ color: {faint}; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {border}; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{ padding: 6px 12px; border: none; border-bottom: 2px solid transparent; color: {muted}; }}
QTabBar::tab:selected {{ color: {text}; border-bottom-color: {accent}; }}
QTabBar[active="true"]::tab:selected {{ color: {accent}; }}
QTabBar::tab:selected:focus {{ background: {accent_soft}; }}
QTabBar::tab:hover {{ color: {text}; }}
QHeaderView {{ background: {window}; }}
QHeaderView::section {{ background: {window}; color: {muted}; border: none; border-bottom: 1px solid {border};
    padding: 5px 8px; font-weight: normal; }}
QPlainTextEdit {{ background: {surface}; border: 1px solid {surface}; padding: 4px; }}
QTableView, QTreeView, QListView {{ background: {surface}; border: 1px solid {window}; outline: none;
    gridline-color: {border};
    alternate-background-color: {raised}; selection-background-color: {accent_soft}; selection-color: {text}; }}
QTableView::item, QTreeView::item, QListView::item {{ padding: 2px 6px; }}
QTableView:focus, QTreeView:focus, QListView:focus, QPlainTextEdit:focus {{ border-color: {accent}; }}
QTreeView#Revisions::item {{ padding: 2px 3px; }}
QTreeView#Revisions QHeaderView::section {{ padding: 5px 6px; }}
QListView#Jobs::item {{ padding: 0; }}
QTableView#Comparison::item {{ padding: 2px 3px; }}
QTableView#Comparison QHeaderView::section {{ padding: 5px 4px; }}
QTableView#Comparison QHeaderView::section:first {{ padding-left: 6px; }}
QProgressBar {{ background: {border}; border: none; border-radius: 3px; max-height: 6px; text-align: center; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}
QScrollBar {{ background: transparent; border: none; }}
QScrollBar:vertical {{ width: 10px; }}
QScrollBar:horizontal {{ height: 10px; }}
QScrollBar::handle {{ background: {border}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:hover {{ background: {faint}; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QFrame#Line {{ border: none; background: {border}; }}
QLabel#Title {{ font-size: 16px; font-weight: 600; }}
QLabel#Section {{ color: {muted}; font-weight: 600; }}
QLabel#Hint {{ color: {muted}; }}
QLabel#Hint:disabled {{ color: {faint}; }}
QLabel#FieldError {{ color: {error}; }}
QLabel#FieldWarning {{ color: {warning}; }}
#Floating {{ background: {surface}; border: 1px solid {border}; border-radius: 8px; }}
#Floating QListView {{ border: none; background: transparent; }}
QToolButton#Chip {{ border: 1px solid {border}; border-radius: 10px; padding: 2px 7px; color: {muted}; }}
QToolButton#Chip:hover, QToolButton#Chip:focus {{ border-color: {accent}; }}
QToolButton#Chip:checked {{ background: {accent_soft}; border-color: {accent}; color: {text}; }}
#MessageBar {{ background: {error_soft}; border-bottom: 1px solid {border}; }}
"""
