"""Makes pictures of the graph for a view: at once where that is quick, else beside the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from PySide6.QtCore import QCoreApplication, QObject, Signal

from core.errors import UserError
from core.model.layout_nested import Cache
from core.model.model import Model
from gui.background import Background
from gui.graph_view.known import Known, known, known_already
from gui.graph_view.membership import Membership
from gui.graph_view.model_work import IN_THREAD
from gui.graph_view.picture import Picture, members_of, place
from gui.graph_view.sizes import Metrics
from gui.graph_view.sketch import Sketch, Sketcher
from gui.graph_view.tree import Tree
from gui.large_graphs import growing

_FIRST_AT_ONCE = 300  # layers of a graph that was not shown before: more take the window's breath for 50 ms and more
_CARDS_AT_ONCE = 400  # cards of layers to be made: about 20 ms
_BLOCKS_AT_ONCE = 400  # blocks to be put together: about 40 ms
_LOOKED_AT = 200  # nodes, to tell whether a graph is another state of one
_ITEMS_AT_ONCE = 2_500  # cards in one block: about 100 ms of layout where it was never laid out


@dataclass
class _Made:
    sketcher: Sketcher
    picture: Picture
    opened: set[str]


@dataclass
class _Open:
    """Which blocks are open, from one model to the next; ``given`` where somebody has said so before it was there."""

    paths: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    given: bool = False

    def among(self, members: Membership, large: bool) -> set[str]:
        """The blocks to open in a graph: as they were; new ones in a small graph only."""
        here = set(members.number)
        if self.given:
            return self.paths & here
        if 2 * len(here & self.seen) < len(here):  # another network
            return set() if large else here
        return (self.paths & here) | (set() if large else here - self.seen)


class Drafting(QObject):
    """``done`` carries a Picture, ``failed`` the exception; only for what was asked last."""

    done = Signal(object)
    failed = Signal(object)

    def __init__(self, metrics: Metrics, parent: QObject) -> None:
        super().__init__(parent)
        self._metrics = metrics
        self._background = Background(self)
        self._asked = 0
        self._model: Model | None = None
        self._sketcher: Sketcher | None = None
        self._ready: Sketcher | None = None  # the same for a copy of the graph that will be edited
        self._cache = Cache()
        self._open = _Open()
        self._blocks = True
        self._tree: tuple[Known, Tree] | None = None
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self._background.close)  # a thread must not outlive the interpreter

    @property
    def blocks(self) -> bool:
        """Whether blocks are shown at all."""
        return self._blocks

    @property
    def members(self) -> Membership | None:
        """The blocks of the graph on the canvas."""
        return self._sketcher.members if self._sketcher is not None else None

    @property
    def opened(self) -> set[str]:
        return set(self._open.paths)

    def keys_in(self, path: str) -> list[str]:
        """Keys of all layers of a block, at any depth, in the file's order."""
        members = self.members
        if self._sketcher is None or members is None or path not in members.number:
            return []
        block = members.number[path]
        inner = {k for k in range(len(members.blocks)) if block in members.above(k)}
        return [key for key, (node, _) in self._sketcher.whole.layers.items() if members.homes[node] in inner]

    def tree(self) -> Tree | None:
        """The blocks that have a border, as the newest state of the graph has them."""
        if self._sketcher is None:
            return None
        whole = self._sketcher.whole
        if self._tree is None or self._tree[0] is not whole:
            self._tree = (whole, Tree(self._sketcher.wiring))
        return self._tree[1]

    def around(self, key: str) -> list[str]:
        """Paths of the blocks around a layer, the outermost first."""
        members = self.members
        if self._sketcher is None or members is None or key not in self._sketcher.whole.layers:
            return []
        home = members.homes[self._sketcher.whole.layers[key][0]]
        return [members.blocks[k].path for k in reversed(members.above(home)) if k]

    def with_those_around(self, path: str) -> list[str]:
        """A block and the blocks around it."""
        members = self.members
        if members is None or path not in members.number:
            return []
        return [members.blocks[k].path for k in members.above(members.number[path]) if k]

    def alike(self, path: str) -> list[str]:
        """Paths of the blocks of the same structure, itself included."""
        members = self.members
        if members is None or path not in members.number:
            return []
        block = members.number[path]
        return [members.blocks[k].path for k in members.identical(block)]

    def forget(self) -> None:
        """No model any more; what is on its way is dropped."""
        self._asked += 1
        self._model = self._sketcher = self._ready = self._tree = None

    def ready_for_edits(self) -> Callable[[Known], None]:
        """What makes all ready, in another thread, for the first edit of a copy of the graph: it wants what is known of
        the copy. Without it that edit takes three times as long as those that follow."""
        shown, chosen = self._sketcher, set(self._open.paths)
        fork = shown.fork() if shown is not None else None

        def make(whole: Known) -> None:
            if fork is None or not fork.adopt(whole):
                return
            fork.sketch(chosen)
            if self._sketcher is shown:
                self._ready = fork

        return make

    def set_model(self, model: Model) -> bool:
        """Whether the picture was delivered before returning."""
        self._model = model
        self._asked += 1
        whole, ready = known_already(model), self._ready
        if ready is not None and ready.whole.model.graph is model.graph:
            self._sketcher = ready
        self._ready, sketcher = None, self._sketcher
        if whole is None and len(model.graph.graph) <= IN_THREAD:
            whole = known(model)
        if sketcher is None or whole is None:
            return self._begin(model)
        if model.graph is sketcher.whole.model.graph:
            sketcher.follow(whole)
        elif not sketcher.adopt(whole):
            return self._begin(model)
        return self._draw(self._open.paths)

    def resembles(self, model: Model) -> bool:
        """Whether the picture on the canvas is of the same network, if not of this state of it."""
        if self._sketcher is None:
            return False
        names = [node.name for node in islice(model.graph.graph, _LOOKED_AT)]
        before = {node.name for node in self._sketcher.whole.nodes}
        return 2 * sum(name in before for name in names) > len(names)

    def set_blocks(self, shown: bool) -> bool:
        """Show blocks, or the graph flat."""
        self._blocks = shown
        self._asked += 1
        return self._begin(self._model) if self._model is not None else True

    def set_opened(self, paths: Iterable[str]) -> bool:
        """Open these blocks and close all others. Kept for later where there is no picture yet."""
        self._open.paths = set(paths)
        members = self.members
        if members is None:
            self._open.given = True
            return True
        self._asked += 1
        return self._draw(self._open.paths)

    def _begin(self, model: Model) -> bool:
        """A graph that was not shown before, or now with other blocks."""
        self._ready, large = None, len(model.graph.graph) > IN_THREAD
        blocks, metrics, opened, cache = self._blocks, self._metrics, self._open, self._cache

        def make() -> _Made:
            members = members_of(model, blocks)
            chosen = opened.among(members, large)
            return _made(Sketcher(known(model), members, metrics), chosen, cache)

        return self._beside(make) if len(model.graph.graph) > _FIRST_AT_ONCE else self._at_once(make)

    def _draw(self, opened: Collection[str]) -> bool:
        """The same graph again: with other blocks open, or after an edit."""
        sketcher, cache, chosen = self._sketcher, self._cache, set(opened)
        if sketcher is None:
            return True
        missing = sketcher.missing(chosen)
        if missing.cards > _CARDS_AT_ONCE or missing.blocks > _BLOCKS_AT_ONCE:
            fork = sketcher.fork()
            return self._beside(lambda: _made(fork, chosen, cache), again=True)
        sketch = sketcher.sketch(chosen)
        if missing.largest > _ITEMS_AT_ONCE:
            make = partial(_placed, sketcher, sketch, chosen, cache)
            return self._beside(make, again=True)
        try:
            return self._deliver(_Made(sketcher, place(sketch, sketcher.metrics, cache), chosen))
        except ValueError:  # what was edited made two blocks feed each other: divide the graph anew
            return self._begin(sketcher.whole.model)

    def _at_once(self, make: Callable[[], _Made]) -> bool:
        try:
            made = make()
        except (ValueError, UserError) as error:
            self._fail(error)
            return True
        return self._deliver(made)

    def _beside(self, make: Callable[[], _Made], again: bool = False) -> bool:
        """``again``: divide the graph into blocks anew where it cannot be placed as it is divided now."""
        mine = self._asked

        def deliver(made: _Made) -> None:
            if mine == self._asked:
                self._deliver(made)

        def fail(error: Exception) -> None:
            if mine != self._asked:
                return
            if again and isinstance(error, ValueError) and self._model is not None:
                self._begin(self._model)
            else:
                self._fail(error)

        def work() -> _Made:
            with growing():
                return make()

        self._background.run(work, deliver, fail)
        return False

    def _deliver(self, made: _Made) -> bool:
        self._sketcher = made.sketcher
        if self._blocks:
            self._open = _Open(made.opened, set(made.sketcher.members.number))
        self.done.emit(made.picture)
        return True

    def _fail(self, error: Exception) -> None:
        self._sketcher = None
        self.failed.emit(error)


def _made(sketcher: Sketcher, opened: set[str], cache: Cache) -> _Made:
    return _placed(sketcher, sketcher.sketch(opened), opened, cache)


def _placed(sketcher: Sketcher, sketch: Sketch, opened: set[str], cache: Cache) -> _Made:
    picture = place(sketch, sketcher.metrics, cache)
    picture.prepare()
    return _Made(sketcher, picture, opened)
