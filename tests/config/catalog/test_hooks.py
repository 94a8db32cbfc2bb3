"""What a plugin's hooks may return, and which API it may need."""

from pathlib import Path

import pytest

from synth.config.catalog import load_catalog
from synth.contracts.hookspecs import API_VERSION
from synth.errors import PluginError
from tests.config.catalog.plugins import PATTERN, hook, write

#: What stands in a module → what is said of it.
WRONG = {
    "no list": (hook("synth_injectors", "synth"), "hook 'synth_injectors' returned <module 'synth'"),
    "a text for a list": (
        hook("synth_config_roots", "'conf'"),
        "'synth_config_roots' returned 'conf' instead of a list",
    ),
    "a text for a spec": (
        hook("synth_sinks", "['csv']"),
        "'synth_sinks' returned 'csv' instead of synth.SinkSpec(config",
    ),
    "no class": (
        hook("synth_sinks", "[synth.SinkSpec(3, 3)]"),
        "config class 3 of hook 'synth_sinks' has no field kind",
    ),
    "a kind that is no word": (PATTERN.replace("NAME", "../x"), "returned a kind named '../x'; allowed: letters"),
    "no factory": (
        PATTERN.replace(", CardChain)]", ", 3)]"),
        "the factory of kind 'mine' is 3, which cannot be called",
    ),
    "an argument": (
        "import synth\n@synth.hookimpl\ndef synth_sinks(config, job=1):\n    return []",
        "hook 'synth_sinks' takes no arguments, but the function wants config",
    ),
    "a wrapper that is none": (
        "import synth\n@synth.hookimpl(wrapper=True)\ndef synth_sinks():\n    return []",
        "pluggy refuses a hook: ",
    ),
    "another name for a hook that is none": (
        "import synth\n@synth.hookimpl(specname='synth_sink')\ndef mine():\n    return []",
        "there is no hook 'synth_sink' (did you mean 'synth_sinks'?)",
    ),
    "a hook that ends the process": (
        hook("synth_sinks", "exit(3)", "from sys import exit"),
        "hook 'synth_sinks' failed: SystemExit: 3",
    ),
    "no view": (hook("synth_views", "[('a', 'b')]"), "instead of synth.View(name, doc, fields)"),
    "a view that is no word": (hook("synth_views", "[synth.View('a b', '', (('t', 'time'),))]"), "a view named 'a b'"),
    "a view without fields": (hook("synth_views", "[synth.View('v', '', ())]"), "view 'v' has no fields"),
    "a field that is a text": (
        hook("synth_views", "[synth.View('v', '', ('time',))]"),
        "has the field 'time'; a field is",
    ),
    "a field of four": (
        hook("synth_views", "[synth.View('v', '', ((*'abcd',),))]"),
        "('a', 'b', 'c', 'd'); a field is",
    ),
    "a view twice": (hook("synth_views", "[synth.View('v', '', (('t', 'time'),))] * 2"), "provides view 'v' twice"),
    "no check": (hook("synth_checks", "[len]"), "instead of synth.CheckSpec(name, function, needs)"),
    "a check of two lines": (hook("synth_checks", "[synth.CheckSpec('a\\nb', len)]"), "not a line of text"),
    "a check without function": (hook("synth_checks", "[synth.CheckSpec('a', 3)]"), "function of check 'a' is 3"),
    "a check with a text for needs": (
        hook("synth_checks", "[synth.CheckSpec('a', len, 'tid')]"),
        "check 'a' needs 'tid'",
    ),
    "no subscriber": (hook("synth_subscribers", "[3]"), "returned 3 instead of a class or function"),
    "no root": (
        hook("synth_config_roots", "['pkg://no.such']"),
        "its configuration root 'pkg://no.such' does not exist",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_a_hook_must_not_return(name: str, tmp_path: Path) -> None:
    text, told = WRONG[name]
    write(tmp_path / "mine.py", text)
    [_, provider] = load_catalog(plugins_dirs=[tmp_path]).providers
    assert told in provider.error
    assert "\n" not in provider.error
    assert (provider.provides, provider.views, provider.checks, provider.subscribers) == ({}, (), (), ())


def test_a_kind_is_provided_once(tmp_path: Path) -> None:
    write(tmp_path / "mine.py", PATTERN.replace("CardChain)]", "CardChain)] * 2"))
    with pytest.raises(PluginError, match="it provides scenario kind 'mine' twice"):
        load_catalog([tmp_path / "mine.py"])


NEWER = "update synth, or install an older version of the plugin"


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("'>=1.0,<2'", ""),
        ("'~=1.0'", ""),
        ("'==1.*'", ""),
        ("''", ""),
        ("'>=2'", f"it needs synth's plugin API >=2, this is {API_VERSION}: {NEWER}"),
        ("'>=1.1,<2'", f"it needs synth's plugin API >=1.1,<2, this is {API_VERSION}: {NEWER}"),
        ("'<1'", f"it needs synth's plugin API <1, this is {API_VERSION}: update the plugin"),
        ("'one'", "its synth_api is 'one', not a range of versions such as '>=1.0,<2'"),
        ("1.0", "its synth_api is '1.0', not a range of versions such as '>=1.0,<2'"),
        ("None", "its synth_api is 'None', not a range of versions such as '>=1.0,<2'"),
    ],
)
def test_a_plugin_may_need_a_version_of_the_api(wanted: str, told: str, tmp_path: Path) -> None:
    write(tmp_path / "mine.py", f"synth_api = {wanted}\n__version__ = '3'\n" + PATTERN)
    [_, provider] = load_catalog(plugins_dirs=[tmp_path]).providers
    assert (provider.error, provider.api, provider.version) == (told, wanted.strip("'"), "3")
    assert provider.provides == ({} if told else {"scenario": ["mine"]})


def test_the_api_is_compared_before_a_hook_is_missed(tmp_path: Path) -> None:
    write(tmp_path / "mine.py", "synth_api = '>=9'\n" + hook("synth_of_tomorrow", "[]"))
    [_, provider] = load_catalog(plugins_dirs=[tmp_path]).providers
    assert provider.error.startswith("it needs synth's plugin API >=9")
