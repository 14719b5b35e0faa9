"""The command line: new, check, freeze, run, example, clv, swift, audit, verify, export, key."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Sequence

from crmlab.cli.commands import DISAGREES
from crmlab.cli.parser import parser
from crmlab.cli.terminal import INTERRUPTED, err
from crmlab.errors import CrmlabError, RunError

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
    except OSError as error:
        told = _of_the_machine(error)
        err(f"crmlab: {told}")
        return told.exit_code
    except Exception:  # noqa: BLE001 - the one place where our own bugs end
        err(f"crmlab: a fault of crmlab itself, please report it\n{traceback.format_exc()}")
        return 1


def _of_the_machine(error: OSError) -> RunError:
    """What the machine refused: a full disk, a folder that is a file, a lack of permission."""
    place = f"{error.filename}: " if error.filename else ""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    hint = "free some space, then run again" if full else "is it the right path, and may you write there?"
    return RunError(f"{place}{error.strerror or error}", hint=hint)
