"""Where secrets turn up in an agent's work: commands, settings, code, logs; and how a transcript wraps them.

``PLACES`` are for working on the rules, ``HELD_OUT`` only for the final figure. In a template ``{n}`` is the name as an
environment variable, ``{s}`` in snake case, ``{c}`` in camel case, ``{k}`` with hyphens, ``{v}`` the secret.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.bench.secret_kinds import Kind, fill

# The name tells: every kind may stand here.
NAMED = {
    "export": ("export {n}={v}", 'export {n}="{v}"', "$ export {n}='{v}' && npm test"),
    "dotenv": ("# local\nDEBUG=1\n{n}={v}\nPORT=8080\n", 'APP_ENV=dev\n{n}="{v}"\n', "{n}='{v}'\nLOG_LEVEL=info"),
    "inline": ("{n}={v} python manage.py migrate", "env {n}={v} ./run.sh --once", "sudo {n}={v} systemctl restart app"),
    "printenv": ("HOME=/root\nPATH=/usr/bin:/bin\n{n}={v}\nSHLVL=1", "{n}={v}\nPWD=/srv/app"),
    "json": ('{{"{s}": "{v}", "retries": 3}}', '{{\n  "env": {{\n    "{n}": "{v}"\n  }}\n}}', '{{"{c}":"{v}"}}'),
    "yaml": ("services:\n  app:\n    {s}: {v}\n", 'env:\n  - name: {n}\n    value: "{v}"\n', "{n}: '{v}'\nreplicas: 2"),
    "python": (
        '{n} = "{v}"\nclient = Client({n})',
        'os.environ["{n}"] = "{v}"',
        "client = Client({s}='{v}', timeout=5)",
    ),
    "javascript": ('const {c} = "{v}";', "process.env.{n} = '{v}'", "new Client({{ {c}: '{v}', region: 'eu' }})"),
    "toml": ('[auth]\n{s} = "{v}"\n', "[default]\n{s} = {v}\n"),
    "log": ("2026-03-01 12:00:01 INFO config loaded: {s}={v} debug=true", "DEBUG settings {{'{s}': '{v}'}}"),
    "option": ("deploy --{k} {v} --yes", "mycli login --{k}={v}", "tool run --{k} '{v}'"),
    "docker": ("docker run -d -e {n}={v} app:latest", "docker build --build-arg {n}={v} ."),
    "diff": ("@@ -1,2 +1,3 @@\n DEBUG=1\n+{n}={v}\n", '-  "{c}": "{v}",\n+  "{c}": process.env.{n},'),
    "grep": (".env:3:{n}={v}", 'src/config.py:12:    {s} = "{v}"', "config/prod.yml:7:  {s}: {v}"),
    "go": ('{c} := "{v}"', 'os.Setenv("{n}", "{v}")', 'cfg.{c} = "{v}"'),
    "rust": ('let {s} = "{v}";', 'const {n}: &str = "{v}";', 'env::set_var("{n}", "{v}");'),
    "php": ("define('{n}', '{v}');", "'{s}' => '{v}',", 'putenv("{n}={v}");'),
    "properties": ("app.{s}={v}\nserver.port=8080", "spring.{k} = {v}"),
    "xml": ("<{c}>{v}</{c}>", '<add key="{n}" value="{v}"/>', '<property name="{c}">{v}</property>'),
    "ruby": ('ENV["{n}"] = "{v}"', "config.{s} = '{v}'", "{{ {s}: '{v}' }}"),
    "powershell": ('$env:{n} = "{v}"', "setx {n} {v}", 'Set-Item Env:{n} "{v}"'),
    "fish": ("set -x {n} {v}", "set -gx {n} '{v}'"),
    "repr": ("Config({s}='{v}', debug=True)", "{{'name': 'app', '{s}': '{v}'}}"),
    "numbered": ("     1\tDEBUG=1\n     2\t{n}={v}\n     3\tPORT=1", "    12→{n}={v}\n    13→", "7:{s}: {v}"),
    "hcl": ('{s} = "{v}"', 'variable "{s}" {{\n  default = "{v}"\n}}', 'resource "x" "y" {{\n  {s}  = "{v}"\n}}'),
    "compose": ("    environment:\n      - {n}={v}\n      - TZ=UTC", "      {n}: {v}\n      TZ: UTC"),
    "actions": ("  env:\n    {n}: {v}\n##[endgroup]", "gh secret set {n} --body '{v}'"),
    "kubectl": ("kubectl create secret generic x --from-literal={n}={v}", "{n}:  {v}\nTZ:  UTC"),
    "java": ('private static final String {n} = "{v}";', 'builder.{c}("{v}").build()'),
    "csharp": ('var {c} = "{v}";', '"{c}": "{v}",'),
}

# Only what has a shape of its own may stand here.
BARE = {
    "error": ("Error: 401 Unauthorized for key {v}", "fatal: token '{v}' was revoked", "Invalid credentials ({v})"),
    "said": ("use {v} for now, I will rotate it", "here you go: {v}", "My key is `{v}`."),
    "argument": ('connect("{v}")', "login {v}", "echo {v} | base64"),
    "list": ("- {v}\n- done\n", '["a", "{v}", "b"]', "1. {v}"),
    "table": ("| name | value |\n|---|---|\n| prod | {v} |", "prod   {v}   active"),
    "csv": ("id,user,value\n1,ada,{v}", "{v},2026-01-01,ok"),
    "markup": ("<code>{v}</code>", "**{v}**", "[{v}]"),
    "query": ("https://api.example.com/v1/x?key={v}&page=2", "https://hook.example.com/{v}"),
    "stack": ('  File "a.py", line 3, in f\n    call({v!r})', "panic: bad input: {v}\n\ngoroutine 1"),
}

# What is known by where it stands.
HEADERS = (
    'curl -H "Authorization: Bearer {v}" https://api.example.com/v1/me',
    "curl -sS https://api.example.com -H 'X-Api-Key: {v}' | jq .",
    "GET /v1/me HTTP/1.1\nHost: api.example.com\nAuthorization: Bearer {v}\nAccept: */*",
    "headers = {{'Authorization': 'Bearer {v}'}}",
    "fetch(url, {{ headers: {{ 'x-api-key': '{v}' }} }})",
    "> authorization: Bearer {v}\n< HTTP/2 200",
    "axios.get(u, {{headers: {{Authorization: `Bearer {v}`}}}})",
    "wget --header='Authorization: Bearer {v}' https://x.example.com",
    'req.Header.Set("Authorization", "Bearer {v}")',
    "http GET api.example.com Authorization:'Bearer {v}'",
    "'X-Auth-Token': '{v}',",
    'session.headers.update({{"Authorization": "token {v}"}})',
    '{{"key": "Authorization", "value": "Bearer {v}", "type": "text"}}',
)
URLS = (
    "DATABASE_URL=postgres://app:{v}@db.internal:5432/app",
    "postgresql+asyncpg://svc:{v}@10.0.0.5/main",
    "mongodb+srv://admin:{v}@cluster0.ab1cd.mongodb.net/test?retryWrites=true",
    'redis_url: "redis://:{v}@cache:6379/0"',
    "amqp://worker:{v}@mq:5672//",
    "git clone https://deploy:{v}@git.example.com/team/app.git",
    "could not connect to mysql://root:{v}@127.0.0.1:3306/shop",
    "smtp://mailer:{v}@smtp.example.com:587",
    "Server=tcp:db.example.com,1433;User ID=sa;Password={v};Encrypt=True;",
    "jdbc:postgresql://db/app?user=app&password={v}&ssl=true",
    "curl -u admin:{v} https://nexus.example.com/repository",
    "PGPASSWORD={v} psql -h db -U app",
    "spring.datasource.password={v}",
    "mysqldump -uroot --password={v} shop > dump.sql",
    "rediss://default:{v}@eu1-cat.upstash.io:6379",
    "wget --user=ada --password={v} https://x.example.com/f",
    "ftp://ada:{v}@files.example.com/in",
    "sshpass -p {v} scp a b:/tmp",
    "machine git.example.com login ada password {v}",
    "CREATE USER app WITH PASSWORD '{v}';",
    "Data Source=db;Initial Catalog=app;User Id=app;Pwd={v}",
    "https://{v}@github.com/team/app.git",
)
KEY_FILES = (
    "$ cat ~/.ssh/id_rsa\n{v}\n$ ",
    "{v}",
    'key = """{v}"""\n',
    "The file holds:\n\n{v}\n\nNothing else.",
    "     1\t{numbered}",
    "tls.key: |\n  {indented}",
    'PRIVATE_KEY="{escaped}"',
    '{{"type": "service_account", "private_key": "{escaped}\\n", "client_email": "a@b.iam.gserviceaccount.com"}}',
)

# Never looked at while the rules are worked on.
HELD_OUT_NAMED = {
    "dockerfile": ("ENV {n}={v} TZ=UTC", "ENV {n} {v}", "RUN {n}={v} make install"),
    "makefile": ("{n} := {v}\nall:\n\techo ok", "{n} ?= {v}", "export {n} = {v}"),
    "kotlin": ('val {c} = "{v}"', 'const val {n} = "{v}"', 'buildConfigField("String", "{n}", "\\"{v}\\"")'),
    "swift": ('let {c}: String = "{v}"', 'static let {c} = "{v}"'),
    "tfvars": (
        '{s}   = "{v}"\nregion = "eu-west-1"',
        "terraform apply -var='{s}={v}'",
        "TF_VAR_{s}={v} terraform plan",
    ),
    "helm": ("helm install x ./chart --set app.{c}={v}", "--set-string {s}={v}", "  app:\n    {c}: {v}"),
    "ansible": ('    {s}: "{v}"\n    state: present', "ansible-playbook a.yml -e {s}={v}"),
    "gradle": ("{c}={v}\norg.gradle.daemon=true", 'ext.{c} = "{v}"'),
    "npmrc": ("//registry.npmjs.org/:{s}={v}", "[global]\n{s} = {v}"),
    "inspect": ('"Env": [\n    "PATH=/bin",\n    "{n}={v}"\n]', '"Environment": {{"Variables": {{"{n}": "{v}"}}}}'),
    "ps": ("root 12 0.0 node server.js --{k}={v}", "12345 pts/0 S+ 0:00 app --{k} {v} --port 80"),
    "form": ("grant_type=x&{s}={v}&scope=all", "POST /login\n\n{s}={v}&remember=1"),
    "comment": ("# {n}={v}", "// old: {c} = '{v}'", "/* {s}: {v} */"),
    "typescript": (
        "  private readonly {c}: string = '{v}';",
        "export const {n} = '{v}' as const;",
        "{c}: '{v}' satisfies string,",
    ),
    "elixir": ('config :app, {s}: "{v}"', 'System.put_env("{n}", "{v}")'),
    "dart": ("final {c} = '{v}';", "static const String {c} = '{v}';"),
    "vscode": ('  "tool.{c}": "{v}", // mine', '{{"servers": {{"x": {{"env": {{"{n}": "{v}"}}}}}}}}'),
    "edit": ('old_string: "{n}="\nnew_string: "{n}={v}"', "s/{n}=.*/{n}={v}/"),
    "heredoc": ("cat > .env <<EOF\n{n}={v}\nEOF", "cat <<'X' | tee -a ~/.profile\nexport {n}={v}\nX"),
    "sdk": ("Client::new({c}: '{v}')", "boto3.client('s3', {s}='{v}')", 'createClient(url, {{ {c}: "{v}" }})'),
}
HELD_OUT_BARE = {
    "prose": ("The key {v} has leaked, please revoke it.", "it's {v}, right?", "(was: {v})"),
    "chat": ("> {v}\nok", "ada: {v}", "key → {v}"),
    "shell": ("printf '%s' {v} | pbcopy", 'echo -n "{v}" > key.txt', "./auth.sh {v} prod"),
    "call": ("authenticate('{v}')", "Client({v!r})", 'f(x, "{v}", 3)'),
    "yaml list": ("keys:\n  - {v}\n  - other", 'args: ["--x", "{v}"]'),
    "log value": ('level=error msg="bad key {v}"', "[WARN] rejected {v} (403)", "got={v};"),
}
HELD_OUT_HEADERS = (
    "curl https://api.example.com --header 'authorization: Bearer {v}'",
    '-H "X-API-KEY:{v}"',
    'request.AddHeader("Authorization", "Bearer {v}");',
    "{{'Authorization': f'Bearer {v}', 'Accept': '*/*'}}",
    'proxy_set_header Authorization "Bearer {v}";',
    "* Authorization: Bearer {v}\n* Accept: */*",
    "httpie: Authorization:Bearer\\ {v}",
    "grpcurl -H 'api-key: {v}' host:443 list",
)
HELD_OUT_URLS = (
    "SQLALCHEMY_DATABASE_URI = 'mysql+pymysql://shop:{v}@db/shop'",
    "DSN: clickhouse://default:{v}@ch:9000/default",
    "nats://svc:{v}@nats:4222",
    "origin\thttps://ada:{v}@gitlab.example.com/team/app.git (fetch)",
    "mongodb://root:{v}@mongo-0,mongo-1/admin?replicaSet=rs0",
    "Host=db;Username=app;Password={v};Database=app",
    "ldap bind failed for ldap://cn=admin:{v}@ldap.example.com",
    "pip install --index-url https://ci:{v}@pypi.example.com/simple x",
    "http_proxy=http://proxyuser:{v}@proxy:3128",
    "ALTER USER app IDENTIFIED BY '{v}';",
    "ws://bot:{v}@10.0.0.2:8080/ws",
    "mysql --user=root --password={v} -e 'show tables'",
)
HELD_OUT_KEY_FILES = (
    "+{added}",
    "> {quoted}",
    "const pem = `{v}`;",
    "kubectl get secret x -o yaml\ndata: |\n    {indented}",
    'ssh_private_key: "{escaped}"',
    "id_ed25519:{v}",
)


def place(rng: random.Random, kind: Kind, *, held_out: bool) -> tuple[str, str, str]:
    """A secret where it may stand: (the place's name, the text, the secret)."""
    secret = kind.make(rng)
    if kind.name in {"private-key", "pgp-key"}:
        return "key file", _key_file(rng.choice(HELD_OUT_KEY_FILES if held_out else KEY_FILES), secret), secret
    if kind.name == "url-password":
        return "url", rng.choice(HELD_OUT_URLS if held_out else URLS).format(v=secret), secret
    if kind.name.endswith("-hook"):
        template = rng.choice((*BARE["said"], *BARE["list"], "{n}={v}", 'curl -X POST -d "{{}}" {v}'))
        return "hook", template.format(v=secret, n=kind.called[0]), secret
    way = rng.random()
    if way < 0.15 and kind.name not in {"password", "aws-key-id", "tencent-id", "alibaba-id"}:
        return "header", rng.choice(HELD_OUT_HEADERS if held_out else HEADERS).format(v=secret), secret
    if way < 0.4 and kind.bare:
        name, templates = rng.choice(list((HELD_OUT_BARE if held_out else BARE).items()))
        return name, rng.choice(templates).format(v=secret), secret
    name, templates = rng.choice(list((HELD_OUT_NAMED if held_out else NAMED).items()))
    return name, rng.choice(templates).format(v=secret, **_names(rng.choice(kind.called))), secret


def _names(called: str) -> dict[str, str]:
    snake = called.replace("-", "_")
    if snake.upper() == snake or "_" in snake:
        snake = snake.lower()
    else:
        snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in snake).strip("_")
    first, *rest = [part for part in snake.split("_") if part]
    return {
        "n": snake.upper(),
        "s": snake,
        "k": snake.strip("_").replace("_", "-"),
        "c": first + "".join(map(str.capitalize, rest)),
    }


