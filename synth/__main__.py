"""``python -m synth``, and the command ``synth``."""

import sys


def main() -> int:
    """Carries out the command that the process was started with; interrupted while it is loaded, it ends as later."""
    try:
        from synth.errors import UnsupportedSystem, refuse_other_systems

        try:
            refuse_other_systems()
        except UnsupportedSystem as error:
            sys.stderr.write(f"error: {error}\n")
            return error.exit_code
        from synth.cli import main as carry_out

        return carry_out()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
