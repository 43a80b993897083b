"""Shell lines taken apart, and what varies in them as slots."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.learning.shell import bare, head, split_commands
from skilltui.learning.slots import error_signature, generalise_files, relative, slot_command

COMMIT = """git add a.py && git commit -m "$(cat <<'EOF'
Don't split this; it's && one message

- it has (brackets
EOF
)" """


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("git add . && git commit -m 'a && b; c'", ["git add .", "git commit -m 'a && b; c'"]),
        (COMMIT, ["git add a.py", 'git commit -m "<text>"']),
        ("cd x; make test 2>&1 | tail -20", ["cd x", "make test"]),
        ("npm test > /dev/null || true", ["npm test", "true"]),
        ("echo $(date; ls) | tee log", ["echo $(date; ls)"]),
        ("docker logs x 2>&1 & sleep 1", ["docker logs x", "sleep 1"]),
        ("# only a comment\npytest -q \\\n  tests", ["pytest -q    tests"]),
        ("for f in *.py; do ruff $f; done", []),
        ("grep -c 'unclosed && quote", ["grep -c 'unclosed && quote"]),
        ("", []),
    ],
)
def test_a_line_becomes_its_simple_commands(line: str, parts: list[str]) -> None:
    assert split_commands(line) == parts


@pytest.mark.parametrize(
    ("command", "inner"),
    [
        ("quiet git status", "git status"),
        ("quiet pass gh api repos", "gh api repos"),
        ("timeout 60 uv run pytest -q", "uv run pytest -q"),
        ("git -C /srv/app log --oneline", "git log --oneline"),
        ("which git status", "which git status"),
        ("grep git commit", "grep git commit"),
        ("pytest tests", "pytest tests"),
    ],
)
def test_wrappers_and_elsewhere_options_come_off(command: str, inner: str) -> None:
    assert bare(command) == inner


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("bun run lint:fix --x", "bun run lint:fix"),
        ("docker compose -f a.yml up -d", "docker compose up"),
        ("gh pr create --fill", "gh pr create"),
        ("FOO=1 pytest -q", "pytest"),
        ("./scripts/release.sh 1.2", "release.sh"),
    ],
)
def test_the_head_says_what_is_done(command: str, name: str) -> None:
    assert head(command) == name


@pytest.mark.parametrize(
    ("command", "slotted"),
    [
        ("git tag release/2.4.0", "git tag release/<version>"),
        ('git commit -m "Fix the thing"', 'git commit -m "<message>"'),
        (
            'gh release create v1.2.3 --title "x y" --notes "z"',
            'gh release create v<version> --title "<title>" --notes "<notes>"',
        ),
        ("cat /Users/ann/code/shop/src/a.py", "cat src/a.py"),
        ("cat /Users/bob/.ssh/id", "cat <path>"),
        ("git show 3f2a91bc", "git show <hash>"),
        ("curl 127.0.0.1:8000", "curl 127.0.0.1:8000"),
        ("login ‹redacted:github-token:1a2b3c4d›", "login <secret>"),
        ("x" * 300, ""),
    ],
)
def test_what_varies_becomes_a_slot(command: str, slotted: str) -> None:
    assert slot_command(command, "/Users/ann/code/shop") == slotted


def test_files_that_differ_from_run_to_run_become_one_slot() -> None:
    assert generalise_files("git add src/a.py src/b.py CHANGELOG.md", frozenset({"CHANGELOG.md"})) == (
        "git add <files> CHANGELOG.md"
    )
    assert generalise_files("git tag release/<version>", frozenset()) == "git tag release/<version>"


def test_files_of_a_project_are_relative_and_others_lose_their_folders() -> None:
    assert relative("/w/app/src/x.py", "/w/app") == "src/x.py"
    assert relative("/Users/ann/notes/x.md", "/w/app") == "x.md"


def test_the_same_error_of_two_runs_has_one_signature() -> None:
    a = "running\nFAILED tests/a.py::t - KeyError: 'user 12'\n1 failed in 0.3s\n"
    b = "FAILED tests/b/c.py::t - KeyError: 'user 99'\n2 failed in 1.9s\n"
    assert error_signature(a) == error_signature(b) != ""
    assert error_signature("all fine\n") == ""


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab &|;'\"()$<>\\\n`#E", max_size=60))
def test_any_text_can_be_taken_apart(line: str) -> None:
    for part in split_commands(line):
        assert part == part.strip() != ""
        bare(part)
        head(part)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.sampled_from(["/Users/ann/x", "/home/bob/y/z.py", "C:\\Users\\eve\\a"]))
def test_no_home_of_anybody_is_shown(text: str, path: str) -> None:
    shown = slot_command(f"{text} {path}")
    assert not any(name in shown for name in ("/ann", "/bob", "eve"))
