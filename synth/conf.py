"""``synth.conf`` in a checkout: the package of the built-in choices, which lie beside this one; a wheel has it here."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[1] / "conf"
_spec = spec_from_file_location(__name__, _FOLDER / "__init__.py", submodule_search_locations=[str(_FOLDER)])
assert _spec is not None
assert _spec.loader is not None
_package = module_from_spec(_spec)
_spec.loader.exec_module(_package)
sys.modules[__name__] = _package
