"""`cncoding new-vendor`: write what a vendor needs, and say what is still unproven.

One folder of the client, a persona of the emulator, a sample folder and a test; everything else (adapter classes, the
factory, tables, lists of tests) derives from the provider.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from cncoding import ConfigError, providers

FILES = {
    "cncoding/vendors/$id/__init__.py": "init.txt",
    "cncoding/vendors/$id/chat.py": "chat.txt",
    "cncoding_emulator/personas/$id.py": "persona.txt",
    "cncoding_emulator/personas/$id.toml": "facts.txt",
    "spec/$id/README.md": "spec.txt",
    "tests/vendors/test_$id.py": "test.txt",
}
"""What is written, and from which template."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """What has to be said of a vendor before anything is known of it.

    Attributes:
        id: Of the provider; also the folder's name.
        title: For readers.
        host: Scheme and host, without a path.
        path: Of the OpenAI wire, before `/chat/completions`.
        model: Its default model.
        key_env: Environment variable that holds the key.
        class_name: Stem of the adapter classes: `Chat<name>` and `<name>`.
    """

    id: str
    title: str
    host: str
    path: str
    model: str
    key_env: str
    class_name: str

    def __post_init__(self) -> None:
        """Refuse what could not be written.

        Raises:
            ConfigError: A value has the wrong form; the text names it.
        """
        if not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", self.id) or keyword.iskeyword(self.id):
            raise ConfigError(f"NAME={self.id!r}: give a small word of a-z, 0-9 and _, for example 'acme'")
        if self.id in providers():
            raise ConfigError(f"NAME={self.id!r}: there is such a provider")
        parts = urlsplit(self.host)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise ConfigError(f"host={self.host!r}: give scheme and host alone, for example https://api.acme.example")
        if self.path and (not self.path.startswith("/") or self.path.endswith("/")):
            raise ConfigError(f"path={self.path!r}: give it with a leading slash, for example /v1")
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", self.key_env):
            raise ConfigError(f"key_env={self.key_env!r}: give the name of an environment variable")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", self.class_name):
            raise ConfigError(f"class_name={self.class_name!r}: give a name for classes, for example Acme")
        for name, text in (("title", self.title), ("model", self.model)):
            if not text or not text.isprintable() or '"' in text or "\\" in text or "$" in text:
                raise ConfigError(f"{name}={text!r}: give plain text without quotes")


def write_vendor(vendor: Vendor, root: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write the files of a vendor into a checkout.

    Returns:
        The files, and what in them is still to be proven.

    Raises:
        ConfigError: `root` is no checkout, or one of the files is there already; nothing was written.
    """
    if not (root / "cncoding" / "vendors").is_dir():
        raise ConfigError(f"{root}: no checkout of cncoding; run it where pyproject.toml is")
    words = {
        "id": vendor.id, "title": vendor.title, "host": vendor.host, "path": vendor.path, "model": vendor.model,
        "key_env": vendor.key_env, "class_name": vendor.class_name, "upper": vendor.id.upper(),
        "date": date.today().isoformat(),
    }  # fmt: skip
    texts = {
        root / Template(name).substitute(words): Template(_read(template)).substitute(words)
        for name, template in FILES.items()
    }
    for path in texts:
        if path.exists():
            raise ConfigError(f"{path}: is there already; choose another name or remove it")
    unproven: list[str] = []
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        unproven.extend(re.findall(r"to be proven: ([^\"]+)", text))
    return tuple(texts), tuple(unproven)


def _read(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")
