"""``thimble pack`` and ``thimble unpack``."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.output import job, print_json, size


def pack(args: argparse.Namespace) -> int:
    """A project as one file to send."""
    from core.project.parcel import PACKED, pack_project
    from core.project.project import SUFFIX

    folder = Path(args.project).absolute()
    out = Path(args.output) if args.output else folder.with_name(folder.name.removesuffix(SUFFIX) + PACKED)
    made = pack_project(folder, out, job())
    if args.json:
        print_json({"file": str(made), "bytes": made.stat().st_size})
        return 0
    print(f"{made}: {size(made.stat().st_size)}. The data set stays behind; its place and its hash go along.")
    return 0


def unpack(args: argparse.Namespace) -> int:
    """A packed project as a folder again."""
    from core.project.parcel import PACKED, unpack_project
    from core.project.project import Project

    path = Path(args.file)
    folder = unpack_project(path, args.output or path.absolute().with_name(path.name.removesuffix(PACKED)), job())
    with Project.open(folder, read_only=True) as project:
        titles = [r.title for r in project.revisions]
        data, changed = project.data(), project.data_changed()
    if args.json:
        print_json(
            {"folder": str(folder), "revisions": titles, "data": data, "data_is_here": bool(data) and not changed}
        )
        return 0
    print(f"{folder}: {len(titles)} revision{'' if len(titles) == 1 else 's'}.")
    if data and changed:
        print(f"Its data was at '{data}', which is not here or differs: attach it again in the window.")
    return 0
