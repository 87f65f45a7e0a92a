"""Our script modules as one text, for a page opened as a file, where a browser loads no modules."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from layers.assets import MAP_JS, text_of

_IMPORT = re.compile(r'^import \{[^}]*\} from "(\./[\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|const|class)", re.MULTILINE)


def bundled(entry: str = MAP_JS) -> str:
    """The entry module after all modules it imports, each once, inside one function scope.

    Our modules import by name only and share no top-level names (a test holds them to it). ValueError
    when a module uses another form of import or export.
    """
    order: list[str] = []
    _visit(entry, order, ())
    text = "\n".join(_plain(name) for name in order)
    return f"(() => {{\n{text}\n}})();\n"


def modules(entry: str = MAP_JS) -> list[str]:
    """Names of the entry and everything it imports, imported ones first."""
    order: list[str] = []
    _visit(entry, order, ())
    return order


def _visit(name: str, order: list[str], path: tuple[str, ...]) -> None:
    if name in path:
        raise ValueError(f"{name} imports itself by way of {' → '.join(path)}: break the circle")
    if name in order:
        return
    for one in _IMPORT.findall(text_of(name)):
        _visit(str(PurePosixPath(name).parent / one.removeprefix("./")), order, (*path, name))
    order.append(name)


def _plain(name: str) -> str:
    text = _EXPORT.sub("", _IMPORT.sub("", text_of(name)))
    if re.search(r"^(import|export)\b", text, re.MULTILINE):
        raise ValueError(
            f'{name}: only `import {{ … }} from "./x.js"` on one line and plain exports can be bundled'
        )
    return text
