"""``synth verify``."""

import argparse
from dataclasses import asdict

from synth.check.verify import verify
from synth.cli import output, screen
from synth.config.catalog import load_catalog
from synth.errors import VerifyError


def main(args: argparse.Namespace) -> int:
    """Reads an output back and checks it against its manifest."""
    report = verify(args.uri, catalog=load_catalog(args.plugin, args.plugins_dir))
    data = {"uri": args.uri, "checks": [asdict(check) for check in report.checks]}
    marks = {True: "ok", False: "FAILED", None: "not checked"}
    text = screen.table([[marks[check.ok], check.name, check.detail] for check in report.checks])
    if report.ok:
        return output.succeed(args, data, text)
    if not args.json and not args.quiet:
        output.say(text)
    first = report.failed[0]
    return output.fail(args, VerifyError(f"{args.uri}: {first.name}: {first.detail}"), 1, data)
