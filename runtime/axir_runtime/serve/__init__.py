"""Exported functions over HTTP; needs ``axir-runtime[serve]`` (uvicorn and starlette), and no compiler.

$ python -m axir_runtime.serve model.axir --port 8000

``application(artifact, settings)`` is the ASGI application for other servers.
"""

try:
    import starlette  # noqa: F401
    import uvicorn  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"serving needs the package {error.name}: pip install 'axir-runtime[serve]', or 'axir[serve]'",
        name=error.name,
    ) from None

from axir_runtime.serve.app import application
from axir_runtime.serve.errors import RequestError
from axir_runtime.serve.server import run
from axir_runtime.serve.settings import Settings, parse

__all__ = ["RequestError", "Settings", "application", "parse", "run"]
