"""Mistakes in what all honest plugins have alike: their config, and a method that reads ``self.config.ratio``."""

from tests.testing.edits import Edit

_FIELD = 'Field(gt=0, le=0.5, description="a share")'
_MODE = '    mode: Annotated[Literal["replace", "add"],'
_DEFAULT = '"replace or add")] = "add"\n'
_WORK = "        ratio = self.config.ratio\n"


def _config(name: str, old: str, new: str, check: str, seen: str) -> Edit:
    return Edit(name, old, new, f"test_config_{check}", seen)


def _after_init(body: str) -> str:
    return f"{_DEFAULT}\n    def __post_init__(self) -> None:\n        {body}\n"


CONFIGS = (
    _config(
        "thawed",
        "@dataclass(frozen=True, kw_only=True)",
        "@dataclass(kw_only=True)",
        "is_a_frozen_dataclass",
        "it is no frozen dataclass (class ",
    ),
    _config("undescribed", _FIELD, "Field(gt=0, le=0.5)", "fields_are_described", "no description"),
    _config(
        "untyped",
        _MODE,
        '    mode: Annotated[__import__("typing").Any,',
        "fields_are_described",
        "a field may hold anything: give it a type (field mode",
    ),
    _config(
        "schemaless",
        _MODE,
        '    later: Annotated[__import__("typing").Callable[[], int] | None, Field(description="later")] = None\n'
        + _MODE,
        "has_a_json_schema",
        "the JSON Schema lacks a field (field ",
    ),
    _config("default", "] = 0.01", "] = 0.75", "makes_a_valid_recipe", ".ratio is 0.75"),
    _config(
        "doubling",
        _DEFAULT,
        _after_init('object.__setattr__(self, "ratio", self.ratio * 2)'),
        "survives_json",
        "0.02 comes back as 0.04 (field ratio)",
    ),
    _config(
        "unpicklable",
        _DEFAULT,
        _after_init('object.__setattr__(self, "later", lambda: self.ratio)'),
        "pickles",
        "Can't pickle local object",
    ),
    _config(
        "open",
        _MODE,
        '    more: Annotated[__import__("pydantic").with_config({"extra": "ignore"})(\n'
        '        __import__("typing_extensions").TypedDict("More", {"level": int})), Field(description="more")] = (\n'
        '        __import__("dataclasses").field(default_factory=lambda: {"level": 1}))\n' + _MODE,
        "refuses_unknown_keys",
        "an unknown key, 1, is accepted (",
    ),
    _config(
        "lax",
        _FIELD,
        _FIELD.replace("gt=0", "strict=False, gt=0"),
        "refuses_wrong_types",
        "a text, '0.01', is accepted (",
    ),
    _config(
        "told_only",
        _FIELD,
        'Field(description="a share", json_schema_extra={"exclusiveMinimum": 0, "maximum": 0.5})',
        "refuses_values_out_of_range",
        "beyond its maximum 0.5, 0.500000001, is accepted (",
    ),
)


def _doing(name: str, statement: str, check: str, seen: str) -> Edit:
    return Edit(name, _WORK, f"{_WORK}        {statement}\n", check, seen)


_GLOBAL, _ENTROPY = "test_global_random_state_is_untouched", "test_no_entropy_of_the_machine"
_CLOCK, _WORLD = "test_no_clock", "test_no_file_network_or_process"

DEEDS = (
    _doing("legacy", "np.random.random()", _GLOBAL, "the state of np.random has moved ("),
    _doing("seeding", "np.random.seed(1)", _GLOBAL, "the state of np.random has moved ("),
    _doing("module", '__import__("random").random()', _GLOBAL, "the state of the module random has moved ("),
    _doing("urandom", '__import__("os").urandom(1)', _ENTROPY, "os.urandom() is called ("),
    _doing("uuid", '__import__("uuid").uuid4()', _ENTROPY, "os.urandom() is called ("),
    _doing("secret", '__import__("secrets").token_hex()', _ENTROPY, "os.urandom() is called ("),
    _doing("unseeded", "np.random.default_rng()", _ENTROPY, "os.urandom() is called ("),
    _doing("clock", '__import__("time").time()', _CLOCK, "time.time() is called ("),
    _doing("now", '__import__("datetime").datetime.now()', _CLOCK, "date.now() is called ("),
    _doing("today", '__import__("datetime").date.today()', _CLOCK, "date.today() is called ("),
    _doing("file", "open(__file__).close()", _WORLD, "open "),
    _doing("network", '__import__("socket").socket().close()', _WORLD, "socket.__new__ ("),
    _doing("process", '__import__("subprocess").run(["true"])', _WORLD, "subprocess.Popen 'true' ("),
)
