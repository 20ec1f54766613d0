"""Every menu entry and shortcut, as a table. Compression menus, export targets and panels are added from registries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gui.desk import Desk
from gui.operations import (
    act,
    analyse,
    blocks,
    commanding,
    comparing,
    creating,
    drawing,
    editing,
    exporting,
    files,
    helping,
    looking,
    moving,
    netron,
    parcels,
    pruning,
    repairing,
    replaying,
    reports,
    searching,
    timing,
)
from gui.reasons import (
    needs_alike,
    needs_analysis,
    needs_any_wrong,
    needs_beside,
    needs_block,
    needs_blocks,
    needs_convolution,
    needs_data,
    needs_inner,
    needs_labels,
    needs_layer,
    needs_locked,
    needs_parent,
    needs_project,
    needs_redo,
    needs_running,
    needs_selection,
    needs_steps,
    needs_stored,
    needs_tensor,
    needs_undo,
    needs_unlocked,
    needs_wrong,
)

MENUS = (
    "&File",
    "&Edit",
    "&View",
    "T&rain",
    "&Prune",
    "&Quantize",
    "&Distil",
    "&Analyse",
    "&Compare",
    "E&xport",
    "&Help",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One menu entry. ``why_not`` gives the reason it is greyed out, '' where it can act.

    A text of '-' is a separator. ``check`` makes it checkable and says whether it is on.
    """

    key: str
    menu: str
    text: str
    act: Callable[[Desk], object] = lambda desk: None
    shortcut: str = ""
    tip: str = ""
    why_not: Callable[[Desk], str] = lambda desk: ""
    check: Callable[[Desk], bool] | None = None


def _line(menu: str) -> Entry:
    return Entry("", menu, "-")


FILE, EDIT, VIEW, TRAIN, PRUNE, QUANTIZE, DISTIL, ANALYSE, COMPARE, EXPORT, HELP = MENUS

EDIT_GRAPH = f"{EDIT}/&Graph"

EDITS: tuple[Entry, ...] = (
    Entry("rename", EDIT, "R&ename…", editing.rename, "F2", "The layer, or the tensor that is followed.", needs_tensor),
    Entry("attributes", EDIT, "Attribu&tes…", editing.attributes, "F4", "Of the selected layer.", needs_layer),
    Entry(
        "replace_operator",
        EDIT,
        "Replace &operator…",
        editing.replace_operator,
        "Ctrl+H",
        "Another operator on the same tensors, for one layer or several.",
        needs_selection,
    ),
    Entry(
        "replace_block",
        EDIT,
        "&Lightweight block…",
        editing.replace_block,
        "Ctrl+Shift+H",
        "A block with fewer weights in a convolution's place; says beforehand what it saves.",
        needs_convolution,
    ),
    Entry(
        "remove",
        EDIT,
        "&Bypass or delete…",
        editing.remove,
        "Del",
        "Bypass: what is behind reads what was before. Delete: a gap stays.",
        needs_selection,
    ),
    Entry("insert", EDIT, "I&nsert layer…", editing.insert, "Ins", "Behind the layer, or on the tensor.", needs_tensor),
    Entry("repair", EDIT, "Repa&ir…", repairing.repair, "Ctrl+.", "What could be done about the layer.", needs_wrong),
    Entry("connect", EDIT, "&Connect input…", editing.connect, "Ctrl+L", "To another tensor.", needs_layer),
    Entry(
        "values",
        EDIT,
        "Value&s…",
        editing.values,
        "Ctrl+Shift+E",
        "Of a stored tensor.",
        needs_stored,
    ),
    Entry(
        "cut_out",
        EDIT,
        "Cut out &part…",
        editing.cut_out,
        "Ctrl+Shift+X",
        "The selected layers.",
        needs_selection,
    ),
    Entry("add_output", EDIT_GRAPH, "Make the tensor an &output", editing.add_output, why_not=needs_inner),
    Entry("remove_output", EDIT_GRAPH, "&Remove an output…", editing.remove_output, why_not=needs_project),
    Entry("add_input", EDIT_GRAPH, "&Add an input…", editing.add_input, why_not=needs_project),
    Entry("remove_input", EDIT_GRAPH, "Remove an &input…", editing.remove_input, why_not=needs_project),
    Entry("input_shape", EDIT_GRAPH, "Input &shape…", editing.input_shape, "Ctrl+Shift+I", why_not=needs_project),
    Entry("batch", EDIT_GRAPH, "&Batch size…", editing.batch, "Ctrl+Alt+I", why_not=needs_project),
    _line(EDIT_GRAPH),
    Entry("fold_batchnorm", EDIT_GRAPH, "&Fold BatchNorm", editing.fold_batchnorm, why_not=needs_project),
    Entry("fold_constants", EDIT_GRAPH, "Fold &constants", editing.fold_constants, why_not=needs_project),
    Entry(
        "remove_identities",
        EDIT_GRAPH,
        "Remove I&dentity and Dropout",
        editing.remove_identities,
        why_not=needs_project,
    ),
)

