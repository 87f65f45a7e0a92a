"""Change the code in small ways, one at a time, and see whether a test notices: `make test-mutants`.

mutmut works on a copy of the checkout under build/, in a folder of tools of its own. A module whose tests
notice fewer than 85 of 100 changes fails the run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "mutants"
LEAST = 85.0
# What is changed, and the tests that should notice. Only bodies of functions are changed: tables, such as
# the moves of an alert (yaotong/alerts/states.py), are held by tests that write them out once more.
MODULES = {
    "yaotong/alerts/decide.py": ["tests/alerts/test_decide.py"],
    "yaotong/unusual.py": ["tests/reads/test_unusual.py"],
    "yaotong/delivery/retry.py": ["tests/delivery/test_webhook.py"],
    "yaotong/viewer.py": ["tests/acts/test_viewer.py"],
    "yaotong/duties.py": ["tests/acts/test_duties.py"],
    "yaotong/access.py": ["tests/cli/test_access.py"],
    "webapp/ways.py": ["tests/webapp/test_ways.py"],
    "yaotong/intake/core/masking.py": ["tests/intake/test_masking.py"],
    "yaotong/reads/sight.py": ["tests/reads/test_sight.py"],
    "yaotong/intake/core/pseudonym.py": ["tests/intake/test_pseudonym.py"],
    "yaotong/alerts/permit.py": ["tests/alerts/test_states.py", "tests/alerts/test_desk_table.py"],
    "yaotong/store/outbox.py": ["tests/store/test_outbox.py"],
}
_NEEDED = ("geo", "yaotong", "layers", "webapp", "tests", "bench", "pyproject.toml")


def tools() -> Path:
    """The folder with mutmut, fetched once."""
    folder = ROOT / "build" / "mutants-tools"
    if not (folder / "mutmut").exists():
        command = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "install",
            "-q",
            "--target",
            str(folder),
            "mutmut==3.8.1",
        ]
        subprocess.run(command, check=True)
        # The tests run with the versions that are locked.
        for name in ("pytest", "_pytest", "click", "markdown_it", "yaml"):
            shutil.rmtree(folder / name, ignore_errors=True)
    return folder


def score(module: str, tests: list[str]) -> float:
    """How many of a hundred changes the tests notice."""
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    for name in _NEEDED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, BUILD / name)
    listed = ", ".join(f'"{one}"' for one in _NEEDED)
    chosen = ", ".join(f'"{one}"' for one in tests)
    with (BUILD / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[tool.mutmut]\nsource_paths = ["{module}"]\nalso_copy = [{listed}]\n')
        file.write(f"pytest_add_cli_args_test_selection = [{chosen}]\n")
    surroundings = {**os.environ, "PYTHONPATH": str(tools())}
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", os.environ.get("JOBS", "2")]
    done = subprocess.run(
        command, cwd=BUILD, env=surroundings, capture_output=True, text=True, check=False, errors="replace"
    )
    counts = re.findall(r"(\d+)/(\d+)  🎉 (\d+)", done.stdout)
    if not counts or counts[-1][0] != counts[-1][1]:
        sys.exit(f"{module}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return 100.0 * int(counts[-1][2]) / int(counts[-1][1])


def main() -> int:
    """Print the score of every module; 1 when one is too low."""
    low = 0
    for module, tests in MODULES.items():
        found = score(module, tests)
        low += found < LEAST
        print(f"{module}: {found:.1f} %", flush=True)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
