"""named-compilezone: check a zone and write it, as text or in raw format; checkzone that always dumps."""

from __future__ import annotations

from fastsign.cli.compat import checkzone, common
from fastsign.cli.env import Env

TOOL = checkzone.tool("named-compilezone", "-o filename")


def main(env: Env) -> int:
    """Write one zone: 0 if it is written, 1 if a server would refuse it or it can't be written."""
    options = checkzone.Options(dict(checkzone.COMPILE), compiles=True)
    return common.run_tool(TOOL, lambda line: checkzone.run(line, options), env)
