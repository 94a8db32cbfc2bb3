"""``synth verify``."""

import argparse
from dataclasses import asdict

from synth.check.verify import verify
from synth.cli import output, screen
from synth.config.catalog import load_catalog
from synth.errors import VerifyError
from synth.wording import counted, hide_secrets


def main(args: argparse.Namespace) -> int:
    """Reads an output back and checks it against its manifest."""
    report = verify(args.uri, catalog=load_catalog(args.plugin, args.plugins_dir))
    uri = hide_secrets(args.uri)
    data = {"uri": uri, "checks": [asdict(check) for check in report.checks]}
    marks = {True: "ok", False: "FAILED", None: "not checked"}
    made = f"{len(report.checks) - len(report.unmade)} of {counted(len(report.checks), 'check')} could be made"
    text = screen.table([[marks[check.ok], check.name, check.detail] for check in report.checks]) + f"\n{made}"
    wrong = report.failed or (report.unmade if args.strict else ())
    if not wrong:
        return output.succeed(args, data, text)
    if not args.json and not args.quiet:
        output.say(text)
    first = wrong[0]
    return output.fail(args, VerifyError(f"{uri}: {first.name}: {first.detail}"), 1, data)
