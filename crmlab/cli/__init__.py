"""The command line: new, check, freeze, run, example, clv, swift, audit, verify, export, key."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from crmlab.cli.commands import DISAGREES
from crmlab.cli.parser import parser
from crmlab.cli.terminal import INTERRUPTED, err
from crmlab.errors import CrmlabError

__all__ = ["DISAGREES", "INTERRUPTED", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 fine, 2 study, 3 data, 4 model, 5 run, 6 privacy, 7 audit, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except CrmlabError as error:
        err(f"crmlab: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        err("crmlab: interrupted; finished steps are kept, run again to go on")
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception:  # noqa: BLE001 - the one place where our own bugs end
        err(f"crmlab: a fault of crmlab itself, please report it\n{traceback.format_exc()}")
        return 1
