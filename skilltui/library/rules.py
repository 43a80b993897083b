"""The safety table, first half: commands and settings that may not go live unseen. ``orders`` holds the second half.

Patterns see the text normalised and in lower case (``scan.normalise``). A blank in a pattern stands for one to three
blanks. Every repeat is bounded, so that a scan takes time in proportion to the text. Classes after the survey of
attacks on skills in arXiv 2602.20156 and the codes of public scanners.
"""

from __future__ import annotations

import re

from msgspec import Struct

from skilltui.domain.skill import Severity, Verdict


class Rule(Struct, frozen=True):
    """One row: a match of ``pattern`` is a finding.

    ``needs``: literals of which one must occur in the text before the pattern is tried; they make a scan fast.
    ``near``: counts only with a match of this within ``reach`` characters on either side.
    ``trusted``: with a match of this in the same line the finding is only information.
    ``warnable``: in text that warns against the thing it is only information too.
    """

    code: str
    severity: Severity
    message: str
    needs: tuple[str, ...]
    pattern: re.Pattern[str]
    near: re.Pattern[str] | None = None
    reach: int = 300
    trusted: re.Pattern[str] | None = None
    warnable: bool = True

    @property
    def verdict(self) -> Verdict:
        """What a finding of this rule does to the skill."""
        return Verdict.BLOCK if self.severity in (Severity.HIGH, Severity.CRITICAL) else Verdict.FLAG


def row(
    code: str,
    severity: Severity,
    message: str,
    needs: str,
    *pattern: str,
    near: str | None = None,
    reach: int = 300,
    trusted: re.Pattern[str] | None = None,
    warnable: bool = True,
) -> Rule:
    """A row from readable parts: ``needs`` divided by ``|``, the alternatives of the pattern one by one."""
    return Rule(
        code, severity, message, tuple(needs.split("|")), compiled(*pattern), compiled(near) if near else None, reach,
        trusted, warnable,
    )  # fmt: skip


def compiled(*alternatives: str) -> re.Pattern[str]:
    """One pattern from alternatives in which a blank stands for one to three blanks."""
    return re.compile("|".join(part.replace(" ", r"\s{1,3}") for part in alternatives), re.MULTILINE)


HIGH = Severity.HIGH
CRITICAL = Severity.CRITICAL
MEDIUM = Severity.MEDIUM

# Installers that the tool's own vendor documents as a pipe: still worth a look, no reason to stop.
INSTALLERS = compiled(
    r"https://(?:astral\.sh/|sh\.rustup\.rs|bun\.(?:sh|com)/install|get\.docker\.com|deno\.land/|ollama\.com/install",
    r"get\.pnpm\.io|aka\.ms/|dot\.net/|fly\.io/install|install\.python-poetry\.org|get\.helm\.sh|rclone\.org/install",
    r"sdk\.cloud\.google\.com|cli\.github\.com/|claude\.ai/install|cursor\.com/install|foundry\.paradigm\.xyz",
    r"install\.determinate\.systems|nixos\.org/nix/install|get\.k3s\.io|mise\.run|starship\.rs/install|proton\.me/",
    r"deb\.nodesource\.com|packages\.microsoft\.com|builds\.dotnet\.microsoft\.com|awscli\.amazonaws\.com",
    r"release\.(?:solana\.com|anza\.xyz)|raw\.githubusercontent\.com/(?:homebrew/install|nvm-sh/|helm/helm|azure/",
    r"microsoft/|dotnet/|ohmyzsh/|anthropics/|aquasecurity/trivy|anchore/|golangci/golangci-lint|rhysd/actionlint))",
)

_SHELL = r"(?:sudo (?:-\w{1,9} ){0,3})?(?:env )?(?:/(?:usr/)?bin/)?(?:(?:ba|z|da|k|fi|tc)?sh|pwsh|powershell)\b(?![.:])"
# A bare interpreter reads its program from the pipe; "python3 -m json.tool" only reads data.
_INTERPRETER = r"(?:sudo )?(?:python[\d.]{0,4}|perl|ruby|node|php)(?=\s{0,3}(?:-\s|-?$|[`\"')\]]))"
_FETCH = r"\b(?:curl|wget|iwr|irm|invoke-webrequest|invoke-restmethod|aria2c)\b"
_FETCHERS = "curl|wget|iwr|irm|invoke-|aria2c"

