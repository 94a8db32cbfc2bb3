"""Broken plugins, each an honest one with one edit, and the check that has to catch it."""

from dataclasses import dataclass
from pathlib import Path

HONEST = Path(__file__).parent / "honest"


@dataclass(frozen=True)
class Edit:
    """A mistake.

    Attributes:
        name: of the mistake.
        old, new: the edit of the honest file.
        check: the check that has to catch it.
        seen: a piece of what the check must say.
    """

    name: str
    old: str
    new: str
    check: str
    seen: str

    def write(self, kind: str, folder: Path) -> Path:
        """The broken plugin's file; its name is its own, for modules of one name take each other's place."""
        text = (HONEST / f"{kind}.py").read_text()
        assert text.count(self.old) == 1, f"{self.old!r} stands {text.count(self.old)} times in {kind}.py"
        path = folder / f"{kind}_{self.name}.py"
        path.write_text(text.replace(self.old, self.new))
        return path
