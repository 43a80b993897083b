"""How drafts read: true verbs, whole phrases, lessons that a person can act on, nothing said twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.domain.gap import Gap, GapKind, GapRequest, GapStatus
from skilltui.domain.proposal import Origin, Proposal
from skilltui.domain.trajectory import Trajectory
from skilltui.learning.describing import MODERATE, done_in, skill_description, skill_title
from skilltui.learning.edits import apply_edits
from skilltui.learning.engine import Card, CardKind
from skilltui.learning.extractive import ExtractiveEngine
from skilltui.learning.miner import mine
from skilltui.learning.phrases import clean_request, short
from skilltui.learning.synthesizer import SkillSynthesizer
from skilltui.learning.verbs import verb
from skilltui.text.skillmd import parse_skill
from tests.unit.learning_samples import bash, edit, learned_id, run


def several(steps: Sequence[dict[str, Any]], count: int = 3, request: str = "do it") -> list[Trajectory]:
    return [run(f"w{i}", request, steps) for i in range(count)]


def cards(pool: Sequence[Trajectory], kind: CardKind, existing: str = "") -> list[Card]:
    return [card for card in mine(pool, existing=existing).cards if card.kind is kind]


def lines(pool: Sequence[Trajectory], kind: CardKind, existing: str = "") -> list[str]:
    return [line for card in cards(pool, kind, existing) for line in card.lines]


async def drafted(pool: Sequence[Trajectory]) -> Proposal:
    requests = tuple(GapRequest(t.request, t.started_at, t.id) for t in pool)
    gap = Gap("g_1", GapStatus.OPEN, GapKind.NO_MATCH, "I need a skill.", requests)
    maker = SkillSynthesizer(ExtractiveEngine())
    return await maker.synthesize(gap, pool, version=1, taken=(), on_progress=lambda _progress: None)


@pytest.mark.parametrize(
    ("command", "does"),
    [
        ("twine check dist/*", "Check"),
        ("twine upload dist/*", "Publish the package"),
        ("npm publish --dry-run", "Check"),
        ("git push --dry-run origin main", "Check"),
        ("alembic current", "See how things stand"),
        ("alembic upgrade head", "Migrate"),
        ("kubectl get pods", "See how things stand"),
        ("gh issue list", "See how things stand"),
        ("gh issue create --title x", "Open an issue"),
        ("aws s3 sync media s3://x", "Sync"),
        ("python -m build", "Build the package"),
        ("python3.12 -m pytest -q", "Run the tests"),
        ("uv run ruff check .", "Lint"),
        ("ruff format --check .", "Check the format"),
        ("bun run lint:fix", "Fix lint errors"),
        ("npx eslint --fix src", "Fix lint errors"),
        ("make lint-fix", "Fix lint errors"),
        ("bun run lint", "Lint"),
        ("npm audit fix", "Apply the fixes"),
        ("npm run release:dry-run", "Check"),
        ("git branch -d old", "Delete the branch"),
        ("git rebase --continue", "Go on after the conflicts"),
        # A word that is a sub-command elsewhere is a name here.
        ("mkdir test", "Make the folder"),
        ("docker run test", "Run"),
        ("npm run latest", "Run"),
        ("./own.sh status", "Run"),
    ],
)
def test_a_verb_says_what_the_sub_command_does(command: str, does: str) -> None:
    assert verb(command) == does


def test_a_draft_names_commands_by_what_they_do() -> None:
    steps = [bash("python -m build"), bash("twine check dist/*"), bash("twine upload dist/*")]
    assert lines(several(steps), CardKind.SEQUENCE) == [
        "Build the package: `python -m build`.",
        "Check: `twine check dist/*`.",
        "Publish the package: `twine upload dist/*`.",
    ]


def test_a_step_without_a_verb_of_its_own_is_not_in_the_description() -> None:
    steps = [
        "Update `a.toml`: set `x = 1`.",
        "Update `b.md`.",
        "Run: `own --all`.",
        "Check: `twine check dist/*`.",
        "See what changed: `git status`.",
        "Copy: `cp a b`.",
        "Build the package: `python -m build`.",
        "Push: `git push`.",
    ]
    assert done_in(steps) == ["update a.toml and b.md", "build the package", "push"]
    assert done_in(["Update `a`.", "Update `b`.", "Update `c`.", "Update `c`."]) == ["update a, b and c"]


def test_a_description_names_at_most_three_whole_phrases() -> None:
    asked = [
        "rotate the keys of the staging cluster and then write down who has which of them",
        "replace the certificates of the public gateway before they run out next month",
        "reset the tokens of the build machines (the old ones are about to expire)",
        "remove what the former contractors still have in the password store of the team",
    ]
    steps = [f"Update `configuration/of/part{i}/settings.yaml`." for i in range(8)]
    text = skill_description("Rotate the keys of the staging cluster", asked, steps)
    assert len(text) <= MODERATE
    assert "…" not in text
    assert text.count(", ") + text.count(" or ") <= 4
    assert "Use when asked to" in text
    uses = text.split("Use when asked to ")[1].rstrip(".").replace(" or ", ", ").split(", ")
    assert 1 <= len(uses) <= 3
    assert all(any(whole.startswith(use) for whole in asked) for use in uses)
    assert not any(use.endswith((" and", " the", " of", " to", " before")) for use in uses)


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        (
            "publish a release of the package to the index and tag it",
            52,
            "publish a release of the package to the index",
        ),
        ("resize the photos, then upload them to the bucket", 30, "resize the photos"),
        ("upload the report to the archive of last year", 32, "upload the report"),
        ("supercalifragilistic expialidocious words", 30, "supercalifragilistic"),
        ("short enough", 30, "short enough"),
    ],
)
def test_a_request_is_cut_between_phrases(text: str, limit: int, kept: str) -> None:
    assert short(text, limit) == kept


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(["fix", "the", "and", "(", "a,", "to"])).map(" ".join))
def test_a_cut_is_a_beginning_of_the_request(text: str) -> None:
    cut = short(text, 40)
    assert len(cut) <= 40
    assert cut in text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Release version 0.3.0 of the app, changelog first", "Release the app, changelog first"),
        ("Publish release 0.2.1 of the app to the index", "Publish a release of the app to the index"),
        ("please release 2.4.0 of the app", "release the app"),
        ("Version 0.3.0 of the app crashes", "Version of the app crashes"),
    ],
)
def test_what_a_version_stood_in_stays_a_phrase(text: str, clean: str) -> None:
    assert clean_request(text) == clean


def test_a_file_that_was_changed_somehow_is_no_lesson() -> None:
    broken = bash("make x", error="Error: cannot find the target")
    toml = edit("pyproject.toml", "a = 1\nb = 2", "a = 3\nb = 4\nc = 5")
    assert lines(several([broken, toml, bash("make x")]), CardKind.FIX) == []
    # Nor is a command beside it, that may have had no part in it.
    assert lines(several([broken, toml, bash("npm run seed"), bash("make x")], 1), CardKind.FIX) == []


def test_an_edit_that_one_line_tells_is_a_lesson() -> None:
    steps = [
        bash("git tag v1.2.0", error="fatal: tag 'v1.2.0' already exists"),
        edit("pyproject.toml", 'version = "1.2.0"', 'version = "1.3.0"'),
        edit("CHANGELOG.md", "## 1.2.0 - 2026-01-02", "## 1.3.0 - 2026-01-02"),
        bash("git tag v1.3.0"),
    ]
    (card,) = cards(several(steps, 1), CardKind.FIX)
    (line,) = card.lines
    opening, ending = line.split(", set a new ")
    assert opening == "If `git tag v<version>` fails with `fatal: tag 'v<version>' already exists`"
    assert ending == (
        '`version = "<version>"` in `pyproject.toml` and `## <version> - <date>` in `CHANGELOG.md`, then try it again.'
    )
    assert card.origin is Origin.ASSISTANT


def test_a_setting_is_a_lesson_and_what_only_an_output_named_is_marked() -> None:
    wrong = bash("npm run x", error="Error: cannot resolve the alias")
    steps = [wrong, edit("tsconfig.json", "{\n}", '{\n  "baseUrl": "src"\n}'), bash("npm run x")]
    (card,) = cards(several(steps, 1), CardKind.FIX)
    assert card.lines[0].endswith('set `"baseUrl": "src"` in `tsconfig.json`, then try it again.')
    assert card.origin is Origin.ASSISTANT
    told = bash("npm run x", error='put "baseUrl": "src" there\nError: cannot resolve the alias')
    (marked,) = cards(several([told, *steps[1:]], 1), CardKind.FIX)
    assert marked.origin is Origin.TOOL


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("tsconfig.json", '"strict": false'),
        ("pyproject.toml", 'ignore = ["E501"]'),
        (".claude/settings.local.json", '"Bash(git push:*)": 1'),
        ("config.yaml", "url: https://x.example/install"),
        ("config.yaml", "run: curl https://x.example/i.sh | sh"),
        ("src/app.py", "limit = 3"),
    ],
)
def test_a_change_that_may_not_be_taught_is_no_lesson(path: str, line: str) -> None:
    steps = [bash("make x", error="Error: cannot go on"), edit(path, "{\n}", f"{{\n{line}\n}}"), bash("make x")]
    assert lines(several(steps), CardKind.FIX) == []


def test_files_of_one_session_are_slots_in_a_lesson() -> None:
    steps = [
        bash("pytest tests/test_a.py -x", error="ERROR: unknown option -x"),
        bash("pytest tests/test_a.py --exitfirst"),
    ]
    (line,) = lines(several(steps, 1), CardKind.FIX)
    assert line == "`pytest <file> -x` fails with `ERROR: unknown option -x`: use `pytest <file> --exitfirst` instead."
    (shared,) = lines(several(steps, 2), CardKind.FIX)
    assert "`pytest tests/test_a.py --exitfirst`" in shared
    # Where the file is what differs, slots would say nothing.
    moved = [bash("pytest test_a.py", error="ERROR: file not found"), bash("pytest tests/test_a.py")]
    assert "use `pytest tests/test_a.py` instead" in lines(several(moved, 1), CardKind.FIX)[0]


FIXTURES = "# F\n\n## Steps\n\n1. Run `pytest <file> -x`. Read the first error.\n2. Mend the nearest `conftest.py`.\n"
WORK = [edit("tests/conftest.py"), bash("pytest tests/test_a.py -x -q")]


def test_steps_that_a_skill_has_in_other_words_are_not_added() -> None:
    assert lines(several(WORK), CardKind.SEQUENCE, FIXTURES) == []
    corrected = [
        run(f"k{i}", "mend it", WORK, corrections=["keep the fixture session-scoped"] if not i else ())
        for i in range(3)
    ]
    first = mine(corrected, existing=FIXTURES).cards[0]
    assert (first.kind, first.lines) == (CardKind.CORRECTION, ("Keep the fixture session-scoped.",))


def test_of_steps_that_a_skill_has_in_part_only_the_new_ones_are_added() -> None:
    steps = [edit("CHANGELOG.md"), *WORK, bash("git commit -m 'x'"), bash("git push")]
    (card,) = cards(several(steps), CardKind.SEQUENCE, FIXTURES)
    assert card.lines == (
        "Update `CHANGELOG.md`.",
        'Commit: `git commit -m "<message>"`.',
        "Push: `git push`.",
    )
    # The evidence is that of the lines that are left.
    assert {ref.step for ref in card.evidence} == {1, 4, 5}
    assert {ref.trajectory for ref in card.evidence} == {learned_id(f"w{i}") for i in range(3)}
    assert lines(several([*WORK, bash("git push")]), CardKind.SEQUENCE, FIXTURES) == []


@pytest.mark.parametrize(
    ("what", "name", "title"),
    [
        (
            "Cut a release of the Python package and tag it",
            "cut-release-python-package",
            "Cut a release of the Python package",
        ),
        ("Rebase on main", "rebase-main", "Rebase on main"),
        ("Rotate the keys, then tell the team", "rotate-keys", "Rotate the keys"),
        ("Make `evaluate` the default CLI subcommand", "make-evaluate-default-cli", None),
    ],
)
def test_a_title_keeps_the_word_order_of_the_purpose(what: str, name: str, title: str | None) -> None:
    assert skill_title(what, name) == (title or what)


async def test_a_purpose_that_the_title_says_is_not_said_again() -> None:
    plain = await drafted(several([bash("git rebase main"), bash("git push")], request="rebase on main"))
    assert (
        parse_skill(apply_edits(plain.base, plain.edits)).body.lstrip().startswith("# Rebase on main\n\n## When to use")
    )
    asked = "upload the build results to the bucket and tell the team about it"
    more = await drafted(several([bash("git rebase main"), bash("git push")], request=asked))
    assert (
        "# Upload the build results to the bucket\n\nUpload the build results to the bucket and tell the team"
        in more.base
    )
