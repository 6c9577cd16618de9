"""Take keys, account ids and cookies out of recordings, and find what still looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

GONE = "REDACTED"
KEYS = re.compile(
    r"\bsk-(?:kimi-|sp-|cp-|api-)?[A-Za-z0-9_.-]{8,}|\b[0-9a-f]{32}\.[A-Za-z0-9]{16}\b"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}"
)
ACCOUNTS = re.compile(r"\b(org|proj|acct|account|uid|user|ak|group|workspace)[-_](?=[A-Za-z0-9]*\d)[A-Za-z0-9]{8,}\b")
FIELDS = re.compile(
    r"(?:authorization|x-api-key|api[_-]?key|cookie|set-cookie|access_?token|refresh_?token|secret|password|account_?id|"
    r"user_?id|uid|user|organization(?:_id)?|org_?id|project_?id|group_?id|tenant_?id|workspace_?id|phone|email)",
    re.I,
)
QUOTED = re.compile(rf'(?P<head>"{FIELDS.pattern}"\s*:\s*")[^"]+"', re.I)
"""The same fields inside the text of a body."""
HEADERS = (
    "content-type", "retry-after", "x-retry-after", "msh-cooldown-seconds", "x-dashscope-finished", "x-should-retry",
)  # fmt: skip
"""Response headers that a recording keeps; all others may name an account."""
SUSPECTS = {
    "a vendor key": re.compile(r"\bsk-(?!REDACTED)[A-Za-z0-9_-]{12,}"),
    "an AWS key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "an Aliyun key": re.compile(r"\bLTAI[A-Za-z0-9]{12,}\b"),
    "a GitHub token": re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a Google key": re.compile(r"\bAIza[0-9A-Za-z_-]{30,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a password": re.compile(
        r"(?i)\b(password|passwd|secret|api[_-]?key|access[_-]?token)\b[\"']?\s*[:=]\s*[\"']?"
        r"(?!REDACTED)(?=[^\s\"']*\d)[A-Za-z0-9+/_=-]{12,}"
    ),
}  # fmt: skip


def redact(value: Any, secrets: tuple[str, ...] = ()) -> Any:
    """Return JSON without keys, account ids and cookies.

    Args:
        value: JSON, its texts included.
        secrets: What is known to be secret, such as the key that the request came with.
    """
    if isinstance(value, str):
        return redact_text(value, secrets)
    if isinstance(value, list):
        return [redact(item, secrets) for item in value]
    if isinstance(value, dict):
        return {
            name: GONE if isinstance(item, str) and item and FIELDS.fullmatch(name) else redact(item, secrets)
            for name, item in value.items()
        }
    return value


def redact_text(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return a text without keys and account ids."""
    for secret in secrets:
        if len(secret) >= 6:
            text = text.replace(secret, GONE)
    text = KEYS.sub(lambda found: f"sk-{GONE}" if found[0].startswith("sk-") else GONE, text)
    text = QUOTED.sub(lambda found: f'{found["head"]}{GONE}"', text)
    return ACCOUNTS.sub(lambda found: f"{found[1]}-{GONE}", text)


def find_suspects(value: Any, where: str = "") -> Iterator[str]:
    """Yield where JSON still holds something that looks like a secret, without repeating it."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from find_suspects(item, f"{where}.{name}" if where else name)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from find_suspects(item, f"{where}[{place}]")
    elif isinstance(value, str):
        for kind, pattern in SUSPECTS.items():
            found = pattern.search(value)
            if found:
                yield f"{where}, character {found.start() + 1}: looks like {kind}"
