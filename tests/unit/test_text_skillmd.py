"""Reading and writing SKILL.md without losing a byte."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.errors import SkillInvalidError
from skilltui.text.skillmd import SkillDocument, emit_new, parse_skill, with_description, with_name, with_quotes

PLAIN = "---\nname: notes\ndescription: Write notes. Use when releasing.\nlicense: MIT\n---\n\n# Notes\n\nText.\n"


def codes(document: SkillDocument) -> list[str]:
    return [problem.code for problem in document.problems]


def skill(frontmatter: str, body: str = "Body.\n") -> SkillDocument:
    return parse_skill(f"---\n{frontmatter}\n---\n{body}")


def test_a_plain_file_is_read_whole() -> None:
    document = parse_skill(PLAIN.encode())
    assert (document.name, document.description) == ("notes", "Write notes. Use when releasing.")
    assert document.fields["license"] == "MIT"
    assert document.lines == {"name": 2, "description": 3, "license": 4}
    assert document.body == "\n# Notes\n\nText.\n"
    assert document.raw == PLAIN
    assert document.problems == ()


@pytest.mark.parametrize(
    "raw",
    [
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.rstrip("\n"),
        "---\nname: a\ndescription: b\n---",
        PLAIN + "\n---\n\nafter a rule\n---\n",
        PLAIN + "\tTabs\there\n",
        PLAIN.replace("---\n", "---  \n", 1),
        "\n\n" + PLAIN,
        PLAIN.replace("license: MIT", "# a comment\nlicense:   MIT   # why"),
    ],
)
def test_odd_bytes_survive(raw: str) -> None:
    document = parse_skill(raw.encode())
    assert document.raw == raw
    assert document.name in {"notes", "a"}
    assert raw[: document.body_start] + document.body == raw
    changed = with_description(document, 'Other text: "quoted", don\'t lose it.')
    assert parse_skill(changed).description == 'Other text: "quoted", don\'t lose it.'
    assert parse_skill(changed).body == document.body
    assert changed.count("\r") == raw.count("\r")
    named = with_name(document, "other")
    assert named == raw.replace(f"name: {document.name}", "name: other", 1)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("name: a", "name: no-1"),
        ("name:   a   # why", "name:   no-1   # why"),
        ("name: 'a'", "name: 'no-1'"),
        ('"name": "a"', '"name": "no-1"'),
        ("name:", "name: no-1"),
        ("name: |\n  a", "name: no-1"),
        ("x: 1", "x: 1\ndescription: d\nname: no-1"),
    ],
)
def test_another_name_changes_the_name_alone(line: str, wanted: str) -> None:
    rest = "" if line == "x: 1" else "\ndescription: d"
    document = skill(line + (rest or "\ndescription: d"), "name: a\n")
    assert with_name(document, "no-1") == f"---\n{wanted}{rest}\n---\nname: a\n"


def test_another_name_is_quoted_where_yaml_would_not_take_it_for_text() -> None:
    document = skill("name: a\ndescription: d")
    assert with_name(document, "no").splitlines()[1] == 'name: "no"'
    assert with_name(document, "7-zip").splitlines()[1] == 'name: "7-zip"'
    for name in ("No", "a--b", "", "x" * 65):
        with pytest.raises(SkillInvalidError):
            with_name(document, name)
    with pytest.raises(SkillInvalidError):
        with_name(skill("name: [a]\ndescription: d"), "b")


def test_quotes_mend_what_broke_the_yaml_and_touch_nothing_else() -> None:
    raw = "\ufeff---\r\nname: a # mine\r\ndescription: Do: it\r\n  and: more\r\nnote: x: y\r\n---\r\nb: c: d\r\n"
    document = parse_skill(raw)
    mended = with_quotes(document)
    assert mended == raw.replace("Do: it\r\n  and: more", '"Do: it and: more"').replace("x: y", '"x: y"')
    assert with_quotes(parse_skill(mended)) is None
    assert with_quotes(parse_skill(PLAIN)) is None


def test_every_scalar_is_text() -> None:
    document = skill("name: no\ndescription: 1.10\nversion: 2024-01-01\nempty:\nlist: [1, null]\nmap: {a: yes}")
    assert document.name == "no"
    assert document.fields == {
        "name": "no", "description": "1.10", "version": "2024-01-01", "empty": "", "list": ["1", "null"],
        "map": {"a": "yes"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("Use when: the user asks", "Use when: the user asks"),
        ("Ends with a colon:", "Ends with a colon:"),
        ("Two lines: and\n  a second: one", "Two lines: and a second: one"),
        ("日本語: テスト", "日本語: テスト"),
    ],
)
def test_an_unquoted_colon_is_repaired_and_the_fix_shown(value: str, meant: str) -> None:
    document = skill(f"name: a\ndescription: {value}\nlicense: MIT")
    assert document.description == meant
    assert document.fields["license"] == "MIT"
    (problem,) = document.problems
    assert (problem.code, problem.line) == ("YAML_COLON", 3)
    assert problem.fix is not None
    assert yaml.safe_load(problem.fix) == {"description": meant}
    changed = with_description(document, "new")
    assert changed == '---\nname: a\ndescription: "new"\nlicense: MIT\n---\nBody.\n'


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("[unclosed bracket", "[unclosed bracket"),
        ("*Important* use it", "*Important* use it"),
        ("`code` first", "`code` first"),
        ("@mention", "@mention"),
        ('Say "hi', 'Say "hi'),
        ('"Use "this" now"', 'Use "this" now'),
        ("'it's broken'", "it's broken"),
        ("\tafter a tab", "after a tab"),
    ],
)
def test_other_broken_values_are_quoted(value: str, meant: str) -> None:
    document = skill(f"name: a\ndescription: {value}\nlicense: MIT")
    assert document.description == meant
    assert document.fields["license"] == "MIT"
    assert codes(document) in (["YAML_QUOTE"], [])


def test_a_missing_space_before_a_quoted_value_is_forgiven() -> None:
    document = skill('name: a\ndescription:"says \\"hi\\""')
    assert document.description == 'says "hi"'
    assert codes(document) == ["YAML_QUOTE"]


def test_a_repair_in_one_field_does_not_move_another() -> None:
    document = skill("name: a\ncompatibility: needs: git\ndescription: first: second\nlicense: MIT")
    assert document.fields["compatibility"] == "needs: git"
    assert [(problem.code, problem.line) for problem in document.problems] == [("YAML_COLON", 3), ("YAML_COLON", 4)]
    assert document.lines["license"] == 5
    assert with_description(document, "x") == document.raw.replace("first: second", '"x"')


def test_a_description_cut_short_by_a_comment_is_reported() -> None:
    document = skill("name: a\ndescription: Languages such as C # and F#")
    assert document.description == "Languages such as C"
    (problem,) = document.problems
    assert problem.code == "YAML_COMMENT"
    assert problem.fix == 'description: "Languages such as C # and F#"'
    assert codes(skill('name: a\ndescription: "C # and" # a comment')) == []


def test_duplicate_keys_and_wrong_types_are_reported() -> None:
    document = skill("name: a\ndescription: b\nname: c\nmetadata:\n  x: 1\n  x: 2")
    assert document.name == "c"
    assert [(problem.code, problem.line) for problem in document.problems] == [
        ("YAML_DUPLICATE_KEY", 4),
        ("YAML_DUPLICATE_KEY", 7),
    ]
    document = skill("name: [a]\ndescription: {b: c}")
    assert (document.name, document.description) == ("", "")
    assert codes(document) == ["FIELD_TYPE", "FIELD_TYPE"]


@pytest.mark.parametrize(
    "frontmatter",
    [
        "a: &x 1\nb: *x",
        "a: !!python/object/apply:os.system [x]",
        "a: !custom b",
        "<<: {a: 1}",
        "a: " + "[" * 20 + "]" * 20,
        "? [complex]\n: b",
        "a: b\n--- !x\nc: d",
        "- a\n- b",
        "just text",
        'a: "\\ud800"',
        'a: "\\UFFFFFFFF"',
        "a: \x00",
        "%YAML " + "9" * 5000 + ".1",
        "name: |x\n  a",
        "a: " + "x" * 20_000,
    ],
)
def test_what_no_skill_needs_is_refused_with_a_hint(frontmatter: str) -> None:
    with pytest.raises(SkillInvalidError) as caught:
        skill(frontmatter)
    assert caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "data",
    [b"", b"# Title\n", b"---\nname: a\n", b"\xff\xfe-\x00", b"---\nname: \xe9\n---\n", "---\na: \ud800\n---\n",
     b"text\n---\nname: a\n---\n", b"x" * (1024 * 1024 + 1)],
)  # fmt: skip
def test_what_is_no_skill_file_is_refused(data: bytes | str) -> None:
    with pytest.raises(SkillInvalidError):
        parse_skill(data)


@pytest.mark.parametrize("unit", ["[", "{", "- ", "? ", "a: ", '"', "a: b: c\n", "&a ", "!a ", "[a, ", "'", "a: |\n "])
def test_hostile_yaml_ends(unit: str) -> None:
    text = f"---\nname: a\n{unit * (16_000 // len(unit))}\n---\nbody\n"
    try:
        assert parse_skill(text).raw == text
    except SkillInvalidError:
        return


@pytest.mark.parametrize(
    "value",
    [
        " plain text",
        ' "double \\" quoted"',
        " 'single ''quoted'''",
        " >\n  folded\n  text\n",
        " >-\n  folded\n\n  text",
        " |\n  literal\n    deeper\n\n\n",
        " |+ # comment\n  kept\n\n",
        " plain\n  over two lines",
        "",
        " # only a comment",
        " plain # with a comment",
    ],
)
def test_only_the_description_is_replaced(value: str) -> None:
    for newline in ("\n", "\r\n"):
        raw = f"---\nx: 1\ndescription:{value}\nname: a\nz: [1,  2] # c\n---\nBody\n".replace("\n", newline)
        document = parse_skill(raw)
        assert "YAML_COLON" not in codes(document)
        changed = with_description(document, "Fresh – “text” # 1: é\u200d\nsecond line")
        before, after = f"---{newline}x: 1{newline}description:", f"{newline}name: a{newline}z: [1,  2] # c{newline}---"
        assert changed.startswith(before)
        assert changed[len(before) :].count(after + f"{newline}Body{newline}") == 1
        assert parse_skill(changed).description == "Fresh – “text” # 1: é\u200d\nsecond line"
        assert newline == "\n" or "\n" not in changed.replace("\r\n", "")


def test_a_missing_description_is_added() -> None:
    assert with_description(skill("name: a"), "new") == '---\nname: a\ndescription: "new"\n---\nBody.\n'


@pytest.mark.parametrize("description", ["", "  ", "x" * 1025, "\ud800"])
def test_an_invalid_description_is_refused(description: str) -> None:
    with pytest.raises(SkillInvalidError):
        with_description(parse_skill(PLAIN), description)
    with pytest.raises(SkillInvalidError):
        emit_new("a", description, "body")


def test_a_description_that_is_no_text_is_left_for_the_person() -> None:
    with pytest.raises(SkillInvalidError):
        with_description(skill("name: a\ndescription:\n  - one\n  - two"), "new")


def test_a_new_skill_is_quoted_and_reads_the_same_elsewhere() -> None:
    raw = emit_new("no", 'Use when: "x" # y', "\n# Title\r\n\r\nText", metadata={"version": "1", "odd key": "a: b"})
    front = yaml.safe_load(raw.split("---\n")[1])
    assert front == {"name": "no", "description": 'Use when: "x" # y', "metadata": {"version": "1", "odd key": "a: b"}}
    assert parse_skill(raw).body == "\n# Title\n\nText\n"
    assert parse_skill(emit_new("a-1", "d", "")).body == ""


@pytest.mark.parametrize("name", ["", "A", "a--b", "-a", "a-", "ä", "a b", "a/b", "..", "x" * 65])
def test_a_new_skill_needs_a_valid_name(name: str) -> None:
    with pytest.raises(SkillInvalidError):
        emit_new(name, "d", "b")


def test_sections_are_atx_headings_outside_code() -> None:
    body = "\n".join(
        [
            "# Title #",
            "## Steps ##",
            "```sh",
            "# no heading",
            "~~~",
            "```",
            "### Deeper",
            "````md",
            "```",
            "## inside",
            "```",
            "````",
            "  ## C# and F#",
            "    # indented code",
            "#no heading",
            "1. item",
            "    ```",
            "# inside a list's block",
            "    ```",
            "##",
            "~~~ ` ~",
            "# to the end",
        ]
    )
    document = skill("name: a\ndescription: b", body)
    assert [(s.title, s.level, s.start_line, s.end_line) for s in document.sections] == [
        ("Title", 1, 5, 27),
        ("Steps", 2, 6, 17),
        ("Deeper", 3, 11, 17),
        ("C# and F#", 2, 17, 24),
        ("", 2, 24, 27),
    ]


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: f"---\n{text}\n---\nbody".encode(errors="ignore"))
)
@settings(max_examples=200)
def test_any_bytes_are_read_whole_or_refused(data: bytes) -> None:
    try:
        document = parse_skill(data)
    except SkillInvalidError:
        return
    assert document.raw.encode() == data
    assert document.raw.endswith(document.body)
    assert [s.start_line for s in document.sections] == sorted({s.start_line for s in document.sections})


YAMLISH = st.text(alphabet="ab: #\n\r\t-\"'|>[]{}&*!%,?~é\u2028\x85\\", max_size=80)


@given(YAMLISH, YAMLISH)
@settings(max_examples=200)
def test_any_yaml_like_text_is_read_or_refused(value: str, more: str) -> None:
    raw = f"---\nname: a\ndescription: {value}\n{more}\n---\nbody\n"
    try:
        document = parse_skill(raw)
    except SkillInvalidError:
        return
    assert document.raw == raw
    try:
        changed = with_description(document, "Other: text")
    except SkillInvalidError:
        return
    again = parse_skill(changed)
    assert (again.description, again.name, again.body) == ("Other: text", document.name, document.body)
    with suppress(SkillInvalidError):
        mended = with_quotes(document)
        assert mended is None or yaml.safe_load(mended.split("---\n")[1]) is not None


@given(
    st.text(max_size=60), st.text(max_size=120), st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3)
)
@settings(max_examples=200)
def test_what_is_emitted_reads_back(description: str, body: str, metadata: dict[str, str]) -> None:
    try:
        raw = emit_new("some-name", description, body, metadata=metadata)
    except SkillInvalidError:
        assert not description.strip() or not f"{description}{body}{metadata}".isascii()
        return
    document = parse_skill(raw)
    assert (document.name, document.description) == ("some-name", description.strip())
    assert document.fields.get("metadata", {}) == metadata
    assert yaml.safe_load(raw[3 : document.frontmatter_end])["description"] == description.strip()
    again = parse_skill(with_description(document, "d"))
    assert again.body == document.body


def test_real_skills_are_read_whole(shared_data: Path) -> None:
    files = [*shared_data.glob("skills/*/SKILL.md"), *shared_data.glob("security/*/*/SKILL.md")]
    assert files
    refused = []
    for path in files:
        data = path.read_bytes()
        try:
            document = parse_skill(data)
        except SkillInvalidError as error:
            refused.append(error.message)
            continue
        assert document.raw.encode() == data
        if document.name:
            named = with_name(document, "new-name")
            assert {**parse_skill(named).fields, "name": ""} == {**document.fields, "name": ""}
            assert len(named) - len(document.raw) in {8 - len(document.name), 6 - len(document.name)}
        mended = with_quotes(document)
        broke = any(problem.code in {"YAML_COLON", "YAML_QUOTE"} for problem in document.problems)
        assert (mended is not None) == broke
        changed = parse_skill(with_description(document, "New: text"))
        assert (changed.description, changed.body) == ("New: text", document.body)
        assert {**changed.fields, "description": ""} == {**document.fields, "description": ""}
    assert set(refused) <= {"There is no frontmatter."}
    assert len(refused) < len(files) * 0.02