# What must not leave the machine, and how it would.
_SENSITIVE = "|".join(
    (
        r"\.ssh(?:/|(?= (?:folder|director|keys?|files?)))",
        r"\bid_(?:rsa|ed25519|ecdsa)\b",
        r"\.aws/credentials|\.gnupg\b|\.kube/config|\.netrc\b|\.git-credentials|\.docker/config\.json",
        r"/etc/(?:passwd|shadow)\b",
        r"\bkeychain(?:-db)?\b|\blogin data\b|\bcookies\.sqlite\b|\bwallet\.dat\b|\bseed phrase",
        r"\bpbpaste\b|\bxclip\b|\bscreencapture\b|\bclipboard contents?\b|\bbrowser (?:history|cookies|passwords)\b",
        r"\b(?:ip_?)?loc\.(?:py|txt)\b|\bcorelocation\b",
        r"\ball (?:environment variables|env vars|secrets|credentials)\b",
    )
)
SINK = "|".join(
    (
        r"\bcurl\b[^\n]{0,90}?(?:-x\s{0,3}p(?:os|u)t\b|\s-[fdt]\b|--data|--form|--upload-file)",
        r"\brequests\.(?:post|put)\(",
        r"\b(?:upload|send|post|transmit|forward|exfiltrate)s?\b[^\n]{0,80}?(?:https?://|\bserver\b|\bcollector\b)",
        r"\bnc (?:-\w{1,6} )?[\w.-]{1,60} \d{2,5}\b",
        r"\bexfiltrat",
    )
)
_START_UP = r"(?:~|\$home|/root|/home/[\w.-]{1,32})/\.(?:bashrc|zshrc|profile|bash_profile|zprofile)"
_LOCAL = r"(?!localhost|127\.)"

