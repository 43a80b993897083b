"""config.toml: defaults, types, the request's key names, comments kept, mistakes explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from skilltui.config import load_config, set_config
from skilltui.errors import ConfigError


def load(path: Path, text: str, env: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
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


@pytest.mark.parametrize(
    "text",
    [
        "[skills.learning]\ntrajectory_capture = 'yes'\n",
        "[skills.meta_learning]\ngap_threshold = 1.5\n",
        "[skills.meta_learning]\ngap_threshold = true\n",
        "[skills\n",
        "[skills]\nroots = 'one'\n",
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