# below the methods of their menu
AFTER_METHODS: tuple[Entry, ...] = (
    _line(PRUNE),
    Entry(
        "lock",
        PRUNE,
        "Loc&k channels",
        pruning.lock,
        "Ctrl+Shift+K",
        "Those of the selected layers stay when the network is pruned, with all that are coupled to them.",
        needs_unlocked,
    ),
    Entry("unlock", PRUNE, "&Unlock channels", pruning.unlock, "Ctrl+Alt+U", "They may be pruned again.", needs_locked),
    _line(PRUNE),
    Entry(
        "select_coupled",
        PRUNE,
        "Select c&oupled layers",
        pruning.select_coupled,
        "Ctrl+Shift+L",
        "All whose channels live and die with those of the selected ones.",
        needs_selection,
    ),
    Entry(
        "show_coupled",
        PRUNE,
        "Sho&w coupled and locked layers",
        pruning.toggle_coupled,
        "Ctrl+Shift+C",
        "On the graph: a dashed line around layers coupled to the selected one, a lock where channels have to stay.",
        needs_project,
        lambda d: pruning.on_graph(d).always,
    ),
)

ENTRIES: tuple[Entry, ...] = (
    Entry("new", FILE, "&New from reference network…", creating.choose, "Ctrl+N", "MobileNet, ResNet, ViT and others."),
    Entry("open", FILE, "&Open model…", files.choose_model, "Ctrl+O", "Open an ONNX file as a new project."),
    Entry("open_sample", FILE, "Open the &sample", files.open_sample, "Ctrl+Alt+O", "A small network with its data."),
    Entry("open_project", FILE, "Open &project…", files.choose_project, "Ctrl+Shift+O"),
    Entry(
        "open_packed",
        FILE,
        "Open pac&ked project…",
        parcels.choose_packed,
        "Ctrl+Alt+P",
        "One file that somebody has sent.",
    ),
    Entry("save_project", FILE, "Save project &as…", files.save_project_as, "Ctrl+Shift+S", why_not=needs_project),
    Entry(
        "pack_project",
        FILE,
        "Pack pro&ject…",
        parcels.choose_pack,
        "Ctrl+Alt+K",
        "One file to send: every revision, without the data.",
        needs_project,
    ),
    _line(FILE),
    Entry("attach", FILE, "Attach &data…", files.choose_data, "Ctrl+D", why_not=needs_project),
    Entry(
        "attach_folder", FILE, "Attach data &folder…", files.choose_data_folder, "Ctrl+Shift+D", why_not=needs_project
    ),
    Entry("detach", FILE, "De&tach data", files.detach_data, why_not=needs_data),
    _line(FILE),
    Entry("save_recipe", FILE, "Save recip&e…", files.save_recipe, "Ctrl+R", "The steps so far.", needs_steps),
    Entry("run_recipe", FILE, "Rep&lay recipe…", act.choose_recipe, "Ctrl+Shift+R", why_not=needs_project),
    _line(FILE),
    Entry("close", FILE, "&Close project", files.close_project, "Ctrl+W", why_not=needs_project),
    Entry("quit", FILE, "&Quit", files.quit_window, "Ctrl+Q"),
    Entry("undo", EDIT, "&Undo", moving.undo, "Ctrl+Z", "The last edit, else the last act.", needs_undo),
    Entry("redo", EDIT, "&Redo", moving.redo, "Ctrl+Shift+Z", "What was undone last.", needs_redo),
    Entry(
        "replay_step",
        EDIT,
        "Replay the chosen step",
        replaying.replay_chosen,
        "Ctrl+Shift+Y",
        "Do the step of the revision under the cursor again, on the current one.",
        needs_project,
    ),
    _line(EDIT),
    *EDITS,
    _line(EDIT),
    Entry(
        "find",
        EDIT,
        "&Find layers…",
        searching.find,
        "Ctrl+F",
        "By name, operator, attribute, shape, tensor or type.",
        needs_project,
    ),
    Entry("find_next", EDIT, "Find ne&xt", searching.find_next, "F3", why_not=needs_project),
    Entry("find_previous", EDIT, "Find pre&vious", searching.find_previous, "Shift+F3", why_not=needs_project),
    Entry(
        "next_wrong",
        EDIT,
        "Next la&yer that cannot run",
        repairing.go_to_next_wrong,
        "F9",
        "Layers that an edit has left wrong have a red sign.",
        needs_any_wrong,
    ),
    Entry("select_all", EDIT, "Select &all layers", looking.select_all, "Ctrl+Shift+A", why_not=needs_project),
    Entry("select_none", EDIT, "Select not&hing", looking.select_none, "Ctrl+Shift+N", why_not=needs_selection),
    Entry("fit", VIEW, "&Fit graph", looking.fit, "Ctrl+0", why_not=needs_project),
    Entry("fit_width", VIEW, "Fit &width", looking.fit_width, "Ctrl+9", why_not=needs_project),
    Entry("zoom_100", VIEW, "&100 %", looking.zoom_100, "Ctrl+1", why_not=needs_project),
    Entry("zoom_in", VIEW, "Zoom &in", looking.zoom_in, "Ctrl++", why_not=needs_project),
    Entry("zoom_out", VIEW, "Zoom &out", looking.zoom_out, "Ctrl+-", why_not=needs_project),
    Entry("to_input", VIEW, "&Go to the input", looking.go_to_input, "Ctrl+Home", why_not=needs_project),
    Entry(
        "overview",
        VIEW,
        "Overview &map in the corner",
        looking.toggle_overview,
        "Ctrl+M",
        "A small picture of the whole graph, where the graph is larger than the view.",
        check=lambda d: d.settings.overview,
    ),
    _line(VIEW),
    Entry(
        "blocks",
        VIEW,
        "Blocks",
        blocks.toggle_shown,
        "Ctrl+Alt+B",
        "Layers in the blocks that names and repeated structure give; without it the graph is flat.",
        check=lambda d: d.settings.blocks,
    ),
    Entry("blocks_open", VIEW, "Open all blocks", blocks.open_all, "Ctrl+Shift+Down", why_not=needs_blocks),
    Entry("blocks_close", VIEW, "Close all blocks", blocks.close_all, "Ctrl+Shift+Up", why_not=needs_blocks),
    Entry(
        "block_toggle",
        VIEW,
        "Open or close &the selected block",
        blocks.toggle,
        "Ctrl+Space",
        "Of a selected layer the block around it.",
        needs_block,
    ),
    Entry(
        "block_alike",
        VIEW,
        "Open or close all identical blocks",
        blocks.toggle_alike,
        "Ctrl+Shift+Space",
        "The selected block and all of the same structure.",
        needs_alike,
    ),
    _line(VIEW),
    Entry("tab_graph", VIEW, "Gr&aph tab", looking.show_graph, "Alt+1", why_not=needs_project),
    Entry("tab_layers", VIEW, "&Layers tab", looking.show_layers, "Alt+2", why_not=needs_project),
    Entry("tab_compare", VIEW, "&Compare tab", looking.show_compare, "Alt+3", why_not=needs_project),
    _line(VIEW),
    Entry(
        "picture",
        VIEW,
        "Sa&ve picture as…",
        drawing.choose_picture_file,
        "Ctrl+Alt+S",
        "SVG, PDF or PNG.",
        needs_project,
    ),
    Entry(
        "netron",
        VIEW,
        "In &Netron",
        netron.show,
        "Ctrl+Alt+N",
        "The same model in Netron, offline; Netron can only read it.",
        needs_project,
    ),
    _line(VIEW),
    Entry("look_system", VIEW, "Look of the &system", looking.look_system, check=lambda d: d.settings.look == "system"),
    Entry("look_light", VIEW, "Lig&ht", looking.look_light, "Ctrl+F2", check=lambda d: d.settings.look == "light"),
    Entry("look_dark", VIEW, "&Dark", looking.look_dark, "Ctrl+F3", check=lambda d: d.settings.look == "dark"),
    _line(VIEW),
    Entry("reset_panels", VIEW, "&Reset panels", looking.reset_panels),
    Entry("full_screen", VIEW, "F&ull screen", looking.full_screen, "F11", check=lambda d: d.window.isFullScreen()),
    *AFTER_METHODS,
    Entry("evaluate", ANALYSE, "&Evaluate accuracy", analyse.evaluate_current, "F5", why_not=needs_labels),
    Entry("latency", ANALYSE, "Measure &latency", analyse.latency_current, "F6", why_not=needs_running),
    Entry(
        "layer_latency",
        ANALYSE,
        "Latency per la&yer…",
        timing.ask,
        "Shift+F6",
        "Time every layer on this machine and colour the graph by it.",
        needs_running,
    ),
    Entry(
        "analysis",
        ANALYSE,
        "Show the last &analysis",
        reports.show_last,
        "Shift+F7",
        "What the newest analysis of this revision found out.",
        needs_analysis,
    ),
    Entry("fidelity", ANALYSE, "&Fidelity to the original", analyse.fidelity_current, "F7", why_not=needs_parent),
    Entry("predict", ANALYSE, "Ask about a &picture…", analyse.choose_picture, "F8", why_not=needs_running),
    Entry("compare_parent", COMPARE, "With the &parent revision", comparing.with_parent, "Ctrl+B", "", needs_parent),
    Entry("compare_first", COMPARE, "With the &original", comparing.with_original, "Ctrl+Shift+G", "", needs_parent),
    Entry("compare_chosen", COMPARE, "With the &chosen revision", comparing.with_chosen, why_not=needs_parent),
    Entry("compare_file", COMPARE, "With a &file…", comparing.with_file, "Ctrl+Shift+F", "", needs_project),
    _line(COMPARE),
    Entry("table", COMPARE, "&Table of all revisions", looking.show_compare, "Ctrl+T", "", needs_project),
    Entry("close_beside", COMPARE, "Close the &second graph", comparing.close_beside, "Ctrl+Shift+B", "", needs_beside),
    Entry("export", EXPORT, "&Export…", exporting.export, "Ctrl+E", "Write a file for a runtime.", needs_running),
    Entry(
        "palette", HELP, "&Command palette…", commanding.open_palette, "Ctrl+K", "Any act by its name, any layer by @."
    ),
    Entry("shortcuts", HELP, "&Shortcuts", helping.shortcuts, "F1"),
    Entry("reports", HELP, "Open the folder of crash &reports", helping.open_reports),
    Entry("about", HELP, "&About Thimble", helping.about),
)
