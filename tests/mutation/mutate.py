"""One-line mutants of a module: each changes one operator, number, condition or statement, and nothing else."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COMPARED = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: (" in ", " not in "),
    ast.NotIn: (" not in ", " in "),
    ast.Is: (" is ", " is not "),
    ast.IsNot: (" is not ", " is "),
}
_COMPUTED = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.FloorDiv: ("//", "*"),
    ast.Div: ("/", "*"),
    ast.Mod: ("%", "+"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
_WORDS = {"left": "right", "right": "left"}
_CALLED = {"any": "all", "all": "any", "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}
_CALLED |= {"zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "isdisjoint": "issubset"}


@dataclass(frozen=True, order=True)
class Mutant:
    """A change of one line.

    Attributes:
        path: the module, below the project's root.
        line, column: where it begins, from 1 and from 0.
        before, after: the text that is replaced, and what stands there instead.
    """

    path: str
    line: int
    column: int
    before: str
    after: str

    def apply(self, source: str) -> str:
        """The module with the change."""
        lines = source.splitlines(keepends=True)
        text = lines[self.line - 1]
        end = self.column + len(self.before)
        assert text[self.column : end] == self.before, f"{self} is not of this source"
        lines[self.line - 1] = text[: self.column] + self.after + text[end:]
        return "".join(lines)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column} {self.before!r} -> {self.after!r}"


def mutants_of(root: Path, path: str) -> list[Mutant]:
    """All mutants of a module, in order of place; those that do not compile are left out."""
    source = (root / path).read_text(encoding="utf-8")
    found = sorted({mutant for mutant in _Finder(path, source).find() if mutant.before != mutant.after})
    return [mutant for mutant in found if _compiles(mutant.apply(source))]


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Finder:
    """Walks a module, but for its annotations, docstrings, messages and imports."""

    def __init__(self, path: str, source: str) -> None:
        self.path, self.lines = path, source.splitlines()
        self.tree = ast.parse(source)

    def find(self) -> Iterator[Mutant]:
        """Yields the mutants."""
        yield from self._visit(self.tree)

    def _visit(self, node: ast.AST) -> Iterator[Mutant]:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "bases"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr | ast.ImportFrom | ast.Import):
                    yield from self._of(child)
                    yield from self._visit(child)

    def _of(self, node: ast.AST) -> Iterator[Mutant]:
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARED:
                yield from self._between(left, right, *_COMPARED[type(op)])
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _COMPUTED:
                yield from self._between(left, right, *_COMPUTED[type(op)])
            case ast.BoolOp(op=op, values=[left, right, *_]):
                words = (" and ", " or ") if isinstance(op, ast.And) else (" or ", " and ")
                yield from self._between(left, right, *words)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield from self._replace(node, ast.unparse(operand))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                yield from self._replace(node, ast.unparse(operand))
            case ast.Constant(value=bool(value)):
                yield from self._replace(node, str(not value))
            case ast.Constant(value=int(value)):
                yield from self._replace(node, str(value + 1))
            case ast.Constant(value=str(value)) if value in _WORDS:
                yield from self._replace(node, f'"{_WORDS[value]}"')
            case ast.Call(func=ast.Attribute(attr=name) as called) if name in _CALLED:
                yield from self._replace(called, f"{ast.unparse(called.value)}.{_CALLED[name]}")
            case ast.Call(func=ast.Name(id=name) as called) if name in _CALLED:
                yield from self._replace(called, _CALLED[name])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                yield from self._replace(node, f"{ast.unparse(orelse)} if {ast.unparse(test)} else {ast.unparse(body)}")
            case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.Raise() | ast.AugAssign():
                yield from self._replace(node, "pass")
            case ast.If(test=test) | ast.While(test=test):
                yield from self._replace(test, f"not ({ast.unparse(test)})")

    def _replace(self, node: ast.AST, after: str) -> Iterator[Mutant]:
        """A node of one line, replaced."""
        line, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", -1)
        text = self.lines[line - 1] if line else ""
        if line == last and text.isascii():
            yield Mutant(self.path, line, node.col_offset, text[node.col_offset : node.end_col_offset], after)  # type: ignore[attr-defined]

    def _between(self, left: ast.expr, right: ast.expr, before: str, after: str) -> Iterator[Mutant]:
        """An operator between two nodes of one line, replaced."""
        if left.end_lineno != right.lineno or left.end_col_offset is None:
            return
        text = self.lines[right.lineno - 1]
        place = text.find(before, left.end_col_offset, right.col_offset + 1)
        if place >= 0 and text.isascii():
            yield Mutant(self.path, right.lineno, place, before, after)