def _key_file(template: str, key: str) -> str:
    lines = key.split("\n")
    numbered = "\n".join([lines[0], *(f"{i:>6}\t{line}" for i, line in enumerate(lines[1:], 2))])
    return template.format(
        v=key,
        added="\n+".join(lines),
        quoted="\n> ".join(lines),
        numbered=numbered,
        indented="\n  ".join(lines),
        escaped="\\n".join(lines),
    )


def coloured(rng: random.Random, text: str, secret: str) -> str:
    """The text as tools colour it: whole lines, words, values, or what a search found in the midst of a value."""
    code = rng.choice(["\x1b[32m", "\x1b[1;31m", "\x1b[38;5;208m", "\x1b[01;31m\x1b[K", "\x1b[38;2;230;219;116m"])
    end = "\x1b[m\x1b[K" if code.endswith("K") else rng.choice(["\x1b[0m", "\x1b[39m"])
    first = secret.split("\n", 1)[0]
    way = rng.randrange(4)
    if way == 0 or first not in text:
        return "\n".join(f"{code}{line}{end}" for line in text.split("\n"))
    if way == 1:
        return text.replace(first, f"{code}{first}{end}")
    if way == 2:
        at = rng.randrange(1, len(first))
        return text.replace(first, f"{first[:at]}{code}{first[at : at + 3]}{end}{first[at + 3 :]}")
    return " ".join(f"{code}{word}{end}" for word in text.split(" "))


def _line(rng: random.Random, text: str) -> str:
    record = {
        "type": "user",
        "uuid": fill(rng, "<h8>-<h4>-<h4>-<h4>-<h12>"),
        "message": {"role": "user", "content": text},
    }
    return json.dumps(record, ensure_ascii=rng.random() < 0.5)


def _twice(rng: random.Random, text: str) -> str:
    return _line(rng, json.dumps({"output": text, "metadata": {"exit_code": 0}}))


# How the text reaches the redactor: as it is, or as a line of a file, JSON in JSON, coloured, or both.
WRAPS: dict[str, Callable[[random.Random, str, str], str]] = {
    "plain text": lambda _rng, text, _secret: text,
    "plain JSONL": lambda rng, text, _secret: _line(rng, text),
    "doubly encoded JSON": lambda rng, text, _secret: _twice(rng, text),
    "coloured text": coloured,
    "coloured JSONL": lambda rng, text, secret: _line(rng, coloured(rng, text, secret)),
}
