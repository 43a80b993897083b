"""``hook AGENT``: one event that an agent tells about goes to the spool, and the agent goes on at once.

The agent waits for this program at every event, so nothing is imported here that is not needed, one deadline holds for
everything, and nothing that goes wrong is the agent's business. An event names a file and a moment: what was typed or
printed is not kept, so there is nothing to redact.

One file a session, ``hook-<agent>-<session>-<crc>.json``, renamed into place whole: the last event of a session says
all that there is to do, so that thousands of events while nobody reads the spool are as many files as sessions, and
of those the oldest go (counted in ``dropped-hooks``, a byte each) where they are too many.
"""

from __future__ import annotations

import _thread
import os
import time
from typing import NoReturn

AGENTS = ("claude-code", "codex", "gemini")
FIELDS = (
    "session_id", "transcript_path", "cwd", "hook_event_name", "timestamp", "tool_use_id", "agent_id", "reason",
    "model", "source",
)  # fmt: skip
# The promise is 100 ms; Python needs its share of it to start and to end.
DEADLINE_SECONDS = 0.04
FIELD_LIMIT = 4096
# An event with a tool's output in it may be large. What is needed of it stands at its beginning.
READ_LIMIT = 256 * 1024
MOST_FILES = 512
_DROP_AT_ONCE = 32
DROPPED = "dropped-hooks"
_BLOCK = 64 * 1024
_SPACE = " \t\r\n"


def event_call(argv: list[str]) -> tuple[str, str | None] | None:
    """The agent and the named home, where a command line is that of a hook; ``None`` where it is any other."""
    words: list[str] = []
    home: str | None = None
    rest = iter(argv)
    for word in rest:
        if word in {"--home", "--skills"}:
            value = next(rest, None)
            home = value if word == "--home" else home
        elif word.startswith("--home="):
            home = word.partition("=")[2]
        elif word.startswith("-"):
            if word != "--json" and not word.startswith("--skills="):
                return None
        else:
            words.append(word)
    return (words[1], home) if len(words) == 2 and words[0] == "hook" else None


def receive(agent: str, home: str | None) -> NoReturn:
    """Take one event from standard input, and end the process with status 0, whatever happens."""
    try:
        if agent == "gemini":
            # Gemini CLI reads JSON from standard output. The other two take silence for consent.
            _say(1, "{}")
        elif agent not in AGENTS:
            _say(2, f"skilltui: no hook is known for {agent!r}, only for {', '.join(AGENTS)}")
        elif os.isatty(0):
            _say(2, f"skilltui: an agent runs this; to make it do so: skilltui hook {agent} --install")
        done = _thread.allocate_lock()
        done.acquire()
        # A pipe that nobody closes and a file system that hangs hold this thread up, never the process.
        _thread.start_new_thread(_work, (agent, home, done))
        done.acquire(timeout=DEADLINE_SECONDS)
    finally:
        os._exit(0)


def _say(descriptor: int, text: str) -> None:
    try:
        os.write(descriptor, f"{text}\n".encode("utf-8", "backslashreplace"))
    except OSError:
        # Closed, or full: that is no reason to lose the event.
        return


def _work(agent: str, home: str | None, done: _thread.LockType) -> None:
    try:
        store(agent, read_event(0), spool_folder(home))
    except Exception:  # noqa: BLE001, S110 - a hook has nobody to tell, and the agent must go on
        pass
    finally:
        done.release()


def spool_folder(home: str | None) -> str:
    """Where ``HomePaths.spool`` is, without what it takes to import that."""
    named = home or os.environ.get("SKILLTUI_HOME")
    if named:
        return os.path.join(os.path.abspath(os.path.expanduser(named)), "spool")
    from platformdirs import user_data_dir

    return os.path.join(user_data_dir("skilltui"), "spool")


def read_event(descriptor: int) -> dict[str, str]:
    """The fields that are kept of the event that comes through a descriptor; as many as could be read."""
    if os.isatty(descriptor):
        return {}
    data = b""
    found: dict[str, str] = {}
    while True:
        block = os.read(descriptor, _BLOCK)
        if not block:
            return found
        if len(data) < READ_LIMIT:
            data += block
            if len(data) >= READ_LIMIT or block.rstrip().endswith(b"}"):
                found, whole = parse_event(data)
                if whole:
                    return found
        # The rest is read and thrown away: an agent may not like its pipe to break.


def parse_event(data: bytes) -> tuple[dict[str, str], bool]:
    """The kept fields of a JSON object, and whether it was whole; of a broken one what stands before the break."""
    from json import JSONDecoder

    found: dict[str, str] = {}
    text = data.decode("utf-8", "replace").lstrip("\ufeff" + _SPACE)
    decoder = JSONDecoder()
    place = _skip(text, 1)
    try:
        if text[0] != "{":
            return found, False
        while text[place] != "}":
            key, place = decoder.raw_decode(text, place)
            place = _skip(text, place)
            if text[place] != ":":
                return found, False
            value, place = decoder.raw_decode(text, _skip(text, place + 1))
            if key in FIELDS and isinstance(value, str) and 0 < len(value) <= FIELD_LIMIT:
                found[key] = value
            place = _skip(text, place)
            if text[place] == ",":
                place = _skip(text, place + 1)
    except (ValueError, IndexError, TypeError, RecursionError):
        return found, False
    return found, True


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def store(agent: str, event: dict[str, str], spool: str) -> None:
    """Put an event in the place of the last one of its session. Raises ``OSError``."""
    if agent not in AGENTS or not (event.get("session_id") or event.get("transcript_path")):
        return
    import zlib
    from json import dumps

    now = time.time()
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
    record = dumps({"v": 1, "kind": "hook", "agent": agent, "at": at, **event}) + "\n"
    subject = [event.get(name, "") for name in ("session_id", "transcript_path", "agent_id")]
    known_by = zlib.crc32("\0".join(subject).encode("utf-8", "surrogatepass"))
    session = "".join(c for c in subject[0] if c.isascii() and (c.isalnum() or c in "-_"))[:64]
    name = f"hook-{agent}-{session}-{known_by:08x}.json"
    target = os.path.join(spool, name)
    for folder in (os.path.dirname(spool), spool):
        # Parents that are missing get the mode that the person's umask says; these two are the person's alone.
        os.makedirs(folder, mode=0o700, exist_ok=True)
    if not os.path.lexists(target):
        _make_room(spool)
    part = os.path.join(spool, f".{name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            data = record.encode()
            if os.write(descriptor, data) != len(data):
                raise OSError("no space left")
        finally:
            os.close(descriptor)
        os.replace(part, target)
    except OSError:
        os.unlink(part)
        raise


def _make_room(spool: str) -> None:
    names = [name for name in os.listdir(spool) if name.startswith("hook-")]
    if len(names) < MOST_FILES:
        return
    aged = sorted((os.lstat(path).st_mtime_ns, path) for path in (os.path.join(spool, name) for name in names))
    gone = len(names) - MOST_FILES + _DROP_AT_ONCE
    for _, path in aged[:gone]:
        os.unlink(path)
    descriptor = os.open(os.path.join(spool, DROPPED), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, b"." * gone)
    finally:
        os.close(descriptor)