COMMANDS: tuple[Rule, ...] = (
    row("PIPE_SHELL", CRITICAL, "a download is piped into a shell: nobody reads what runs", _FETCHERS,
        rf"{_FETCH}[^\n|;]{{1,250}}(?:\|(?!\|)[^\n|;]{{1,60}}){{0,2}}\|\s{{0,3}}"
        rf"(?:{_SHELL}|{_INTERPRETER}|iex\b|invoke-expression\b)", trusted=INSTALLERS),
    row("PIPE_SHELL", CRITICAL, "a shell runs what a download prints", _FETCHERS,
        rf"\b(?:(?:ba|z|da)?sh (?:-\w{{1,4}} )?|source |eval )[\"']?(?:<\(|\$\(|`)\s{{0,3}}{_FETCH}",
        trusted=INSTALLERS),
    row("PIPE_SHELL", CRITICAL, "an encoded command is decoded and run", "base64|xxd",
        rf"\b(?:base64 (?:-d|--decode|-di)|xxd -r)\b[^\n|]{{0,80}}\|\s{{0,3}}(?:{_SHELL}|{_INTERPRETER})"),
    row("PIPE_SHELL", CRITICAL, "downloaded or encoded text is run as a script", "iex|invoke-expression|exec(|eval(",
        r"\b(?:iex|invoke-expression)\b[^\n]{0,60}(?:downloadstring|\birm\b|\biwr\b|invoke-web|invoke-rest)",
        r"\b(?:exec|eval)\(\s{0,3}(?:requests\.get|urllib|urlopen|await fetch|atob|base64\.|bytes\.fromhex"
        r"|codecs\.decode)",
        trusted=INSTALLERS),
    row("PIPE_SHELL", HIGH, "a download is run in the same line", "curl|wget",
        rf"\b(?:curl|wget) [^\n&;]{{1,250}}(?:&&|;)\s{{0,3}}(?:chmod\s[^\n&;]{{1,80}}(?:&&|;)\s{{0,3}})?"
        rf"(?:{_SHELL} [\w./~$]|(?:sudo )?\./[\w.-])", trusted=INSTALLERS),
    row("LOAD_EXEC", CRITICAL, "a command that the client runs before the model reads the skill", "!`|```!|~~~!",
        r"(?<![\w!`\"'(\[=])!`[^`\n]{1,400}`", r"^[\t\x20]{0,12}(?:`{3,8}|~{3,8})!", warnable=False),
    row("EXFIL", CRITICAL, "private files, the clipboard or the location are sent away",
        "curl|requests.|upload|send|post|transmit|forward|exfiltrat|nc ", SINK, near=_SENSITIVE, reach=500),
    row("EXFIL", CRITICAL, "files with secrets are collected or sent", ".env",
        r"\b(?:upload|send|post|exfiltrate|harvest|transmit|forward|steal)(?:s|ing)?\b[^\n]{0,60}[\s`\"'/]\.env\b"
        r"(?!\.(?:example|sample|template))", r"\bcollect (?:the |all |any ){0,2}`?\.env\b"),
    row("EXFIL", HIGH, "data goes to a throw-away address",
        "webhook.site|requestbin|requestcatcher|beeceptor|oastify|burpcollab|interact.sh|dnslog|pipedream.net|canarytok"
        "|ngrok|onrender.com",
        r"\b(?:webhook\.site|requestbin\.\w{2,4}|requestcatcher\.com|beeceptor\.com|oastify\.com|burpcollaborator\.net"
        r"|interact\.sh|dnslog\.cn|m\.pipedream\.net|canarytokens\.\w{2,4})\b",
        r"\b(?:curl|post|upload|send|copy|forward|requests)\b[^\n]{0,120}?https?://[\w.-]{1,60}\.(?:ngrok(?:-free)?\.\w{2,4}|onrender\.com)/"),
    row("EXFIL", CRITICAL, "the environment is dumped into the network", "env |printenv|os.environ",
        r"\b(?:env|printenv)\s{0,3}\|[^\n|]{0,80}(?:\|[^\n|]{0,40})?\b(?:curl|nc|wget)\b",
        r"\bos\.environ\)?(?!\s{0,2}[\[.])[^\n]{0,60}(?:requests\.post|urlopen|socket)",
        r"\brequests\.post\([^\n]{0,120}os\.environ(?!\s{0,2}[\[.])"),
    row("EXFIL", HIGH, "an image address carries data out", "](http",
        r"!\[[^\]\n]{0,80}\]\(https?://[^)\s{<%]{1,160}(?:\$?\{|<|%7b)\s?(?:conversation|chat|secret|token|api[_-]?key"
        r"|data|history|prompt|context|password|user[_-]?input)"),
    row("PERSIST", HIGH, "it plants itself where it is started again",
        "crontab|/etc/cron|launchctl|launchagents|launchdaemons|schtasks|currentversion\\run|authorized_keys"
        "|rc.local|autostart",
        r"\|\s{0,3}crontab -(?=\s|$|[`\"')])", r"(?:>>?|\btee\b)[^\n]{0,40}/etc/(?:cron|rc\.local|init\.d)",
        r"\blaunchctl (?:load|bootstrap)\b", r"(?:>>?|\btee\b|\bcp\b|\bmv\b)[^\n]{0,120}/launch(?:agents|daemons)/",
        r"\bschtasks\b[^\n]{0,60}/create\b", r"currentversion\\run\b", r"(?:>>?|\btee\b)[^\n]{0,60}authorized_keys",
        r"(?:>>?|\bcp\b|\btee\b)[^\n]{0,100}/autostart/"),
    row("PERSIST", HIGH, "a shell start-up file gets a command", ".bashrc|.zshrc|.profile|.bash_profile|.zprofile",
        r"\b(?:echo|printf|cat)\b(?! ['\"]?\s{0,3}(?:export|alias|path=|#|eval \"?\$\(|source|\.|\\n|set))"
        r"[^\n>]{1,200}>>\s{0,3}[\"']?" + _START_UP),
    row("SELF_MODIFY", CRITICAL, "it writes the agent's own settings, hooks or memory",
        ".claude|claude.md|agents.md|.cursor|.codex|.gemini|soul.md|opencode.json",
        r"(?:>>?|\btee\b(?: -a)?|\bsed -i\b[^\n]{0,80}?\s)\s{0,3}[\"']?[\w~$./{}-]{0,60}"
        r"(?:\.claude/(?:settings(?:\.local)?\.json|hooks/|claude\.md)|/claude\.md|/agents\.md|\.cursor/(?:mcp\.json|hooks)|\.codex/(?:config\.toml|hooks)"
        r"|\.gemini/settings\.json|/soul\.md|opencode\.json)"),
    row("PERM", HIGH, "it asks for rights without limits",
        "--dangerously-|bypasspermissions|danger-full-access|--yolo|nopasswd|777|setenforce|master-disable"
        "|com.apple.quarantine|defender|gatekeeper|antivirus",
        r"--dangerously-[\w-]{4,50}",
        r"(?:mode|permissions?)[\"'\s=:]{1,6}bypasspermissions\b", r"\bdanger-full-access\b",
        r"(?<=\s)--yolo\b", r"\bnopasswd:", r"\bchmod (?:-\w{1,3} )?0?777\b",
        r"\bsetenforce 0", r"\bspctl\b[^\n]{0,20}--master-disable",
        r"\bxattr\b[^\n]{0,20}com\.apple\.quarantine",
        r"\b(?:disable|turn off)\b[^\n.]{0,30}\b(?:defender|gatekeeper|antivirus)\b"),
    row("DOWNLOAD", CRITICAL, "an archive with a password, to be unpacked and run: a way past virus scanners",
        "pass|using",
        r"\b(?:extract|unzip|unpack|decompress)\b[^\n]{0,80}\b(?:pass(?:word|code|phrase)?\b\s{0,2}[:=`\"'(]"
        r"|using: \w)",
        r"\.(?:exe|zip|rar|7z|dmg)\b[^\n]{0,60}\bpass(?:word)?\b\s{0,2}:",
        near=r"\.exe\b|\bexecutable\b|\brun\b|\binstaller\b|\bexecute\b", reach=400),
    row("DOWNLOAD", CRITICAL, "a program from the network is to be run before anything else", "download",
        r"\bdownload\b[^\n]{0,160}?\.(?:exe|zip|rar|7z|dmg|msi|scr)\b[^\n]{0,160}?"
        r"\b(?:run|execute|launch|extract)\b[^\n]{0,60}\b(?:before|first|prior|executable)\b"),
    row("DOWNLOAD", HIGH, "a command from a paste site",
        "glot.io|pastebin|paste.ee|rentry|hastebin|ghostbin|transfer.sh|termbin|controlc|dpaste",
        r"https?://(?:www\.)?(?:glot\.io/snippets|pastebin\.com/|paste\.ee/|rentry\.(?:co|org)/|hastebin\.com/"
        r"|ghostbin\.\w{2,4}/|transfer\.sh/|termbin\.com/|controlc\.com/|dpaste\.\w{2,4}/)",
        near=r"\b(?:run|execute|install|terminal|curl|wget|command|paste|download)", reach=200),
    row("DOWNLOAD", HIGH, "something is fetched from a bare IP address", "://",
        r"\b(?:curl|wget|download|fetch|iwr|irm|invoke-webrequest|requests\.get|urlopen)\b[^\n]{0,100}?https?://(?!127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0"
        r"|169\.254\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.)\d{1,3}(?:\.\d{1,3}){3}\b"),
    row("DOWNLOAD", HIGH, "a command is to be pasted into a terminal unread", "terminal",
        r"\b(?:execute|run|paste)\b[^\n.]{0,40}\b(?:installation|install|setup) command\b[^\n.]{0,40}\bterminal\b",
        r"\bcopy\b[^\n.]{0,40}\bcommand\b[^\n.]{0,40}\bpaste\b[^\n.]{0,30}\bterminal\b"),
    row("SUPPLY", HIGH, "packages come from an unprotected or unusual source",
        "--trusted-host|tls_reject|sslverify|http://",
        rf"--(?:extra-)?index-url[=\s]\s{{0,2}}http://{_LOCAL}", r"--trusted-host[=\s]",
        rf"\bpip3? install\b[^\n]{{0,60}}? (?:-i )?(?:git\+)?http://{_LOCAL}",
        r"\bnode_tls_reject_unauthorized\s{0,2}=\s{0,2}[\"']?0", r"\bhttp\.sslverify[=\s]\s{0,2}false",
        rf"\bnpm (?:config )?set registry[=\s]\s{{0,2}}http://{_LOCAL}",
        rf"\b(?:npm|pnpm|yarn) (?:i|install|add)\b[^\n]{{0,60}}?\shttp://{_LOCAL}"),
    row("DESTROY", CRITICAL, "it deletes far more than its own files", "rm -|rm $(|mkfs|of=/dev/|:(){",
        r"\brm (?:-\w{1,6} ){1,3}(?:[^\s|;]{1,60} ){0,3}[\"']?(?:/(?:\s|\*|$)|~/?(?:\s|\*|$)|\$home/?(?:\s|\*|$)"
        r"|\.\./)", r"\brm \$\(",
        r"\bmkfs(?:\.\w{2,5})? /dev/", r"\bdd\b[^\n]{0,60}\bof=/dev/(?:sd|nvme|disk|hd)", r":\(\)\s{0,2}\{\s{0,2}:\|:"),
    row("DESTROY", MEDIUM, "a loop that floods a server or never ends", "range(|indefinitely",
        r"\bfor \w{1,10} in range\(\d{3,9}\):\s{1,12}(?:requests|urllib|httpx|socket)\b",
        r"\bretry\b[^\n]{0,30}\bindefinitely\b"),
)  # fmt: skip
