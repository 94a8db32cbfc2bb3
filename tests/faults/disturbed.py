"""One command of synth that is disturbed: what to do, and where to tell its changes, are its arguments."""

import json
import os
import sys
import threading
import warnings
from typing import Any

from tests.faults.changes import Changes
from tests.faults.commands import SQLITE
from tests.faults.seen import look


def main(order: dict[str, Any], told: int) -> int:
    """Carries it out; the exit code is the command's."""
    from synth import cli

    os.dup2(1, 2)
    warnings.simplefilter("ignore")
    sys.path.append(str(SQLITE.parents[1]))
    words = order["words"]
    if words[0] == "look":
        look(*words[1:])
        return 0
    changes = Changes(order["within"], order["at"], order["fail_at"], told)
    changes.watch()
    if order["after"]:
        threading.Thread(target=changes.die_after, args=(order["after"],), daemon=True).start()
    return cli.main(words)


if __name__ == "__main__":
    code = main(json.loads(sys.argv[1]), os.open(sys.argv[2], os.O_WRONLY))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Python's own end takes as long as a small run
