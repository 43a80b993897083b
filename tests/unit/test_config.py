"""config.toml: defaults, types, the request's key names, comments kept, mistakes explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from skilltui.config import KEYS, Config, init_config, load_config, set_config
from skilltui.errors import ConfigError


def load(path: Path, text: str, env: dict[str, str] | None = None) -> Config:
    path.write_text(text, encoding="utf-8")
    return load_config(path, env or {"HOME": str(path.parent)})


def test_without_a_file_nothing_may_be_read(tmp_path: Path) -> None:
    config = load_config(tmp_path / "none.toml", {"HOME": str(tmp_path)})
    assert not config.trajectory_capture
    assert config.gap_threshold == 0.3
    assert config.skills_home == tmp_path / ".agents" / "skills"
    assert config.publish == ()


def test_copies_go_to_claude_code_where_it_is_found(tmp_path: Path) -> None:
    (tmp_path / ".claude").mkdir()
    config = load_config(tmp_path / "none.toml", {"HOME": str(tmp_path)})
    assert config.publish == (tmp_path / ".claude" / "skills",)


def test_the_distiller_is_switched_on_under_either_of_its_names(tmp_path: Path) -> None:
    for table in ("skills.learning", "skills.meta_learning"):
        config = load(tmp_path / "c.toml", f"[{table}]\ntrajectory_distillation = true\n")
        assert config.trajectory_distillation


def test_agents_folders_follow_their_own_variables_and_the_configuration_wins(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "CODEX_HOME": str(tmp_path / "cx")}
    assert load_config(tmp_path / "none", env).sources["codex"][0] == tmp_path / "cx" / "sessions"
    config = load(tmp_path / "c.toml", f'[capture.sources]\ncodex = ["{tmp_path}/elsewhere"]\n', env)
    assert config.sources["codex"] == (tmp_path / "elsewhere",)


def test_every_agent_that_is_read_has_folders_and_a_setting_for_them(tmp_path: Path) -> None:
    sources = load_config(tmp_path / "none", {"HOME": str(tmp_path)}).sources
    assert sources["copilot"] == (tmp_path / ".copilot" / "session-state",)
    assert sources["pi"] == (tmp_path / ".pi" / "agent" / "sessions",)
    assert {f"capture.sources.{name}" for name in sources} == {
        name for name in KEYS if name.startswith("capture.sources.")
    }


@pytest.mark.parametrize(
    "text",
    [
        "[skills.learning]\ntrajectory_capture = 'yes'\n",
        "[skills.meta_learning]\ngap_threshold = 1.5\n",
        "[skills.meta_learning]\ngap_threshold = true\n",
        "[skills\n",
        "[skills]\nroots = 'one'\n",
        "[skills]\nroots = ['']\n",
        "[skills]\nhome = '~nobody-of-that-name/skills'\n",
        "[skills]\npromote_after = inf\n",
        "[skills]\npromote_after = 2.5\n",
        f"[skills]\npromote_after = 1{'0' * 400}\n",
        "[skills]\npromote_lower = nan\n",
    ],
)
def test_a_wrong_value_is_an_error_that_says_where(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "c.toml", text)
    assert caught.value.message
    assert caught.value.hint


def test_keys_that_are_none_of_ours_are_named_not_refused(tmp_path: Path) -> None:
    config = load(tmp_path / "c.toml", "[skills.learning]\ncorrection_detection = true\n")
    assert config.unknown == ("skills.learning.correction_detection",)


def test_setting_a_key_keeps_everything_else_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("# mine\n[ollama]\nmodel = 'm'  # small\n", encoding="utf-8")
    set_config(path, "skills.learning.trajectory_capture", "yes")
    set_config(path, "ollama.model", "other")
    text = path.read_text(encoding="utf-8")
    assert "# mine" in text
    assert "# small" in text
    config = load_config(path, {"HOME": str(tmp_path)})
    assert config.trajectory_capture
    assert config.ollama_model == "other"


@pytest.mark.parametrize(
    ("key", "value"),
    [("skills.learning.trajectory_captur", "true"), ("skills.learning.trajectory_capture", "perhaps")],
)
def test_a_mistyped_setting_changes_nothing_and_offers_the_right_one(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        set_config(tmp_path / "c.toml", key, value)
    assert "trajectory_capture" in caught.value.message + caught.value.hint
    assert not (tmp_path / "c.toml").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("skills.meta_learning.gap_threshold", "5"),
        ("skills.promote_after", "inf"),
        ("skills.promote_after", "0"),
        ("skills.promote_lower", "nan"),
        ("skills.home", ""),
        ("skills.home", "~nobody-of-that-name"),
    ],
)
def test_a_value_that_would_not_load_is_never_written(tmp_path: Path, key: str, value: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text("# mine\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        set_config(path, key, value)
    assert path.read_text(encoding="utf-8") == "# mine\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text", ["skills = 5\n", "[skills]\nlearning = 'x'\n", "[[skills]]\nhome = '/q'\n", "[skills\n"]
)
def test_a_file_that_has_no_place_for_the_key_stays_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        set_config(path, "skills.learning.trajectory_capture", "true")
    assert str(path) in caught.value.message
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "text",
    [
        "skills.home = '/q'\n",
        "skills = {home = '/q'}\n",
        "[skills]\nhome = '/q'\nlearning.trajectory_distillation = true\n",
        "[skills.learning]\ntrajectory_distillation = true\n[ollama]\n[skills]\nhome = '/q'\n",
    ],
)
def test_a_key_finds_its_place_however_the_tables_are_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text, encoding="utf-8")
    set_config(path, "skills.learning.trajectory_capture", "true")
    config = load_config(path, {"HOME": str(tmp_path)})
    assert config.trajectory_capture
    assert config.skills_home == Path("/q")


def test_a_file_that_is_a_folder_is_told(tmp_path: Path) -> None:
    for work in (load_config, lambda path: set_config(path, "ollama.model", "m")):
        with pytest.raises(ConfigError, match="can't be read"):
            work(tmp_path)


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "skilltui.toml"
    real.parent.mkdir()
    real.write_text("# mine\n", encoding="utf-8")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    set_config(link, "ollama.model", "m")
    assert link.is_symlink()
    assert "# mine" in real.read_text(encoding="utf-8")
    assert load_config(link, {"HOME": str(tmp_path)}).ollama_model == "m"


def test_the_first_file_names_every_setting_and_changes_none(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    env = {"HOME": str(tmp_path)}
    defaults = load_config(path, env)
    assert init_config(path)
    assert load_config(path, env) == defaults
    text = path.read_text(encoding="utf-8")
    # What a person gets who takes the signs away: every key, known, and the defaults that need no machine.
    opened = load(
        path, "\n".join(line.removeprefix("# ") if " = " in line else line for line in text.splitlines()), env
    )
    assert set(opened.values) == set(KEYS)
    assert opened.unknown == ()
    for name in (
        "trajectory_capture",
        "background_synthesis",
        "gap_threshold",
        "promote_after",
        "promote_lower",
        "roots",
    ):
        assert getattr(opened, name) == getattr(defaults, name), name


def test_the_first_file_is_written_once_and_takes_every_key(tmp_path: Path) -> None:
    values = {"bool": "true", "count": "7", "probability": "0.25", "text": "x", "path": "/a", "paths": "/a:/b"}
    values |= {"agents": "codex, pi", "globs": "~/a:/b/*:secret"}
    path = tmp_path / "c.toml"
    init_config(path)
    for name, key in KEYS.items():
        set_config(path, name, values[key.kind])
    text = path.read_text(encoding="utf-8")
    assert not init_config(path)
    assert path.read_text(encoding="utf-8") == text
    config = load_config(path, {"HOME": str(tmp_path)})
    assert set(config.values) == set(KEYS)
    assert all(f"# {key.about}" in text for key in KEYS.values())
