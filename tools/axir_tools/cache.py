"""``axir cache``: the compiled modules that are kept on disk.

$ axir cache list
$ axir cache prune --max-bytes 100000000
"""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from axir_runtime import DamagedError, DiskCache, unpack
from axir_tools.console import CommandError, command, human_bytes, print_json, print_table

__all__ = ["cache", "entries"]

cache = typer.Typer(
    name="cache",
    help="List or remove compiled modules that are kept on disk.",
    no_args_is_help=True,
    add_completion=False,
)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def entries(store: DiskCache) -> list[dict[str, Any]]:
    """What is in the cache, the most recently used first."""
    found = []
    for entry in reversed(store.entries()):
        try:
            meta = unpack(entry.path.read_bytes())[1]
        except (OSError, DamagedError):
            meta = {"function": "(damaged)"}
        found.append(
            {
                "function": meta.get("function", ""),
                "bytes": entry.size,
                "used": entry.used,
                "key": str(meta.get("key", ""))[:16],
                "file": str(entry.path),
            }
        )
    return found


def _store() -> DiskCache:
    store = DiskCache.from_environment()
    if store.directory is None:
        raise CommandError("the cache is switched off by AXIR_CACHE_DIR.")
    return store


@cache.command("list")
@command("cache list")
def list_(json: _Json = False) -> None:
    """Show the compiled modules in the cache."""
    store = _store()
    found = entries(store)
    total = sum(e["bytes"] for e in found)
    if json:
        print_json(
            {
                "directory": str(store.directory),
                "bytes": total,
                "max_bytes": store.max_bytes,
                "entries": found,
            }
        )
        return
    now = time.time()
    rows = [{**e, "size": human_bytes(e["bytes"]), "used": f"{_age(now - e['used'])} ago"} for e in found]
    if rows:
        print_table(("function", "size", "used", "key"), rows, right=("size",))
    typer.echo(
        f"{len(found)} modules, {human_bytes(total)} of at most {human_bytes(store.max_bytes)}, in {store.directory}"
    )


@cache.command("clear")
@command("cache clear")
def clear(json: _Json = False) -> None:
    """Remove all compiled modules."""
    store = _store()
    sizes = [e.size for e in store.entries()]
    for entry in store.entries():
        entry.path.unlink(missing_ok=True)
    _report(len(sizes), sum(sizes), json)


@cache.command("prune")
@command("cache prune")
def prune(
    max_bytes: Annotated[
        int | None, typer.Option(help="Size to keep; by default AXIR_CACHE_MAX_BYTES.", min=1)
    ] = None,
    unused_days: Annotated[
        float | None, typer.Option(help="Remove what was not used for so long.", min=0)
    ] = None,
    json: _Json = False,
) -> None:
    """Remove the modules that were unused for longest, until the cache is small enough."""
    given = _store()
    store = DiskCache(given.directory, max_bytes or given.max_bytes)
    before = store.entries()
    if unused_days is not None:
        limit = time.time() - unused_days * 86400
        for entry in before:
            if entry.used < limit:
                entry.path.unlink(missing_ok=True)
    store.prune()
    left = store.entries()
    _report(len(before) - len(left), sum(e.size for e in before) - sum(e.size for e in left), json)


def _report(count: int, size: int, json: bool) -> None:
    if json:
        print_json({"removed": count, "bytes": size})
    else:
        typer.echo(f"removed {count} modules, {human_bytes(size)}")


def _age(seconds: float) -> str:
    for name, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{max(seconds, 0):.0f} seconds"
