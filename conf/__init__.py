"""The built-in choices, as YAML: ``pkg://synth.conf`` in the search path of a Hydra application of one's own."""
