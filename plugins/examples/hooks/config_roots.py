"""A folder of choices beside a plugin: `choices/amount/pocket_money.yaml` in it becomes `amount=pocket_money`."""

from pathlib import Path

import synth


@synth.hookimpl
def synth_config_roots() -> list[str]:
    """An installed package says `pkg://its_name.choices` instead."""
    return [str(Path(__file__).parent / "choices")]
