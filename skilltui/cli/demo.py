"""The demo: a throw-away home, recorded sessions played into it as if two agents were working now."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from skilltui.cli import shapes
from skilltui.cli.call import Call
from skilltui.config import set_config
from skilltui.demo.player import Player
from skilltui.paths import HomePaths
from skilltui.workshop.capturing import CONSENT_KEY
from skilltui.workshop.home import Home

# Where nobody looks, nobody waits for the agents.
_UNSEEN_SPEED = 50.0


async def run_demo(call: Call, *, speed: float | None, once: bool) -> int:
    """Play; everything written goes away at the end. Without a terminal, ``once`` plays with no interface."""
    unseen = once and not (sys.stdin.isatty() and sys.stdout.isatty())
    speed = speed or (_UNSEEN_SPEED if unseen else 1.0)
    with tempfile.TemporaryDirectory(prefix="skilltui-demo-") as folder:
        base = Path(folder)
        player = Player(base, speed=speed)
        await asyncio.to_thread(player.prepare)
        paths = HomePaths(base / "skilltui", base / "skilltui")
        paths.make()
        # The person's own folders stay out of it: the demo reads only what it wrote itself.
        set_config(paths.config, CONSENT_KEY, "true")
        env = {"HOME": folder, "PATH": call.env.get("PATH", ""), "TERM": call.env.get("TERM", "")}
        async with Home.open(paths, env=env) as home:
            if unseen:
                return await _headless(call, home, player)
            return await _in_panes(home, player, speed=speed, once=once)


async def _headless(call: Call, home: Home, player: Player) -> int:
    """The whole loop with no interface: play, draft the most wanted gap, accept, and say what came of it."""
    following = asyncio.create_task(home.watcher.run())
    try:
        await player.play()
        await home.watcher.caught_up()
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    sessions = await home.capturing.sessions()
    gaps = await home.curating.gaps()
    draft = await home.learning.synthesize(gaps[0].id, engine="extractive")
    accepted = await home.reviewing.accept(draft.skill, draft.version, unverified=True)
    call.out.result(
        {
            "sessions": len(sessions),
            "steps": sum(s.steps for s in sessions),
            "gaps": [shapes.gap(g) for g in gaps],
            "proposal": shapes.proposal(draft),
            "accepted": {"version": accepted.version, "hash": accepted.hash},
            "text": await home.comparing.text(draft.skill),
        },
        f"{len(sessions)} sessions with {sum(s.steps for s in sessions)} steps were captured",
        *(f"gap: {g.need} ({g.count} times)" for g in gaps),
        "",
        await home.comparing.text(draft.skill),
    )
    return 0


async def _in_panes(home: Home, player: Player, *, speed: float, once: bool) -> int:
    from skilltui.tui.app import SkilltuiApp
    from skilltui.tui.tour import walk

    app = SkilltuiApp(home, tour=True)

    async def play_and_leave() -> None:
        assert app.tour is not None
        await asyncio.gather(player.play(), walk(app, app.tour, speed=speed))
        app.exit()

    playing = asyncio.create_task(play_and_leave() if once else player.play())
    try:
        await app.run_async()
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    return app.return_code or 0
