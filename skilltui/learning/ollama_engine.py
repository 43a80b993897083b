"""The engine with a model: a local model rewords the evidence cards, and every word of it is checked on arrival."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from skilltui.learning import faithful, prompts
from skilltui.learning.engine import Brief, Card, Draft, Item, OnProgress, Progress
from skilltui.llm.model import LocalModel, prompt_tokens
from skilltui.llm.reply import strip_thinking

# The format's limit for a description (agentskills.io specification).
_DESCRIPTION_LIMIT = 1024
# How long an answer may be: the cards' own length and half as much again, the form around them, the description.
_SMALLEST_ANSWER, _LARGEST_ANSWER = 400, 3000
_ANSWER_BASE, _ANSWER_PER_CARD, _ANSWER_PER_TOKEN = 250, 40, 1.5


class OllamaEngine:
    """Rewords a brief's cards through a :class:`LocalModel`.

    A card whose rewording is missing or says anything that the card does not keeps its own lines, and the draft's
    note says so: a draft never holds less than was mined (of the cards that fit), and never more.
    """

    name = "ollama"

    def __init__(self, model: LocalModel) -> None:
        self._model = model

    @property
    def model(self) -> str | None:
        """The model's name, as far as it is known."""
        return self._model.name

    async def write(self, brief: Brief, on_progress: OnProgress) -> Draft:
        """Word the cards. Raises ``EngineError``; cancelling stops the model at once."""
        telling = _Telling(on_progress)
        if not brief.cards:
            return Draft(brief.description, (), note="There was no card to word.")
        telling.phase("loading")
        cards, messages = _fitting(brief, await self._model.room())
        reply = await self._model.chat(
            messages,
            prompts.schema(cards),
            on_delta=telling.delta,
            on_phase=telling.phase,
            num_predict=_answer_tokens(cards),
        )
        left_out = len(brief.cards) - len(cards)
        draft = read_draft(brief, cards, reply.data, partial=reply.partial, left_out=left_out)
        telling.phase("done")
        return draft


class _Telling:
    """Turns the port's callbacks into ``Progress``. A phase that begins again starts its text again."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._tell = on_progress
        self._started = monotonic()
        self._text = ""
        self._tokens = 0

    def phase(self, name: str) -> None:
        if name == "reading":
            self._text, self._tokens = "", 0
        self._tell(self._progress(name))

    def delta(self, piece: str) -> None:
        self._text += piece
        self._tokens += 1
        self._tell(self._progress("writing"))

    def _progress(self, phase: str) -> Progress:
        return Progress(phase, strip_thinking(self._text), self._tokens, monotonic() - self._started)


def read_draft(
    brief: Brief, cards: Sequence[Card], data: Mapping[str, Any], *, partial: bool = False, left_out: int = 0
) -> Draft:
    """A draft from a model's answer that fits ``prompts.schema(cards)``, or from the whole part of one.

    Items come in the cards' order and keep the cards' sections. Two cards worded alike become one item.
    """
    worded: dict[str, tuple[str, ...]] = {}
    for item in data.get("items", ()):
        lines = tuple(filter(None, map(faithful.cleaned, item["lines"])))
        worded.setdefault(item["card"], tuple(dict.fromkeys(lines)))
    objections: Counter[str] = Counter()
    items: dict[tuple[str, str], Item] = {}
    for card in cards:
        lines = worded.get(card.id, ())
        objection = _objection(card, lines) if card.id in worded else "is missing"
        if objection:
            objections[objection] += 1
            lines = card.lines
        alike = (card.section, "\n".join(lines).casefold())
        same = items.get(alike)
        items[alike] = Item((*(same.cards if same else ()), card.id), card.section, lines)
    description, kept = _description(brief, cards, data.get("description", ""))
    notes = [
        f"{count} of {len(cards)} cards keep their own words: the model's wording {why}."
        for why, count in sorted(objections.items())
    ]
    if partial:
        notes.append("The model's answer was cut off at its limit.")
    if kept:
        notes.append(f"The description is the mined one: the model's {kept}.")
    if left_out:
        notes.append(f"{left_out} of {len(cards) + left_out} cards with the least support did not fit the context.")
    return Draft(description, tuple(items.values()), partial, " ".join(notes))


def _objection(card: Card, lines: Sequence[str]) -> str:
    """What is wrong with a wording of a card; empty: nothing is."""
    return faithful.objection(lines, [*card.lines, *card.quotes]) or faithful.turned(lines, card.lines, card.quotes)


def _description(brief: Brief, cards: Sequence[Card], text: str) -> tuple[str, str]:
    """The model's description, or the mined one and what is wrong with the model's."""
    line = faithful.cleaned(text)
    source = [
        brief.name,
        brief.description,
        brief.need,
        *brief.requests,
        *(line for card in cards for line in card.lines),
    ]
    if not line:
        return brief.description, "is missing"
    if len(line) > _DESCRIPTION_LIMIT or "<" in line or ">" in line:
        return brief.description, faithful.FORM
    objection = faithful.objection([line], source)
    return (brief.description, objection) if objection else (line, "")


def _fitting(brief: Brief, room: int) -> tuple[list[Card], list[dict[str, str]]]:
    """The cards that fit, best supported first to stay, and their prompt. The existing text goes before any card."""
    unique = list({card.id: card for card in reversed(brief.cards)}.values())[::-1]
    by_support = sorted(unique, key=lambda card: -card.support.trajectories)
    for count in range(len(unique), 0, -1):
        kept = {card.id for card in by_support[:count]}
        cards = [card for card in unique if card.id in kept]
        for with_existing in (True, False) if count == len(unique) else (False,):
            messages = prompts.messages(brief, cards, with_existing=with_existing)
            if prompt_tokens(messages) + _answer_tokens(cards) <= room:
                return cards, messages
    # Not even one card fits; the port says so in its own words.
    return by_support[:1], prompts.messages(brief, by_support[:1], with_existing=False)


def _answer_tokens(cards: Sequence[Card]) -> int:
    own = prompt_tokens([{"content": line} for card in cards for line in card.lines])
    needed = int(_ANSWER_BASE + _ANSWER_PER_CARD * len(cards) + _ANSWER_PER_TOKEN * own)
    return min(max(needed, _SMALLEST_ANSWER), _LARGEST_ANSWER)
