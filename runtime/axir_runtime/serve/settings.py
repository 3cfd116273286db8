"""What a server may be told: limits, batching, where it listens."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any

from axir_runtime.threads import worker_count

MIB = 1 << 20


def _option(default: Any, words: str, least: float = 0) -> Any:
    return dataclasses.field(default=default, metadata={"help": words, "least": least})


@dataclasses.dataclass(frozen=True)
class Settings:
    """Options of ``application`` and, but for the address, all that there is to decide.

    Raises: ValueError for a number that is out of its range.
    """

    host: str = _option("127.0.0.1", "Address to listen at; 0.0.0.0 lets other machines in.")
    port: int = _option(8000, "Port to listen at; 0 takes a free one.")
    target: str = _option("", "Which module of the artifact to run; by default the best for this CPU.")
    threads: int = _option(0, "Calls that run at once; 0 stands for the cores of this machine.")
    max_batch: int = _option(64, "Rows of a batch of joined requests; 1 joins none.", 1)
    max_wait_ms: float = _option(
        0.0, "How long a request waits for others to join it while a thread is free."
    )
    max_body_mib: float = _option(64.0, "Size of a request.", 1e-3)
    max_json_mib: float = _option(8.0, "Size of a request in JSON.", 1e-3)
    max_requests: int = _option(256, "Requests at once; more are answered with 503.", 1)
    max_queue: int = _option(128, "Requests that wait for a thread; more are answered with 503.", 1)
    time_limit: float = _option(30.0, "Seconds for a request to arrive, and again for its answer.", 1e-3)

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, str) and not value >= field.metadata["least"]:
                least = field.metadata["least"]
                raise ValueError(f"{_flag(field.name)} must be at least {least:g}; got {value:g}.")
        if self.port > 65535:
            raise ValueError(f"--port must be at most 65535; got {self.port}.")

    @property
    def workers(self) -> int:
        """How many calls run at once."""
        return self.threads or worker_count()


def parse(arguments: Sequence[str], program: str) -> tuple[str, Settings]:
    """The artifact and the settings of a command line.

    Raises: SystemExit for a line that cannot be read, and for ``--help``.
    """
    parser = argparse.ArgumentParser(
        program, description="Serve the functions of an artifact over HTTP.", allow_abbrev=False
    )
    parser.add_argument("artifact", help="The .axir file.")
    for field in dataclasses.fields(Settings):
        parser.add_argument(
            _flag(field.name),
            type=type(field.default),
            default=field.default,
            help=field.metadata["help"] + (f" [{field.default}]" if field.default not in ("", 0) else ""),
            metavar="TEXT" if isinstance(field.default, str) else "NUMBER",
        )
    found = vars(parser.parse_args(arguments))
    artifact = found.pop("artifact")
    try:
        return artifact, Settings(**found)
    except ValueError as error:
        parser.error(str(error))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
