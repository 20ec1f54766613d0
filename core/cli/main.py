"""Arguments of every command, and the one place that turns failures into a sentence and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from core import __version__
from core.cli.edit_options import EXAMPLES, OPTIONS, SWITCHES
from core.errors import Cancelled, UserError

USAGE_ERROR, CANCELLED = 2, 130
Command = Callable[[argparse.Namespace], int]


class _Parser(argparse.ArgumentParser):
    """One sentence instead of a usage block."""

    def error(self, message: str) -> NoReturn:
        sentence = message[:1].upper() + message[1:].rstrip(".")
        print(f"thimble: {sentence}. Try '{self.prog} --help'.", file=sys.stderr)
        raise SystemExit(USAGE_ERROR)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 2 for anything the user got wrong, 130 cancelled, 1 for a bug (with a report)."""
    try:
        args = _parser().parse_args(argv)
        if not sys.warnoptions:
            warnings.simplefilter("ignore")  # libraries' deprecations are no news to the user
        command: Command = args.command
        return command(args)
    except UserError as error:
        print(f"thimble: {error}", file=sys.stderr)
        return USAGE_ERROR
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE_ERROR
    except (Cancelled, KeyboardInterrupt):
        print("thimble: Cancelled.", file=sys.stderr)
        return CANCELLED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `thimble info | head` is not an error
        return 0
    except OSError as error:
        where = f"'{error.filename}': " if error.filename else ""
        print(f"thimble: {where}{error.strerror or error}.", file=sys.stderr)
        return USAGE_ERROR
    except Exception as error:  # noqa: BLE001  a bug: never a traceback on screen, always a report
        print(f"thimble: This is a bug in Thimble ({type(error).__name__}): {_report()}", file=sys.stderr)
        return 1


def _report() -> str:
    with tempfile.NamedTemporaryFile("w", prefix="thimble-crash-", suffix=".txt", delete=False) as file:
        file.write(f"thimble {__version__}, Python {sys.version}\n{' '.join(sys.argv)}\n\n{traceback.format_exc()}")
    return f"please send {file.name}."


def _lazy(module: str, name: str) -> Command:
    def run(args: argparse.Namespace) -> int:
        command: Command = getattr(importlib.import_module(f"core.cli.{module}"), name)
        return command(args)

    return run


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="thimble", description="Fits neural networks into phones.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"thimble {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    for add in (
        _info,
        _methods,
        _references,
        _new,
        _apply,
        _run,
        _evaluate,
        _compare,
        _edit,
        _draw,
        _export,
        _pack,
        _unpack,
        _demo,
        _window,
    ):
        add(commands)
    return parser


Commands = argparse._SubParsersAction  # the only name argparse has for it


def _command(commands: Commands[_Parser], name: str, help_line: str, module: str, function: str) -> _Parser:
    parser = commands.add_parser(name, help=help_line, description=help_line, allow_abbrev=False)
    parser.set_defaults(command=_lazy(module, function))
    return parser


def _json(parser: _Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _judging(parser: _Parser, required: bool, seed: str = "divides the data (default 0)") -> None:
    parser.add_argument("--data", required=required, help="folder, zip, folder with labels.csv, .npz, or 'sample'")
    _preprocess(parser)
    parser.add_argument("--seed", type=_seed, default=0, help=seed)
    parser.add_argument(
        "--threads", type=_positive, default=0, help="of the runtimes (default: OMP_NUM_THREADS, else all cores)"
    )


def _preprocess(parser: _Parser) -> None:
    parser.add_argument("--preprocess", metavar="P", help="imagenet, minus1to1, cifar10, or a JSON file")


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number above 0")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdigit() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 to 2^32 - 1")
    return int(text)


def _info(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "info", "layers, parameters, MACs and bytes of a model", "inspect", "info")
    parser.add_argument("model")
    parser.add_argument(
        "--blocks",
        nargs="?",
        type=_positive,
        const=2,
        metavar="LEVELS",
        help="blocks instead of layers (default 2 levels)",
    )
    parser.add_argument(
        "--tensors", action="store_true", help="what is stored in fewer bits, and how, instead of layers"
    )
    _json(parser)


def _methods(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "methods", "every method with its parameters", "inspect", "methods")
    parser.add_argument("key", nargs="?", help="one of them: what each parameter means")
    _json(parser)


def _references(commands: Commands[_Parser]) -> None:
    line = "networks that can be made, with published figures"
    parser = _command(commands, "references", line, "networks", "references")
    parser.add_argument("key", nargs="?", help="one of them: what can be set, and every citation")
    _json(parser)


def _new(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "new", "make a reference network", "networks", "new")
    parser.add_argument("key", help="see 'thimble references'; 'thimble references KEY' says what can be set")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the .onnx file to write")
    parser.add_argument("--set", action="append", default=[], metavar="K=V", nargs="+", help="width=0.5 classes=10 ...")
    parser.add_argument("--seed", type=_seed, default=0, help="draws the weights (default 0)")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--weights", metavar="FILE", help="a .safetensors file or a torch state dict")
    source.add_argument("--pretrained", action="store_true", help="fetch weights through timm (needs the network)")
    _json(parser)


def _acting(parser: _Parser) -> None:
    output = "the .onnx file to write; a .json file for an analysis"
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help=output)
    _judging(
        parser,
        required=False,
        seed="divides the data, and draws all that a method leaves to chance (default 0; run: the recipe's)",
    )
    parser.add_argument("--test", help="data for judging (default: a part of --data)")
    parser.add_argument("--device", default="cpu", metavar="D", help="where to train: cpu (default), cuda or mps")
    parser.add_argument(
        "--fresh", action="store_true", help="start anew instead of going on from OUT.checkpoint after an interruption"
    )
    parser.add_argument("--teacher", help="model to distil from")
    parser.add_argument(
        "--layers",
        metavar="PATTERN",
        default="",
        help="only layers whose name matches, e.g. 'features.1*', or of operators (op:Conv,Gemm)",
    )
    _json(parser)


