"""What others see of a release, and what a change does to it: `python -m tools.surface [--against REVISION]`.

REST and event descriptions, database schema, tables of reasons and alarms, metrics, log events, settings,
command lines. Of two revisions each runs its own code over the packages of this environment.
"""

import argparse
import ast
import asyncio
import difflib
import importlib
import inspect
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOGGER, LOG_LEVELS = "log", ("debug", "info", "warning", "error", "exception", "critical")
COMMANDS = (
    "api.__main__",
    "ingest.__main__",
    "invoice_writer.__main__",
    "transit_writer.__main__",
    "standalone.__main__",
    "common.db.migrate",
    "common.transport.topics",
    "common.transport.repair",
)
PRINTED = {
    "events.json": "common.events.asyncapi",
    "reasons.md": "common.domain.reasons",
    "alarms.md": "common.domain.alarms",
}
COLLECT = "--collect"  # how the tool runs itself with another revision's code


def main() -> int:
    """Print the surface, or how it differs from another revision's; 1 when it differs."""
    parser = argparse.ArgumentParser("python -m tools.surface", description=__doc__)
    parser.add_argument("--against", metavar="REVISION", help="compare with this revision")
    parser.add_argument(COLLECT, metavar="ROOT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.collect:
        json.dump(collect(Path(options.collect)), sys.stdout)
        return 0
    here = surface_of(ROOT)
    if options.against is None:
        for name, text in here.items():
            sys.stdout.write(f"== {name}\n{text}\n")
        return 0
    with checked_out(options.against) as there:
        before = surface_of(there)
    different = dict(differences(before, here))
    for name in sorted(before.keys() | here.keys()):
        sys.stdout.write(different.get(name) or f"{name}: equal, {len(here[name].encode())} bytes\n")
    return int(bool(different))


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name each part that is not byte-equal, with its unified diff."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            lines = difflib.unified_diff(
                old.splitlines(), new.splitlines(), f"before/{name}", f"after/{name}", lineterm="", n=2
            )
            yield name, "\n".join(lines) + "\n"


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """Give a work tree of a revision that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="surface-") as place:
        folder = Path(place) / "tree"
        subprocess.run(
            ["git", "worktree", "add", "--quiet", "--detach", str(folder), revision], cwd=ROOT, check=True
        )
        try:
            yield folder
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(folder)], cwd=ROOT, check=True)


def surface_of(root: Path) -> dict[str, str]:
    """Collect the surface of a work tree with its own code, in a process of its own."""
    sources = [str(path) for path in sorted([*root.glob("libs/*/src"), *root.glob("services/*/src")])]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), COLLECT, str(root)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sources)},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the surface of {root} cannot be read:\n{done.stderr}")
    surface: dict[str, str] = json.loads(done.stdout)
    return surface


def collect(root: Path) -> dict[str, str]:
    """Read every part from the code that is imported now; files are read under `root`."""
    return {
        "rest.json": _pretty(openapi()),
        **{name: _printed(module) for name, module in PRINTED.items()},
        "schema.sql": schema(),
        "metrics.txt": "\n".join(metric_lines()),
        "log_events.txt": "\n".join(sorted(log_events(root))),
        "commands.json": _pretty({name: command_line(name) for name in COMMANDS}),
        "settings.env": (root / ".env.example").read_text(),
    }


def openapi() -> Any:
    """The description of the REST interface."""
    app = importlib.import_module("api.app")
    common = importlib.import_module("common.settings")
    engine = importlib.import_module("common.db.engine")
    settings = app.Settings(
        database=common.DatabaseSettings(url="sqlite+aiosqlite:///never-opened.db"),
        encryption_keys=("0" * 64,),
    )
    needed = inspect.signature(app.create_app).parameters.values()
    others = sum(one.kind is one.POSITIONAL_OR_KEYWORD and one.default is one.empty for one in needed) - 2
    database = engine.open_database(settings.database)
    try:
        return app.create_app(settings, database, *[None] * others).openapi()
    finally:
        asyncio.run(database.close())


def schema() -> str:
    """What the migrations make of an empty database, and the models as PostgreSQL would hold them."""
    migrate = importlib.import_module("common.db.migrate")
    models = importlib.import_module("common.db.models")
    sqlalchemy = importlib.import_module("sqlalchemy")
    dialect = importlib.import_module("sqlalchemy.dialects.postgresql").dialect()
    with tempfile.TemporaryDirectory(prefix="surface-") as place:
        file = Path(place) / "schema.db"
        migrate.upgrade_database(f"sqlite+aiosqlite:///{file}")
        store = sqlite3.connect(file)
        migrated = store.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name")
        statements = [str(sql) for (sql,) in migrated]
        store.close()
    for table in sorted(models.Base.metadata.tables.values(), key=lambda one: str(one.fullname)):
        statements.append(str(sqlalchemy.schema.CreateTable(table).compile(dialect=dialect)).strip())
        indexes = sorted(table.indexes, key=lambda one: str(one.name))
        statements += [str(sqlalchemy.schema.CreateIndex(one).compile(dialect=dialect)) for one in indexes]
    return ";\n".join(statements)


def metric_lines() -> Iterator[str]:
    """Name, kind, labels and help of each metric."""
    prometheus = importlib.import_module("prometheus_client")
    importlib.import_module("common.observability.metrics")
    for family in sorted(
        prometheus.REGISTRY._collector_to_names, key=lambda one: str(getattr(one, "_name", ""))
    ):
        if hasattr(family, "_labelnames"):
            labels = ",".join(family._labelnames)
            yield f"{family._type} {family._name}{{{labels}}} {family._documentation}"


def log_events(root: Path) -> set[str]:
    """Name every event that a logger of ours is called with."""
    named = set[str]()
    for path in [*root.glob("libs/*/src/**/*.py"), *root.glob("services/*/src/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log"), attr=level),
                    args=[ast.Constant(value=str(name)), *_],
                ) if level in LOG_LEVELS:
                    named.add(f"{level} {name}")
                case _:
                    pass
    return named


def command_line(name: str) -> Any:
    """Commands, options and help texts of one program."""
    module = importlib.import_module(name)
    typer = importlib.import_module("typer")
    app = next(value for value in vars(module).values() if isinstance(value, typer.Typer))
    return _command(typer.main.get_command(app))


def _command(command: Any) -> Any:
    options = [
        {
            "names": sorted(param.opts),
            "required": param.required,
            "help": getattr(param, "help", None),
            "environment": getattr(param, "envvar", None),
            "type": param.type.name,
        }
        for param in command.params
    ]
    inner = {name: _command(one) for name, one in getattr(command, "commands", {}).items()}
    return {"help": command.help, "options": options, "commands": inner}


def _printed(module: str) -> str:
    done = subprocess.run([sys.executable, "-m", module], capture_output=True, text=True, check=True)
    return done.stdout


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
