"""Composition: what comes out, where it says each value came from, and what it says about every mistake."""

import copy
import os
import pickle
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import hydra
import pytest

import synth.config.compose
from synth.config.compose import (
    Composed,
    Job,
    JobPlace,
    PluginRoot,
    Work,
    builtin_conf,
    changed_at,
    complete,
    compose,
    list_options,
    shown,
    sweep,
)
from synth.errors import ConfigError, MissingOption, PluginError, Problem

Write = Callable[[str, str], Path]

#: The built-in ones.
SCENARIOS = sorted(path.stem for path in (builtin_conf() / "scenario").glob("*.yaml"))

#: Key of the primary configuration → its place there.
AT = {
    line.partition(":")[0]: f"conf/config.yaml:{number}"
    for number, line in enumerate((builtin_conf() / "config.yaml").read_text().splitlines(), 1)
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of the user's own, which holds nothing yet."""
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def write(project: Path) -> Write:
    def write_file(name: str, text: str) -> Path:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.startswith("conf/"):
            (project / "conf/.synth").touch()
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    return write_file


def problems(*overrides: str, **roots: Any) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        compose(overrides, **roots)
    assert "HYDRA_FULL_ERROR" not in str(caught.value)
    assert "hydra.cc" not in str(caught.value)
    return caught.value.problems


def only(*overrides: str, **roots: Any) -> Problem:
    found = problems(*overrides, **roots)
    assert len(found) == 1, found
    return found[0]


def run_python(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    repository = str(Path(__file__).resolve().parents[2])
    return subprocess.run(
        [sys.executable, "-c", dedent(code)],
        env={**os.environ, "PYTHONPATH": repository, **env},
        capture_output=True,
        text=True,
        check=False,
    )


# what comes out


def test_defaults_are_plain_and_know_their_lines() -> None:
    composed = compose([])
    assert composed.config["seed"] == 123
    assert composed.config["timeline"] == {"start": "2022-01-01", "end": "2022-06-01"}
    assert {type(composed.config["amount"]), type(composed.config["amount"]["buckets"])} == {dict, list}
    assert composed.origins["seed"] == f"synth:{AT['seed']}"
    assert composed.origins["timeline"] == f"synth:{AT['timeline']}"
    assert composed.origins["amount.buckets"] == "synth:conf/amount/buckets.yaml:4"
    assert composed.origins["amount.buckets.2.low"] == "synth:conf/amount/buckets.yaml:7"
    assert composed.choices["amount"] == "buckets"
    assert composed.choices["scenario"] == []
    assert composed.choices["sink"] == ["parquet"]
    assert not {"hydra", "experiment", "defaults"} & set(composed.config)
    assert pickle.loads(pickle.dumps(composed)) == composed


def test_compositions_share_nothing(write: Write) -> None:
    """A file is parsed once a process, as long as its text stays the same."""
    write("conf/experiment/mine.yaml", "# @package _global_\nmore: {list: [1, {deep: 2}]}\n")
    plain, mine = compose([]), compose(["experiment=mine"])
    mine.config["more"]["list"][1]["deep"] = 3
    changed = compose(["experiment=mine", "seed=7", "amount.buckets.0.low=0.5", "timeline.end=2023-01-01", "~more"])
    assert "more" not in changed.config
    assert compose([]) == plain
    assert compose(["experiment=mine"]).config["more"] == {"list": [1, {"deep": 2}]}
    write("conf/experiment/mine.yaml", "# @package _global_\n\nmore: 4\n")
    again = compose(["experiment=mine"])
    assert (again.config["more"], again.origins["more"]) == (4, "conf/experiment/mine.yaml:3")


def test_overrides_have_the_last_word() -> None:
    overrides = ("scenario=[card_chain]", "scenario.card_chain.ratio=0.1", "amount.buckets.0.low=0.5", "++seed=7")
    composed = compose(overrides)
    chain = composed.config["scenario"]["card_chain"]
    assert (chain["ratio"], composed.config["seed"]) == (0.1, 7)
    assert composed.config["amount"]["buckets"][0]["low"] == 0.5
    assert composed.origins["scenario.card_chain"] == "synth:conf/scenario/card_chain.yaml:4"
    assert composed.origins["scenario.card_chain.mode"] == "synth:conf/scenario/card_chain.yaml:8"
    assert composed.origins["scenario.card_chain.ratio"] == "command line: scenario.card_chain.ratio=0.1"
    assert composed.origins["amount.buckets.0.low"] == "command line: amount.buckets.0.low=0.5"
    assert composed.origins["seed"] == "command line: ++seed=7"
    assert composed.overrides == overrides


def test_dates_stay_text(write: Write) -> None:
    write("conf/generator/dated.yaml", "kind: uniform\ntransactions: 3\nday: 2022-01-01\n")
    composed = compose(["generator=dated", "timeline.start=2022-02-03"])
    assert composed.config["generator"]["day"] == "2022-01-01"
    assert composed.config["timeline"]["start"] == "2022-02-03"


def test_an_added_key_passes_with_its_origin() -> None:
    composed = compose(["+scenario.x.extra=1", "+free={a: [1, {b: 2}]}"])
    assert composed.config["scenario"] == {"x": {"extra": 1}}
    assert composed.config["free"] == {"a": [1, {"b": 2}]}
    assert composed.origins["scenario.x.extra"] == "command line: +scenario.x.extra=1"
    assert composed.origins["free.a.1.b"] == "command line: +free={a: [1, {b: 2}]}"


def test_a_deleted_key_leaves_only_the_override_that_deleted_it() -> None:
    composed = compose(["~amount.buckets"])
    assert "buckets" not in composed.config["amount"]
    found = {path: where for path, where in composed.origins.items() if path.startswith("amount.buckets")}
    assert found == {"amount.buckets": "command line: ~amount.buckets"}


def test_a_replaced_list_keeps_no_line_of_the_old_one(write: Write) -> None:
    write("conf/experiment/two.yaml", "# @package _global_\namount:\n  buckets:\n    - {share: 1, low: 1, high: 2}\n")
    composed = compose(["experiment=two"])
    assert composed.origins["amount.buckets.0.low"] == "conf/experiment/two.yaml:4"
    assert "amount.buckets.1" not in composed.origins
    assert changed_at(composed.origins, "amount.buckets.1.low") == "conf/experiment/two.yaml:3"
    assert changed_at(composed.origins, "amount.kind") == "synth:conf/amount/buckets.yaml:3"
    assert changed_at(composed.origins, "nowhere.at.all") == ""


def test_merge_keys_and_anchors_have_lines(write: Write) -> None:
    write("conf/generator/a.yaml", "base: &base\n  x: 1\nkind: uniform\ntransactions: 1\nmine:\n  <<: *base\n  y: 2\n")
    composed = compose(["generator=a"])
    assert composed.config["generator"]["mine"] == {"x": 1, "y": 2}
    assert composed.origins["generator.mine.x"] == "conf/generator/a.yaml:2"
    assert composed.origins["generator.mine.y"] == "conf/generator/a.yaml:7"


def test_choices_record_groups_of_several(write: Write) -> None:
    write("conf/scenario/mine.yaml", "# @package scenario.mine\nkind: mine\n")
    assert compose(["scenario=[mine,card_chain]"]).choices["scenario"] == ["mine", "card_chain"]
    assert compose(["scenario=mine"]).choices["scenario"] == ["mine"]
    appended = compose(["experiment=notebook", "+scenario=mine"])
    assert appended.choices["scenario"] == ["card_chain", "mine"]
    assert appended.choices["experiment"] == "notebook"
    assert list(appended.config["scenario"]) == ["card_chain", "mine"]
    second = compose(["scenario=[card_chain]", "+scenario@scenario.ring_b=card_chain"])
    assert second.choices["scenario"] == ["card_chain"]
    assert second.choices["scenario@scenario.ring_b"] == "card_chain"
    assert set(second.config["scenario"]) == {"card_chain", "ring_b"}


def test_interpolations_resolve(monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    monkeypatch.setenv("SYNTH_TEST_URI", "here")
    write(
        "conf/experiment/i.yaml", "# @package _global_\nagain: ${seed}\nwhole: ${timeline}\ndeep: ${oc.select:no,7}\n"
    )
    composed = compose(["experiment=i", "sink.parquet.uri=${oc.env:SYNTH_TEST_URI}", "seed=5"])
    assert composed.config["again"] == 5
    assert composed.config["whole"] == composed.config["timeline"]
    assert composed.config["deep"] == 7
    assert composed.config["sink"]["parquet"]["uri"] == "here"
    assert composed.origins["again"] == "conf/experiment/i.yaml:2"


def test_hydra_settings_steer_sweeps_only(write: Write) -> None:
    write(
        "conf/experiment/h.yaml",
        "# @package _global_\ndefaults:\n  - override /hydra/launcher: basic\nhydra: {verbose: true}\n",
    )
    composed = compose(["experiment=h", "hydra.run.dir=here", "hydra.job.name=mine"])
    assert composed.directory == Path("here")
    assert "hydra" not in composed.config
    assert not [path for path in composed.origins if path.startswith("hydra")]


# the roots


def test_earlier_roots_shadow_later_ones_file_by_file(tmp_path: Path, write: Write) -> None:
    write("conf/amount/buckets.yaml", "# mine\nkind: mine\n")
    write("conf/amount/gamma.yaml", "kind: mine\n")
    write("../extra/amount/gamma.yaml", "# first of all\nkind: extra\n")
    write("../plugin/amount/gamma.yaml", "kind: plugin\n")
    write("../plugin/amount/special.yaml", "# from a plugin\nkind: special\n")
    extra, plugin = tmp_path / "extra", tmp_path / "plugin"
    roots: dict[str, Any] = {"config_dirs": [extra], "plugin_roots": [PluginRoot(provider="acme", place=str(plugin))]}
    assert compose([], **roots).config["amount"] == {"kind": "mine"}
    assert compose([], **roots).origins["amount.kind"] == "conf/amount/buckets.yaml:2"
    assert compose(["amount=gamma"], **roots).config["amount"] == {"kind": "extra"}
    assert compose(["amount=gamma"], **roots).origins["amount.kind"] == f"{extra.as_posix()}/amount/gamma.yaml:2"
    assert compose(["amount=special"], **roots).origins["amount.kind"] == "acme:plugin/amount/special.yaml:2"
    gammas = [option for option in list_options(**roots)["amount"] if option.name == "gamma"]
    assert [(option.where, option.shadowed) for option in gammas] == [
        (f"{extra.as_posix()}/amount/gamma.yaml", False),
        ("conf/amount/gamma.yaml", True),
        ("synth:conf/amount/gamma.yaml", True),
        ("acme:plugin/amount/gamma.yaml", True),
    ]
    assert gammas[0].summary == "first of all"


def test_a_user_root_may_have_its_own_primary_config(write: Write) -> None:
    write("conf/config.yaml", "defaults:\n  - amount: gamma\n  - _self_\nseed: 9\n")
    composed = compose([])
    assert composed.config["seed"] == 9
    assert set(composed.config) == {"amount", "seed"}
    assert composed.origins["seed"] == "conf/config.yaml:4"


def test_the_builtin_root_is_no_user_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(builtin_conf().parent)
    assert compose([]).origins["seed"] == AT["seed"]
    assert not [option for options in list_options().values() for option in options if option.shadowed]


def test_plugin_packages_and_missing_roots(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("acme_synth/conf/amount/acme.yaml", "kind: acme\n")
    monkeypatch.syspath_prepend(str(Path.cwd()))
    composed = compose(["amount=acme"], plugin_roots=[PluginRoot(provider="acme", place="pkg://acme_synth.conf")])
    assert composed.origins["amount.kind"] == "acme_synth/conf/amount/acme.yaml:1"
    with pytest.raises(PluginError, match=r"plugin 'acme': its configuration root 'pkg://no\.such' does not exist"):
        compose([], plugin_roots=[PluginRoot(provider="acme", place="pkg://no.such")])
    assert only(config_dirs=[Path("nowhere")]) == Problem(
        path="", message="no directory 'nowhere'", where="command line: --config-dir nowhere"
    )


def test_list_options_names_every_group(write: Write) -> None:
    write("conf/amount/odd.yaml", "# @package amount\n# Odd amounts\nkind: odd\n")
    write("conf/house/rule.yaml", "x: 1  # no summary\n")
    options = list_options()
    assert {"population", "generator", "amount", "scenario", "columns", "sink", "runner", "experiment"} <= set(options)
    assert "hydra" not in options
    assert {option.name: option.summary for option in options["amount"]}["odd"] == "Odd amounts"
    assert [(option.name, option.summary, option.where) for option in options["house"]] == [
        ("rule", "", "conf/house/rule.yaml")
    ]
    assert [option.summary for option in options["generator"] if option.name == "uniform"] == [
        "Transactions uniform over the window, cards uniform over the population: the notebook's genuine world"
    ]


def test_a_wheel_holds_conf_inside_the_package(tmp_path: Path) -> None:
    repository = Path(__file__).resolve().parents[2]
    site = tmp_path / "site"
    shutil.copytree(repository / "synth/config/compose", site / "synth/config/compose")
    for name in ("__init__.py", "__init__.pyi", "errors.py", "wording.py", "config/__init__.py"):
        shutil.copy(repository / "synth" / name, site / "synth" / name)
    shutil.copytree(builtin_conf(), site / "synth" / "conf")
    done = run_python(
        "from synth.config.compose import *; print(builtin_conf()); print(compose([]).origins['seed'])",
        PYTHONPATH=str(site),
    )
    assert done.stdout.splitlines() == [str(site / "synth" / "conf"), f"synth:{AT['seed']}"], done.stderr


# mistakes on the command line


@pytest.mark.parametrize("override", ["scenario=[card_chian]", "+scenario=card_chian", "scenario=card_chian"])
def test_unknown_option(override: str) -> None:
    assert only(override) == MissingOption(
        path="scenario",
        message="no scenario named 'card_chian'",
        where=f"command line: {override}",
        allowed=tuple(SCENARIOS),
        hint="did you mean 'card_chain'?",
    )


def test_an_error_reads_as_promised() -> None:
    with pytest.raises(ConfigError) as caught:
        compose(["seeed=3", "scenario=[card_chain]", "scenario.card_chain.ration=0.1"])
    assert str(caught.value).splitlines() == [
        "error: unknown key 'seeed' (did you mean 'seed'?)",
        "  --> command line: seeed=3",
        "error: unknown key 'scenario.card_chain.ration' (did you mean 'ratio'?)",
        "  --> command line: scenario.card_chain.ration=0.1",
    ]


def test_every_wrong_override_is_reported_in_order() -> None:
    found = problems("amount=gama", "scenario=[card_chian,nope]", "sink=[cvs]")
    assert [(v.message, v.hint) for v in found] == [
        ("no amount named 'gama'", "did you mean 'gamma'?"),
        ("no scenario named 'card_chian'", "did you mean 'card_chain'?"),
        ("no scenario named 'nope'", ""),
        ("no sink named 'cvs'", "did you mean 'csv'?"),
    ]
    found = problems("x=a=b", "scenario=a,b", "y={")
    assert [v.where for v in found] == ["command line: x=a=b", "command line: scenario=a,b", "command line: y={"]


@pytest.mark.parametrize(
    ("override", "message", "hint"),
    [
        ("scenaro=[card_chain]", "unknown key 'scenaro'", "did you mean 'scenario'?"),
        ("scenario.card_chain.ratio=1", "unknown key 'scenario.card_chain.ratio'",
         "choose it first: scenario=[card_chain]"),
        ("timeline.strat=2022", "unknown key 'timeline.strat'", "did you mean 'start'?"),
        ("seed.x=3", "unknown key 'seed.x'", ""),
        ("scenario={a: 1}", "'scenario' takes the names of options, not a mapping, {a: 1}",
         f"name an option: scenario=[{SCENARIOS[0]}]"),
        ("~seeed", "unknown key 'seeed'", "did you mean 'seed'?"),
        ("~seed=4", "cannot delete 'seed': it has another value", "~seed deletes any value"),
        ("+seed=3", "'seed' exists already", "leave the '+' out to change it"),
        ("populaton/visa=x", "no group named 'populaton/visa'", "did you mean 'population'?"),
        ("seed@x=3", "no group named 'seed'", ""),
        ("+amount=gamma", "'amount' takes one option and has one already", "without the '+': amount=gamma"),
        ("+experiment=notebook", "'experiment' takes one option and has one already",
         "without the '+': experiment=notebook"),
        ("++scenario=card_chain", "a group cannot be forced with '++': '++scenario=card_chain'", "use one '+'"),
        ("amount=[gamma,pareto]", "'amount' takes one option, not a list", "choose one: amount=gamma"),
        ("generator=uniform.yaml", "'uniform.yaml' is a file, not the name of an option", "generator=uniform"),
        ("scenario=[card_chain.yaml]", "'card_chain.yaml' is a file, not the name of an option",
         "scenario=[card_chain]"),
        ("experiment=notebook.yaml", "'notebook.yaml' is a file, not the name of an option", "experiment=notebook"),
        ("scenario=null", "'scenario=null' does not name an option", "'scenario=[]' for none"),
        ("~scenario", "'scenario' takes several options and cannot be deleted", "scenario=[] for none"),
        ("hydra.searchpath=[x]", "'hydra.searchpath' is not allowed",
         "use --config-dir DIR, or config_dirs of [tool.synth] in pyproject.toml"),
        ("seed=range(1,3)", "'seed=range(1,3)' is a sweep", "add -m to run it"),
        ("seed", "cannot read the override 'seed'", "write key=value, with a key such as timeline.start"),
        ("a..b=1", "cannot read the override 'a..b=1'", "write key=value, with a key such as timeline.start"),
        ("seed.x.y=3", "unknown key 'seed.x.y'", ""),
        ("columns.fields.00.name=a", "cannot read the override 'columns.fields.00.name=a'",
         "write key=value, with a key such as timeline.start"),
        ("columns.add={hour: time}", "unknown key 'columns.add.hour'",
         "'columns.add' holds nothing yet; add with '+': '+columns.add={hour: time}'"),
        ("columns.fields.0.nme=a", "unknown key 'columns.fields.0.nme'", "did you mean 'name'?"),
        ("amount=${oc.env:SYNTH_TEST_UNSET}", "cannot compose: Error resolving interpolation "
         "'${oc.env:SYNTH_TEST_UNSET}', possible interpolation keys: "
         "experiment, noise, clock, runner, columns, clicks, reporting, generator, population", ""),
        ("+x={_target_: os.system}", "'x._target_' is not allowed: a configuration cannot name code; "
         "synth looks components up by 'kind'", ""),
    ],
)  # fmt: skip
def test_a_wrong_override(override: str, message: str, hint: str) -> None:
    found = only(override)
    assert (found.message, found.hint, found.where) == (message, hint, f"command line: {override}")


BUCKETS, FIELDS = "amount.buckets", "columns.fields"
WHOLE = {path: f"give the whole list: {path}=[…]" for path in (BUCKETS, FIELDS)}
BY_NAME = {FIELDS: f"+columns.add.<name>=… adds one by name, or {WHOLE[FIELDS]}", BUCKETS: WHOLE[BUCKETS]}
WITHOUT = {FIELDS: f"columns.drop=[<name>] leaves one out, or {WHOLE[FIELDS]}", BUCKETS: WHOLE[BUCKETS]}


@pytest.mark.parametrize("path", [BUCKETS, FIELDS])
@pytest.mark.parametrize("sign", ["", "+", "++", "~"])
@pytest.mark.parametrize("step", ["5", "14", "x"])
@pytest.mark.parametrize("below", ["", ".name"])
def test_a_step_into_a_list_that_leads_nowhere(path: str, sign: str, step: str, below: str) -> None:
    override = f"{sign}{path}.{step}{below}" + ("" if sign == "~" else "={name: a, source: tid}")
    found = only(override)
    told = f"'{path}' has 5 entries, and none with the number {step}"
    if step == "x":
        told = f"'{path}' is a list: its entries have numbers, not names such as 'x'"
    assert (found.path, found.message, found.allowed_in_words) == (f"{path}.{step}{below}", told, "0 to 4")
    assert (found.hint, found.where) == ((WITHOUT if sign == "~" else BY_NAME)[path], f"command line: {override}")


@pytest.mark.parametrize(
    ("override", "message", "hint"),
    [
        (f"+{FIELDS}.0=a", f"'{FIELDS}.0' exists already", "leave the '+' out to change it"),
        (f"+{FIELDS}.0.name=a", f"'{FIELDS}.0.name' exists already", "leave the '+' out to change it"),
        (f"~{FIELDS}.0.nme", f"unknown key '{FIELDS}.0.nme'", "did you mean 'name'?"),
        (f"~{FIELDS}.0.name=a", f"cannot delete '{FIELDS}.0.name': it has another value",
         f"~{FIELDS}.0.name deletes any value"),
    ],
)  # fmt: skip
def test_an_entry_of_a_list_that_is_there(override: str, message: str, hint: str) -> None:
    found = only(override)
    assert (found.message, found.hint, found.allowed_in_words) == (message, hint, "")


@pytest.mark.parametrize("path", [BUCKETS, FIELDS])
def test_an_entry_is_deleted_where_hydra_can(path: str) -> None:
    group, _, name = path.partition(".")
    if hydra.__version__.startswith("1.3."):
        for override in (f"~{path}.1", f"~{path}.1=3"):
            found = only(override)
            told = f"'{path}.1' is an entry of a list, which cannot be deleted alone"
            assert (found.message, found.hint, found.allowed_in_words) == (told, WITHOUT[path], "")
        return
    before, after = compose([]), compose([f"~{path}.1"])
    left = before.config[group][name]
    assert after.config[group][name] == [left[0], *left[2:]]
    assert changed_at(after.origins, f"{path}.0") == before.origins[f"{path}.0"]
    assert changed_at(after.origins, f"{path}.2") == before.origins[path]
    assert only(f"~{path}.1=3").message == f"cannot delete '{path}.1': it has another value"


def test_an_entry_of_an_empty_list_and_of_a_list_in_a_list() -> None:
    found = only("+columns.drop.0=tid")
    assert (found.message, found.allowed_in_words) == ("'columns.drop' has 0 entries, and none with the number 0", "")
    found = only("population.networks.visa.prefixes.3='4'")
    assert found.message == "'population.networks.visa.prefixes' has 1 entry, and none with the number 3"
    found = problems("+x=[[1,2]]", "x.0.2=3")[0]
    assert found.message == "'x.0' has 2 entries, and none with the number 2"


def test_entries_of_a_list_are_changed_by_number() -> None:
    fields = compose(
        [f"{FIELDS}.0.name=id", f"+{FIELDS}.4.format=plain", f"{FIELDS}.1={{name: t, source: time}}"]
    ).config["columns"]["fields"]
    assert [field["name"] for field in fields] == ["id", "t", "cc_num", "amount", "fraud_label"]
    assert fields[4]["format"] == "plain"


def test_unknown_key_without_a_near_one_lists_what_there_is() -> None:
    assert only("timeline.zzz=1").allowed == ("start", "end")
    assert "seed" in only("qqqq=1").allowed


def test_an_unquoted_value_says_how_to_quote() -> None:
    found = only("sink.parquet.uri=https://x/y?a=b")
    assert found.path == "sink.parquet.uri"
    assert found.message == "cannot read the override 'sink.parquet.uri=https://x/y?a=b'"
    assert found.hint == "quote the value; values with '=', '{' or ',' need quotes of their own: 'key=\"a=b\"'"
    assert compose(['sink.parquet.uri="https://x/y?a=b"']).config["sink"]["parquet"]["uri"] == "https://x/y?a=b"


def test_several_values_without_a_sweep() -> None:
    found = only("scenario=a,b")
    assert found.message == "'scenario=a,b' names several values"
    assert found.hint == "use 'scenario=[a,b]' for all of them, -m for a sweep, or quotes for one text with a comma"


def test_the_same_append_twice() -> None:
    found = only("+scenario=card_chain", "+scenario=card_chain")
    assert found.message == "'+scenario=…' is given twice"
    assert found.hint == "append several at once: '+scenario=[a,b]'"


def test_a_group_outside_the_defaults(write: Write) -> None:
    write("conf/house/rule.yaml", "x: 1\n")
    found = only("house=rule")
    assert (found.message, found.hint) == ("'house' is in no defaults list", "add it with '+': +house=rule")
    assert compose(["+house=rule"]).config["house"] == {"x": 1}


def test_no_secret_in_messages_and_origins() -> None:
    canary = "hunter2"
    composed = compose([f"+sink.kafka.sasl_password={canary}", f"+sink.kafka.uri=kafka://me:{canary}@host/x"])
    assert composed.origins["sink.kafka.sasl_password"] == "command line: +sink.kafka.sasl_password=***"
    assert composed.origins["sink.kafka.uri"] == "command line: +sink.kafka.uri=kafka://***@host/x"
    for override in (f"a_token={canary}", f"a_token={canary}=x", f"a_token={canary},x", f"~a_token={canary}"):
        assert canary not in str(problems(override))


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("seed=3", "seed=3"),
        ("~seed", "~seed"),
        ("+sink.kafka.sasl_password=hunter2", "+sink.kafka.sasl_password=***"),
        ("scenario.credential_stuffing.ratio=0.1", "scenario.credential_stuffing.ratio=0.1"),
        ("+scenario.credential_stuffing.token=x", "+scenario.credential_stuffing.token=***"),
        ("sink.x.uri=kafka://me:hunter2@host/x", "sink.x.uri=kafka://***@host/x"),
        ("+vars.password=hunter2", "+vars.password=***"),
        ("++mail.password=hunter2", "++mail.password=***"),
        ("+vars.mail.password=hunter2", "+vars.mail.password=***"),
    ],
)
def test_an_override_is_shown_without_its_secret(override: str, expected: str) -> None:
    assert shown(override) == expected


# mistakes in files


def test_unknown_option_in_a_file(write: Write) -> None:
    write(
        "conf/experiment/bad.yaml",
        """
        # @package _global_
        defaults:
          - /nowhere: x
          - override /amount: gama
          - override /scenario: [card_chain, card_chian]
          - override /sikn: [csv]
        """,
    )
    found = problems("experiment=bad")
    assert {(v.message, v.where, v.hint) for v in found} == {
        ("no amount named 'gama'", "conf/experiment/bad.yaml:4", "did you mean 'gamma'?"),
        ("no scenario named 'card_chian'", "conf/experiment/bad.yaml:5", "did you mean 'card_chain'?"),
        ("no group named 'sikn'", "conf/experiment/bad.yaml:6", "did you mean 'sink'?"),
        ("no group named 'nowhere'", "conf/experiment/bad.yaml:3", ""),
    }


def test_a_choice_on_the_command_line_repairs_a_file(write: Write) -> None:
    write("conf/experiment/bad.yaml", "# @package _global_\ndefaults:\n  - override /amount: gama\nseed: 1\n")
    assert compose(["experiment=bad", "amount=gamma"]).config["amount"]["kind"] == "gamma"


def test_broken_yaml(write: Write) -> None:
    write("conf/amount/broken.yaml", "kind: [a\nx: 1\n")
    write("conf/generator/list.yaml", "- a\n")
    write("conf/columns/twice.yaml", "fields: []\nfields: []\n")
    found = problems("amount=broken", "generator=list", "columns=twice")
    broken, twice, listed = sorted(found, key=lambda v: v.where)
    assert broken.message.startswith("broken YAML: the [ of line 1 is not closed: ")
    assert broken.where == "conf/amount/broken.yaml:2:2"
    assert (listed.message, listed.where) == (
        "the file must hold a mapping, 'key: value'",
        "conf/generator/list.yaml:1",
    )
    assert (twice.message, twice.where) == ("duplicate key 'fields'", "conf/columns/twice.yaml:2")


@pytest.mark.parametrize(
    ("text", "message", "place", "hint"),
    [
        ("defaults: hello\n", "'defaults' must be a list", ":2", ""),
        ("defaults:\n  - amount: gamma\n", "no group named 'experiment/amount'", ":3",
         "write '/amount' for the group at the top"),
        ("defaults:\n  - /columns: full\n", "'columns' is chosen a second time", ":3",
         "write 'override /columns: …'"),
        ("defaults:\n  - override /amount: gamma\n  - /columns: full\n",
         "'columns' stands behind 'override /amount'", ":4", "entries with 'override' come last"),
        ("a: &a [*a]\n", "an anchor (&) holds an alias (*) of itself", ":2", ""),
        ("a: !!python/object/apply:os.system [exit]\n", "cannot read the file: could not determine a constructor for "
         "the tag 'tag:yaml.org,2002:python/object/apply:os.system'", ":2:4", ""),
    ],
)  # fmt: skip
def test_a_wrong_file(write: Write, text: str, message: str, place: str, hint: str) -> None:
    write("conf/experiment/wrong.yaml", f"# @package _global_\n{text}")
    found = only("experiment=wrong")
    assert (found.message, found.where, found.hint) == (message, f"conf/experiment/wrong.yaml{place}", hint)


def test_files_that_do_not_fit_together(write: Write) -> None:
    write("conf/experiment/clash.yaml", "# @package _global_\nsink: {parquet: [1]}\n")
    found = only("experiment=clash")
    assert found.message == "sink.parquet is a list, not a mapping"
    assert found.where == "conf/experiment/clash.yaml:2"


def test_unreadable_text(project: Path, write: Write) -> None:
    write("conf/amount/latin.yaml", "").write_bytes(b"kind: caf\xe9\n")
    found = only("amount=latin")
    assert (found.message, found.where) == ("the file is not UTF-8", "conf/amount/latin.yaml:1")


def test_a_file_without_its_package_line(write: Write) -> None:
    write("conf/experiment/plain.yaml", "seed: 1\n")
    write("conf/scenario/plain.yaml", "kind: plain\n")
    found = problems("experiment=plain", "scenario=[plain]")
    assert {(v.message, v.where, v.hint) for v in found} == {
        ("'experiment/plain' does not say where it belongs", "conf/experiment/plain.yaml:1",
         "make '# @package _global_' its first line"),
        ("'scenario/plain' does not say where it belongs", "conf/scenario/plain.yaml:1",
         "make '# @package scenario.plain' its first line"),
    }  # fmt: skip


def test_files_cannot_name_code(write: Write) -> None:
    write(
        "conf/experiment/code.yaml",
        """
        # @package _global_
        hydra:
          searchpath: [pkg://os]
          callbacks:
            x:
              _target_: os.system
        sink:
          parquet: {_target_: os.system}
        """,
    )
    found = problems("experiment=code")
    assert [(v.path, v.where) for v in found] == [
        ("hydra.searchpath", "conf/experiment/code.yaml:3"),
        ("hydra.callbacks.x._target_", "conf/experiment/code.yaml:6"),
        ("sink.parquet._target_", "conf/experiment/code.yaml:8"),
    ]


# mistakes that show when values are resolved


def test_every_unresolvable_value_is_reported(write: Write) -> None:
    write(
        "conf/experiment/holes.yaml",
        """
        # @package _global_
        must: ???
        refers: ${must}
        env: x-${oc.env:SYNTH_TEST_UNSET}
        typo: ${timeline.strat}
        loop: ${pool}
        pool: ${loop}
        code: ${eval:1+1}
        computed: ${${must}:1}
        inside: {self: "${inside}"}
        3: three
        left: {x: "${right}"}
        right: {y: "${left}"}
        """,
    )
    found = {v.path: (v.message, v.where.rpartition(":")[2], v.hint) for v in problems("experiment=holes", "seed=???")}
    allowed = "'code' uses the resolver 'eval', which is not one of the standard ones"
    computed = "'computed' uses the resolver '${must}', which is not one of the standard ones"
    assert found == {
        "seed": ("'seed' needs a value", " seed=???", "seed=…"),
        "must": ("'must' needs a value", "2", "must=…"),
        "refers": ("'refers' refers to ${must}, which needs a value", "3", ""),
        "env": (
            "'env' needs the environment variable 'SYNTH_TEST_UNSET', which is not set",
            "4",
            "export SYNTH_TEST_UNSET=…",
        ),
        "typo": ("'typo' refers to 'timeline.strat', which does not exist", "5", "did you mean 'timeline.start'?"),
        "loop": ("'loop' refers to itself through ${pool}", "6", ""),
        "pool": ("'pool' refers to itself through ${loop}", "7", ""),
        "code": (allowed, "8", ""),
        "computed": (computed, "9", ""),
        "inside.self": ("'inside.self' refers to a mapping that it is a part of", "10", ""),
        "left.x.y": ("'left.x.y' refers to a mapping that it is a part of", "12", ""),
        "right.y.x": ("'right.y.x' refers to a mapping that it is a part of", "13", ""),
        "3": ("the key 3 is not text: YAML takes it for 3", "11", 'quote it: "3"'),
    }


def test_a_broken_interpolation(write: Write) -> None:
    write("conf/generator/open.yaml", "kind: uniform\ntransactions: [1, '${seed']\n")
    hint = "a literal '${' is written '\\${'"
    assert only("generator=open") == Problem(
        path="transactions.1",
        message="'transactions.1' holds a broken interpolation",
        where="conf/generator/open.yaml:2",
        hint=hint,
    )
    for override in ('sink.parquet.uri="${seed"', '+x="${seed"', "sink.parquet.uri=['${seed']"):
        found = only(override)
        assert (found.message.partition(" ")[2], found.hint) == ("holds a broken interpolation", hint)
        assert found.where == f"command line: {override}"
    assert compose([r"sink.parquet.uri='\${seed}'"]).config["sink"]["parquet"]["uri"] == "${seed}"


def test_a_missing_variable_on_the_command_line_and_an_unknown_key_together() -> None:
    found = problems("seeed=1", "sink.parquet.uri=${oc.env:SYNTH_TEST_UNSET}")
    assert [(v.path, v.where) for v in found] == [
        ("seeed", "command line: seeed=1"),
        ("sink.parquet.uri", "command line: sink.parquet.uri=${oc.env:SYNTH_TEST_UNSET}"),
    ]


def test_only_plain_values(write: Write) -> None:
    write("conf/generator/odd.yaml", "kind: uniform\ntransactions: !!binary aGk=\n")
    assert only("generator=odd").message == (
        "'generator.transactions' holds a bytes; only text, numbers, true, false and null are allowed"
    )


def test_the_sagemaker_bucket_without_region_or_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("boto3", reason="the resolver needs boto3")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    found = only("+sink=csv_s3")
    assert found.path == "sink.csv_s3.uri"
    assert found.message == "'sink.csv_s3.uri' cannot be resolved: no AWS region; set AWS_DEFAULT_REGION"
    assert found.where == "synth:conf/sink/csv_s3.yaml:5"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert only("+sink=csv_s3").message == "'sink.csv_s3.uri' cannot be resolved: no AWS credentials"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "canary-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    message = only("+sink=csv_s3").message
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:9/"' in message
    assert "canary" not in message


# what is kept for the next composition


def test_a_file_that_changes_between_compositions_is_read_again(write: Write, project: Path) -> None:
    write("conf/experiment/mine.yaml", "# @package _global_\nseed: 5\n")
    assert compose(["experiment=mine"]).config["seed"] == 5
    write("conf/experiment/mine.yaml", "# @package _global_\nseed: 6\n")
    assert compose(["experiment=mine"]).config["seed"] == 6
    write("conf/experiment/mine.yaml", "# @package _global_\ndefaults: [override /amount: gamma]\n")
    assert compose(["experiment=mine"]).config["amount"]["kind"] == "gamma"


def test_a_file_that_comes_to_stand_before_another_is_read(write: Write, project: Path) -> None:
    before = compose(["amount=lognormal"]).config["amount"]
    write("conf/amount/lognormal.yaml", "kind: lognormal\nmedian: 7\n")
    after = compose(["amount=lognormal"]).config["amount"]
    assert (before["median"], after["median"]) == (35, 7)


def test_who_changes_a_configuration_changes_no_other() -> None:
    first = compose(["scenario=card_chain"]).config
    kept = copy.deepcopy(first)
    first["scenario"]["card_chain"].clear()
    first["population"]["cards"] = -1
    assert compose(["scenario=card_chain"]).config == kept


@pytest.mark.parametrize("changed", ["card_chain", "night"])
def test_an_option_under_two_names_is_two_configurations(changed: str) -> None:
    words = ["scenario=card_chain", "+scenario@scenario.night=card_chain", f"scenario.{changed}.ratio=0.02"]
    for _ in range(2):
        parts = compose(words).config["scenario"]
        [other] = {"card_chain", "night"} - {changed}
        assert (parts[changed]["ratio"], parts[other]["ratio"]) == (0.02, 0.0025)


def test_a_file_that_changes_an_option_under_two_names_changes_one(write: Write, project: Path) -> None:
    head = "# @package _global_\ndefaults: [/scenario@scenario.night: card_chain, override /scenario: [card_chain]]\n"
    write("conf/experiment/mine.yaml", head + "scenario: {card_chain: {ratio: 0.01, mode: add}}\n")
    parts = compose(["experiment=mine"]).config["scenario"]
    assert (parts["card_chain"]["ratio"], parts["card_chain"]["mode"]) == (0.01, "add")
    assert (parts["night"]["ratio"], parts["night"]["mode"]) == (0.0025, "replace")


# a guest in somebody else's process


def test_importing_is_cheap() -> None:
    done = run_python("import sys, synth.config.compose; print({'hydra', 'omegaconf', 'yaml'} & set(sys.modules))")
    assert done.stdout == "set()\n", done.stderr


def test_two_modules_know_hydras_internals() -> None:
    package = Path(synth.config.compose.__file__).parents[2]
    inside = re.compile(r"^\s*(from|import) hydra\._internal", re.MULTILINE)
    found = {path.relative_to(package).as_posix() for path in package.rglob("*.py") if inside.search(path.read_text())}
    assert found == {f"config/compose/{name}.py" for name in ("composition", "job_loading", "loading")}


def test_a_host_application_with_hydra_of_its_own(write: Write, project: Path) -> None:
    write("host/app.yaml", "mine: 1\n")
    done = run_python(
        f"""
        import threading
        from dataclasses import dataclass
        from hydra import compose as host_compose, initialize_config_dir, version
        from hydra.core.config_store import ConfigStore
        from hydra.core.global_hydra import GlobalHydra
        from pathlib import Path
        from synth.config.compose import Work, compose, complete, sweep

        @dataclass
        class Schema:
            mine: int = 2

        ConfigStore.instance().store(name="config", node=Schema)
        ConfigStore.instance().store(group="amount", name="stored", node=Schema)

        def task(composed, place):
            return composed.config["seed"]

        assert compose(["seed=3"]).config["seed"] == 3
        assert not GlobalHydra.instance().is_initialized()
        with initialize_config_dir({str(project / "host")!r}, version_base=None):
            before = version.getbase(), GlobalHydra.instance().hydra
            assert compose(["seed=4"]).config["seed"] == 4
            jobs = sweep(["seed=1,2"], Work(run=task, directory=Path("jobs"))).jobs
            assert [job.result for job in jobs] == [1, 2], jobs
            assert complete("scenario=")
            thread = threading.Thread(target=lambda: compose(["seed=5"]))
            thread.start()
            thread.join()
            assert (version.getbase(), GlobalHydra.instance().hydra) == before
            assert host_compose("app").mine == 1
        assert not GlobalHydra.instance().is_initialized()
        print("fine")
        """
    )
    assert done.stdout == "fine\n", done.stderr
    assert "Traceback" not in done.stderr


def test_threads_compose_at_the_same_time() -> None:
    seeds: dict[int, int] = {}

    def work(seed: int) -> None:
        seeds[seed] = compose([f"seed={seed}"]).config["seed"]

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seeds == {seed: seed for seed in range(8)}


# sweeps


def report(composed: Composed, place: JobPlace) -> tuple[int, list[str], str, bool, str]:
    scenarios = list(composed.config.get("scenario", {}))
    return composed.config["seed"], scenarios, composed.origins["seed"], place.directory.is_dir(), str(Path.cwd())


def swept(overrides: Sequence[str], run: Callable[[Composed, JobPlace], Any] = report, **roots: Any) -> Sequence[Job]:
    """The jobs of a sweep."""
    return sweep(overrides, Work(run=run, directory=Path("jobs")), **roots).jobs


def test_a_sweep(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    jobs = swept(["scenario=[card_chain],[]", "seed=range(1,3)", "amount=gamma"])
    assert [job.number for job in jobs] == [0, 1, 2, 3]
    assert [job.directory for job in jobs] == [project / "jobs" / str(number) for number in range(4)]
    assert jobs[2].overrides == ("amount=gamma", "scenario=[]", "seed=1")
    here = str(project)
    assert [job.result for job in jobs] == [
        (1, ["card_chain"], "command line: seed=1", True, here),
        (2, ["card_chain"], "command line: seed=2", True, here),
        (1, [], "command line: seed=1", True, here),
        (2, [], "command line: seed=2", True, here),
    ]
    assert sorted(path.name for path in project.rglob("*")) == ["0", "1", "2", "3", "jobs"]
    assert capfd.readouterr() == ("", "")


def test_a_grid_is_composed_before_its_first_job_runs(project: Path) -> None:
    overrides = ["scenario=[card_chain],[card_chian],[]", "scenario.card_chain.ratio=0.5", "amount=gamma,gama"]
    told = [(each.message, each.where, each.hint) for each in sweep_problems(*overrides)]
    assert told == [
        ("jobs 1, 3 and 5: no amount named 'gama'", "command line: amount=gama", "did you mean 'gamma'?"),
        (
            "jobs 2 and 3: no scenario named 'card_chian'",
            "command line: scenario=[card_chian]",
            "did you mean 'card_chain'?",
        ),
        (
            "jobs 4 and 5: unknown key 'scenario.card_chain.ratio'",
            "command line: scenario.card_chain.ratio=0.5",
            "choose it first: scenario=[card_chain]",
        ),
    ]
    assert not list(project.iterdir())


def test_a_sweep_that_is_set_up_wrongly_runs_nothing(project: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        swept(["seed=1,2", "amount=gama", "hydra/launcher=jblib"])
    assert [v.message for v in caught.value.problems] == ["no amount named 'gama'"]
    with pytest.raises(ConfigError) as caught:
        swept(["seed=1,2", "hydra/launcher=rocket"])
    [found] = caught.value.problems
    assert found.message == "no hydra/launcher named 'rocket'"
    assert found.hint == "pip install hydra-rocket-launcher?"
    assert "basic" in found.allowed
    with pytest.raises(ConfigError, match="cannot read the override"):
        swept(["seed=1,2", "x=a=b"])
    with pytest.raises(ConfigError, match=r"'hydra\.sweep\.dir' names several values, and a sweep has one of them"):
        swept(["seed=1,2", "hydra.sweep.dir=a,b"])
    assert not list(project.iterdir())


def test_a_sweep_leaves_no_secret_behind(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    canary = "hunter2"
    overrides = ["seed=1,2", f"+sink.kafka.sasl_password={canary}"]
    jobs = swept(overrides)
    assert [job.result[0] for job in jobs] == [1, 2]
    written = [path for path in project.rglob("*") if path.is_file()]
    assert written == []
    assert canary not in "".join(str(path) for path in project.rglob("*"))
    assert canary not in "".join(capfd.readouterr())


def test_a_sweep_by_a_preset(write: Write) -> None:
    write(
        "conf/experiment/swept.yaml",
        """
        # @package _global_
        defaults:
          - override /hydra/launcher: basic
        hydra:
          sweeper:
            params:
              seed: 5,6
        """,
    )
    jobs = swept(["experiment=swept"])
    assert [job.result[0] for job in jobs] == [5, 6]
    assert jobs[1].overrides == ("experiment=swept", "seed=6")


EVIL = "_target_: hydra._internal.core_plugins.basic_launcher.BasicLauncher\nx: {_target_: os.mkdir, path: evil}\n"
NOT_ALLOWED = "options of Hydra's own groups name code, so only installed packages provide them"


def sweep_problems(*overrides: str, **roots: Any) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        swept(overrides, **roots)
    assert not Path("evil").exists()
    assert not Path("jobs").exists()
    return caught.value.problems


@pytest.mark.parametrize("root", ["conf", "extra", "plugin"])
@pytest.mark.parametrize("choice", ["hydra/launcher=evil", "hydra/launcher=basic", "experiment=code"])
def test_a_users_root_cannot_bring_a_launcher(write: Write, root: str, choice: str) -> None:
    for name in ("evil", "basic"):
        write(f"{root}/hydra/launcher/{name}.yaml", EVIL)
    write(
        f"{root}/experiment/code.yaml", "# @package _global_\ndefaults:\n  - override /hydra/launcher: evil\nseed: 1\n"
    )
    Path("extra").mkdir(exist_ok=True)
    Path("plugin").mkdir(exist_ok=True)
    roots: dict[str, Any] = {
        "config_dirs": [Path("extra")],
        "plugin_roots": [PluginRoot(provider="acme", place="plugin")],
    }
    option = "hydra/launcher/" + ("basic" if choice.endswith("basic") else "evil")
    expected = Problem(
        path="",
        message=f"'{option}' is not allowed: {NOT_ALLOWED}",
        where=f"{root}/{option}.yaml",
        hint="choose an installed one and set its values on the command line, such as hydra.launcher.n_jobs=2",
    )
    assert sweep_problems("seed=1,2", choice, **roots) == (expected,)
    assert expected in problems(choice, **roots)


@pytest.mark.parametrize(
    "entry",
    [
        "/hydra: evil",
        "/hydra/launcher/evil",
        "override /hydra//launcher: evil",
        "override //hydra/launcher: evil",
        "/generator/../hydra/launcher@hydra.launcher: evil",
        "/hydra/../hydra/launcher@hydra.launcher: evil",
        "optional /../conf/hydra/launcher@hydra.launcher: evil",
        "optional //proc/self/cwd/conf/hydra/launcher@hydra.launcher: evil",
        "/generator@hydra.launcher: evil",
    ],
)
def test_no_defaults_list_reaches_a_launcher_of_the_users(write: Write, entry: str) -> None:
    for name in ("hydra/evil", "hydra/launcher/evil", "generator/evil"):
        write(f"conf/{name}.yaml", EVIL)
    item = f"{{{entry}}}" if ": " in entry else entry
    write("conf/experiment/code.yaml", f"# @package _global_\ndefaults:\n  - {item}\n")
    if "/proc/" in entry:
        swept(["experiment=code", "seed=1"])
        assert not Path("evil").exists()
    else:
        assert sweep_problems("experiment=code", "seed=1,2")


def test_a_launcher_of_the_users_that_nobody_selects_is_never_read(write: Write) -> None:
    write("conf/hydra/launcher/basic.yaml", EVIL)
    write("conf/hydra/config.yaml", "launcher: {_target_: os.mkdir, path: evil}\n")
    assert [job.result[0] for job in swept(["seed=1,2"])] == [1, 2]
    assert not Path("evil").exists()
    assert "hydra/launcher=evil" not in complete("hydra/launcher=")


@pytest.mark.parametrize(
    ("override", "path"),
    [
        ("hydra.launcher._target_=os.system", "hydra.launcher._target_"),
        ("+hydra.sweeper._target_=os.system", "hydra.sweeper._target_"),
        ("++hydra.launcher.x._target_=os.system", "hydra.launcher.x._target_"),
        ("hydra.launcher._target_=a,b", "hydra.launcher._target_"),
        ("hydra.launcher={_target_: os.system}", "hydra.launcher._target_"),
        ("+hydra.launcher.x=[{y: {_target_: os.system}}]", "hydra.launcher.x.0.y._target_"),
        ("hydra={launcher: {_target_: os.system}}", "hydra.launcher._target_"),
    ],
)
def test_no_override_names_code_for_hydra(override: str, path: str) -> None:
    for found in (only(override), *sweep_problems(override, "seed=1,2")):
        assert (found.path, found.where) == (path, f"command line: {override}")
        assert "a configuration cannot name code" in found.message


MADE_UP = "{_target_: hydra._internal.core_plugins.basic_launcher.BasicLauncher, x: {_target_: os.mkdir, path: evil}}"


@pytest.mark.parametrize("resolver", ["oc.create:", "oc.decode:", "oc.select:nothing,"])
def test_no_resolver_makes_code_up_for_hydra(write: Write, resolver: str) -> None:
    made_up = f'"{MADE_UP}"' if resolver == "oc.decode:" else MADE_UP
    value = f"${{{resolver}{made_up}}}"
    write("conf/experiment/code.yaml", f"# @package _global_\nhydra:\n  sweeper:\n    params: '{value}'\n")
    [found] = sweep_problems("experiment=code", "seed=1,2")
    name = resolver.partition(":")[0]
    assert found.message == f"'hydra.sweeper.params' uses the resolver '{name}', which is not allowed here"
    [found] = sweep_problems(f"hydra.launcher='{value}'", "seed=1,2")
    assert (found.path, found.where) == ("hydra.launcher", f"command line: hydra.launcher='{value}'")
    write("conf/experiment/whole.yaml", f"# @package _global_\nhydra: '${{{resolver}{{launcher: {MADE_UP}}}}}'\n")
    [found] = sweep_problems("experiment=whole", "seed=1,2")
    assert (found.message, found.where) == ("'hydra' must be a mapping", "conf/experiment/whole.yaml:2")


def test_no_file_sets_variables_for_the_jobs(write: Write) -> None:
    write("conf/experiment/code.yaml", "# @package _global_\nhydra: {job: {env_set: {PYTHONPATH: evil}}}\n")
    [found] = sweep_problems("experiment=code", "seed=1,2")
    assert (found.path, found.hint) == ("hydra.job.env_set.PYTHONPATH", "export it before synth starts")


def test_a_preset_with_a_launcher_that_is_not_installed(write: Write) -> None:
    write("conf/experiment/far.yaml", "# @package _global_\ndefaults:\n  - override /hydra/launcher: rocket\n")
    [found] = sweep_problems("experiment=far", "seed=1,2")
    assert (found.message, found.where) == ("no hydra/launcher named 'rocket'", "conf/experiment/far.yaml:3")
    assert found.hint == "pip install hydra-rocket-launcher?"
    assert len(swept(["experiment=far", "hydra/launcher=basic", "seed=1,2"])) == 2


JOB = """
import os
from pathlib import Path

def task(composed, place):
    return composed.config["seed"], composed.origins["seed"], place.directory.is_dir(), str(Path.cwd()), os.getpid()
"""


def test_a_sweep_in_other_processes(write: Write, project: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher", reason="hydra-joblib-launcher is not installed")
    write("job.py", JOB)
    (project / "elsewhere").mkdir()
    done = run_python(
        """
        import os
        from pathlib import Path
        from synth.config.compose import Work, sweep
        import job

        for start in (".", "elsewhere"):  # the second sweep gets the worker processes of the first one
            os.chdir(start)
            work = Work(run=job.task, directory=Path("jobs"))
            for each in sweep(["amount=gamma", "seed=1,2", "hydra/launcher=joblib"], work).jobs:
                seed, origin, made, where, process = each.result
                assert process != os.getpid()
                assert each.directory == Path.cwd() / "jobs" / str(each.number)
                print(each.number, *each.overrides, seed, origin, made, where)
        """,
        PYTHONPATH=os.pathsep.join([str(project), str(Path(__file__).resolve().parents[2])]),
    )
    assert done.stdout.splitlines() == [
        line
        for where in (project, project / "elsewhere")
        for line in (
            f"0 amount=gamma seed=1 1 command line: seed=1 True {where}",
            f"1 amount=gamma seed=2 2 command line: seed=2 True {where}",
        )
    ], done.stderr


# completion


def test_completion(write: Write) -> None:
    write("conf/scenario/mine.yaml", "# @package scenario.mine\nkind: mine\n")
    assert complete("sce") == ["scenario="]
    assert complete("amount=l") == ["amount=lognormal"]
    assert complete("timeline.") == ["timeline.end=", "timeline.start="]
    assert complete("scenario=[card") == ["scenario=[card_chain"]
    assert complete("scenario=[mi") == ["scenario=[mine"]
    assert complete("scenario=[card_chain,mi") == ["scenario=[card_chain,mine"]
    assert complete("+scenario=[m") == ["+scenario=[mine"]
    assert complete("-m amount=gamma,lo") == ["amount=gamma,lognormal"]
    assert complete("amount=gamma amount.s") == ["amount.shape="]
    assert complete("scenario=[mine] scenario.m") == ["scenario.mine."]
    assert not [word for word in complete("") if word.startswith("hydra")]
    assert complete("hydra/l") == ["hydra/launcher="]
    assert complete("bogus= x=") == []
    assert complete("amount=nope seed") == []
