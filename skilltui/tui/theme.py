"""Two themes of our own, and the colours that our signs take in every other theme."""

from __future__ import annotations

from textual.app import App
from textual.theme import Theme

DARK = Theme(
    name="skilltui-dark",
    primary="#7aa2c9",
    secondary="#8fb3a6",
    accent="#e0b06c",
    foreground="#d6d9de",
    background="#14171c",
    surface="#1a1e25",
    panel="#20252d",
    success="#86c08b",
    warning="#e0b06c",
    error="#e57f84",
    dark=True,
    variables={
        "skilltui-muted": "#8b939f",
        "skilltui-rule": "#39414d",
        "scrollbar": "#39414d",
        "scrollbar-hover": "#8b939f",
        "scrollbar-active": "#8b939f",
        "scrollbar-background": "#14171c",
        "scrollbar-background-hover": "#14171c",
        "scrollbar-background-active": "#14171c",
        "scrollbar-corner-color": "#14171c",
        "skilltui-accent": "#e0b06c",
        "skilltui-code": "#b7c4d4",
        "skilltui-quote": "#cdbfe3",
        "skilltui-success": "#86c08b",
        "skilltui-failure": "#e57f84",
        "skilltui-unknown": "#9aa7c7",
        "skilltui-gap": "#6cb6e0",
        "skilltui-draft": "#c79be0",
        "skilltui-live": "#8be0a0",
        "skilltui-finding": "#e8a15f",
        "skilltui-cursor": "#2b3947",
        "skilltui-cursor-away": "#20262f",
        "footer-key-foreground": "#e0b06c",
        "footer-background": "#1a1e25",
        "block-cursor-foreground": "#d6d9de",
        "block-cursor-background": "#2b3947",
        "block-cursor-text-style": "bold",
    },
)

LIGHT = Theme(
    name="skilltui-light",
    primary="#2f628f",
    secondary="#3d6b5f",
    accent="#8a5a00",
    foreground="#23272e",
    background="#fbfaf7",
    surface="#f1efe9",
    panel="#e7e4dc",
    success="#2e6f39",
    warning="#8a5a00",
    error="#ad2f38",
    dark=False,
    variables={
        "skilltui-muted": "#62666d",
        "skilltui-rule": "#c9c4b8",
        "scrollbar": "#c9c4b8",
        "scrollbar-hover": "#62666d",
        "scrollbar-active": "#62666d",
        "scrollbar-background": "#fbfaf7",
        "scrollbar-background-hover": "#fbfaf7",
        "scrollbar-background-active": "#fbfaf7",
        "scrollbar-corner-color": "#fbfaf7",
        "skilltui-accent": "#8a5a00",
        "skilltui-code": "#33465c",
        "skilltui-quote": "#5b4a7d",
        "skilltui-success": "#2e6f39",
        "skilltui-failure": "#ad2f38",
        "skilltui-unknown": "#4a5a86",
        "skilltui-gap": "#1f6a99",
        "skilltui-draft": "#7a3f9c",
        "skilltui-live": "#1d7a38",
        "skilltui-finding": "#9c4f00",
        "skilltui-cursor": "#dbe4ee",
        "skilltui-cursor-away": "#ecebe5",
        "footer-key-foreground": "#8a5a00",
        "footer-background": "#f1efe9",
        "block-cursor-foreground": "#23272e",
        "block-cursor-background": "#dbe4ee",
        "block-cursor-text-style": "bold",
    },
)

_ANSI = {
    "skilltui-muted": "ansi_bright_black",
    "skilltui-rule": "ansi_bright_black",
    "skilltui-accent": "ansi_yellow",
    "skilltui-code": "ansi_default",
    "skilltui-quote": "ansi_magenta",
    "skilltui-success": "ansi_green",
    "skilltui-failure": "ansi_red",
    "skilltui-unknown": "ansi_blue",
    "skilltui-gap": "ansi_cyan",
    "skilltui-draft": "ansi_magenta",
    "skilltui-live": "ansi_green",
    "skilltui-finding": "ansi_yellow",
    "skilltui-cursor": "ansi_default",
    "skilltui-cursor-away": "ansi_default",
}


class ThemedApp(App[None]):
    """An app in which our widgets find their colours, whatever theme the person chooses."""

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our variables for a theme that does not name them: the ansi themes, and all that Textual brings."""
        theme = self.current_theme
        if theme.ansi:
            return dict(_ANSI)
        own = DARK if theme.dark else LIGHT
        named = {name: value for name, value in own.variables.items() if name.startswith("skilltui-")}
        text = theme.foreground or ("#e0e0e0" if theme.dark else "#202020")
        colours = {
            "accent": theme.accent, "success": theme.success, "failure": theme.error, "finding": theme.warning,
            "muted": f"{text} 65%", "rule": f"{text} 25%", "code": text,
            "cursor": f"{theme.primary} 30%", "cursor-away": f"{theme.primary} 12%",
        }  # fmt: skip
        return named | {f"skilltui-{tone}": colour for tone, colour in colours.items() if colour}
