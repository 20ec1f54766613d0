"""``python -m gui.translations --extract OUT.ts`` for a new language, ``--update de`` after texts have changed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.errors import UserError
from gui.translations.files import read, release, source_file, write
from gui.translations.texts import texts


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m gui.translations", description="The window's texts, to translate.")
    parser.add_argument("--extract", metavar="OUT.ts", help="write every text of the window, untranslated")
    parser.add_argument("--update", metavar="LANGUAGE", help="bring a language's file up to date and compile it")
    args = parser.parse_args(argv)
    if not args.extract and not args.update:
        parser.error("say --extract or --update")
    found = texts()
    try:
        if args.extract:
            write(Path(args.extract), "", found, {})
            print(f"{len(found)} texts in {args.extract}")
        if args.update:
            print(update(args.update))
    except (OSError, UserError) as error:
        print(f"thimble: {error}", file=sys.stderr)
        return 1
    return 0


def update(language: str) -> str:
    """Add new texts to a language's file, drop those that are gone, compile it; gives one sentence on what it lacks."""
    path = source_file(language)
    known = read(path) if path.exists() else {}
    found = texts()
    write(path, language, found, known)
    release(path, path.with_suffix(".qm"))
    missing = [text.text for text in found if text.text not in known]
    lines = "".join(f"\n  {text!r}" for text in missing)
    return f"{path.name}: {len(found) - len(missing)} of {len(found)} texts are translated{lines}"


if __name__ == "__main__":
    sys.exit(main())