def _apply(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "apply", "apply one method to a model", "act", "apply")
    parser.add_argument("method")
    parser.add_argument("model")
    parser.add_argument("--set", action="append", default=[], metavar="K=V", nargs="+", help="parameters of the method")
    parser.add_argument("--preset", metavar="KEY", default="",
                        help="what a target asks for, see 'thimble methods KEY'; --set still holds")  # fmt: skip
    parser.add_argument("--override", action="append", default=[], metavar=("PATTERN", "K=V"), nargs="+",
                        help="other parameters for layers whose name matches, or of an operator (op:Gemm);"
                             " the last that matches holds")  # fmt: skip
    parser.add_argument("--ratios-from", metavar="REPORT", default="",
                        help="ratios per layer from the .json of analyse.pruning_sensitivity")  # fmt: skip
    parser.add_argument("--tolerance", type=float, metavar="T",
                        help="with --ratios-from: points that each layer alone may lose (default 1)")  # fmt: skip
    _acting(parser)


def _run(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "run", "replay a recipe on a model", "act", "run")
    parser.add_argument("recipe")
    parser.add_argument("model")
    _acting(parser)
    parser.set_defaults(seed=None)  # the recipe's own


def _evaluate(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "evaluate", "top-1 and top-5 of a .onnx or .tflite file on data", "judge", "evaluate")
    parser.add_argument("model")
    _judging(parser, required=True)
    parser.add_argument("--split", metavar="S", help="train, calibration, test or all (default: the part for judging)")
    parser.add_argument("--limit", type=_positive, help="at most so many items")
    _json(parser)


def _compare(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "compare", "models side by side", "judge", "compare")
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument(
        "--latency", action="store_true", help="also time them, interleaved (one thread unless --threads)"
    )
    _judging(parser, required=False)
    parser.add_argument("--split", metavar="S", help="train, calibration, test or all (default: the part for judging)")
    parser.add_argument("--limit", type=_positive, help="at most so many items")
    _json(parser)


class _InOrder(argparse.Action):
    """Options of several kinds, kept in the order in which they are written."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        namespace.edits = [*namespace.edits, (self.dest, values or "")]


def _edit(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "edit", "edit a graph: names, attributes, layers, ends, values", "edit", "edit")
    parser.epilog, parser.formatter_class = EXAMPLES, argparse.RawDescriptionHelpFormatter
    parser.add_argument("model")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the .onnx file to write")
    parser.set_defaults(edits=[])
    group = parser.add_argument_group("edits, carried out in the order in which they are written")
    for name, form, line in OPTIONS:
        group.add_argument(f"--{name}", action=_InOrder, metavar=form, help=line)
    for name, line in SWITCHES:
        group.add_argument(f"--{name}", action=_InOrder, nargs=0, help=line)
    parser.add_argument("--save-weights", action="append", default=[], metavar="NAME=FILE",
                        help="write what an initializer holds afterwards as a .npy file")  # fmt: skip
    parser.add_argument("--unfinished", action="store_true", help="write a graph that cannot run yet")
    _json(parser)


def _draw(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "draw", "the picture of a graph as SVG, PDF or PNG", "draw", "draw")
    parser.add_argument("model")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="a .svg, .pdf or .png file")
    parser.add_argument("--look", choices=("light", "dark"), default="light", help="colours (default light)")
    parser.add_argument("--scale", type=float, metavar="S", help="pixels of a PNG per pixel at 100 %% (default 2)")
    parser.add_argument(
        "--blocks",
        choices=("open", "closed", "flat"),
        default="open",
        help="blocks as frames around their layers, as one card each, or not at all (default open)",
    )


def _export(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "export", "write a file for a phone and prove it", "ship", "export")
    parser.add_argument("model")
    parser.add_argument("--to", required=True, metavar="TARGET", help="onnx or tflite")
    parser.add_argument("-o", "--output", required=True, metavar="OUT")
    parser.add_argument("--check", metavar="D", help="data for the proof (default: noise, and the result says so)")
    _preprocess(parser)
    _json(parser)


def _pack(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "pack", "a project folder as one file to send", "parcels", "pack")
    parser.add_argument("project", help="the .thimble folder; it may be open in a window")
    parser.add_argument("-o", "--output", metavar="OUT", help="the .thimble.zip file (default: beside the project)")
    _json(parser)


def _unpack(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "unpack", "a packed project as a folder again", "parcels", "unpack")
    parser.add_argument("file", help="a .thimble.zip file")
    parser.add_argument("-o", "--output", metavar="DIR", help="the .thimble folder (default: beside the file)")
    _json(parser)


def _demo(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "demo", "the whole job on the bundled sample", "ship", "demo")
    parser.add_argument("-o", "--output", default="demo", metavar="DIR")
    parser.add_argument("--brief", action="store_true", help="light pictures of the window, without its dialogs")
    _json(parser)


def _window(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "window", "open the desktop window", "ship", "window")
    parser.add_argument("model", nargs="?")


if __name__ == "__main__":
    sys.exit(main())
