"""The house's walls, looked at from outside: what a bare interpreter loads for each face."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("textual", "ollama", "httpx", "pydantic", "tomlkit")


def loaded_by(statement: str) -> set[str]:
    """Top-level modules in a fresh interpreter after one statement."""
    code = f"{statement}\nimport sys\nprint(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "skilltui.domain.trajectory",
        "skilltui.text.sanitise",
        "skilltui.store.database",
        "skilltui.capture.reader",
        "skilltui.library.match",
        "skilltui.learning.synthesizer",
        "skilltui.llm.model",
        "skilltui.versions.manager",
        "skilltui.workshop.home",
        "skilltui.cli.main",
    ],
)
def test_no_room_loads_an_interface_or_a_model_client_at_import(module: str) -> None:
    assert not loaded_by(f"import {module}") & set(HEAVY)


def test_the_domain_loads_nothing_of_ours_but_itself() -> None:
    code = (
        "import pkgutil, importlib, skilltui.domain as d\n"
        "[importlib.import_module(f'skilltui.domain.{m.name}') for m in pkgutil.iter_modules(d.__path__)]\n"
        "import sys\n"
        "print([m for m in sys.modules if m.startswith('skilltui.') and not m.startswith('skilltui.domain')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
