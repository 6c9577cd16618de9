"""Tell which tools change the world: they run commands, write or delete, and are called by scripts only."""

from __future__ import annotations

import re

from .request import ToolSpec

NAMES = {
    "bash", "shell", "sh", "zsh", "exec", "execute", "terminal", "cmd", "powershell", "console", "subprocess", "spawn",
    "eval", "sudo", "delete", "remove", "unlink", "rm", "rmdir", "drop", "destroy", "kill", "purge", "wipe", "patch",
    "write", "edit", "overwrite", "append", "commit", "push", "deploy", "install", "uninstall", "mv", "cp", "chmod",
    "mkdir", "repl", "interpreter",
}  # fmt: skip
RUN = {"command", "commands", "script", "code", "shell", "python", "program", "process"}
RUN_VERBS = {"run", "start", "launch"}
CHANGE_VERBS = {"create", "save", "move", "rename", "make", "touch", "truncate", "insert", "update", "modify"}
FILES = {"file", "files", "dir", "directory", "folder", "disk", "repo", "repository"}
ARGUMENTS = {"command", "commands", "cmd", "shell_command", "old_string", "new_string", "old_str", "patch"}
RUNS = re.compile(r"\b(execut|run)\w*\b.{0,40}\b(shell|bash|command|script|code|terminal|python)\b", re.I | re.S)
CHANGES = re.compile(
    r"\b(delet|remov|overwrit|edit|modif|writ|append)\w*\b.{0,30}\b(files?|director(y|ies)|folders?|disk)\b",
    re.I | re.S,
)
CHINESE = re.compile(r"(执行|运行).{0,8}(命令|脚本|代码)|(删除|写入|修改|编辑|覆盖).{0,8}(文件|目录|文件夹)")


def has_side_effects(tool: ToolSpec) -> bool:
    """Tell whether a tool runs commands, writes or deletes, by its name, its description and its arguments."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+", " ", tool.name).lower().split()
    named = set(words)
    if NAMES & named or words in (["run"], ["python"]):
        return True
    if (RUN & named and RUN_VERBS & named) or (FILES & named and CHANGE_VERBS & named):
        return True
    if ARGUMENTS & set(tool.schema.get("properties") or {}):
        return True
    about = tool.description[:600]
    return bool(RUNS.search(about) or CHANGES.search(about) or CHINESE.search(about))
