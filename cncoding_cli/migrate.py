"""Rewrite programs that use other packages' chat classes to ours.

`ChatOpenAI` and `OpenAILike` serve anybody: such a call is rewritten where its base URL or its model names a vendor of
ours, and left alone elsewhere. The other classes belong to one vendor. Settings get our names, settings without a
counterpart are left out, a base URL that is one of the vendor's own becomes `endpoint=`. Comments and layout stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

import libcst as cst
from libcst import matchers as m
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, RemoveImportsVisitor
from libcst.metadata import MetadataWrapper, QualifiedNameProvider, QualifiedNameSource

from cncoding import ConfigError, providers
from cncoding.names import NO_COUNTERPART, own_name

_CLASSES: Mapping[tuple[str, str], str | None] = MappingProxyType(
    {
        ("langchain_openai", "ChatOpenAI"): None,
        ("langchain_community", "ChatOpenAI"): None,
        ("langchain", "ChatOpenAI"): None,
        ("langchain_deepseek", "ChatDeepSeek"): "deepseek",
        ("langchain_community", "ChatTongyi"): "qwen",
        ("langchain_community", "ChatZhipuAI"): "glm",
        ("langchain_community", "MoonshotChat"): "kimi",
        ("llama_index", "OpenAILike"): None,
        ("llama_index", "DashScope"): "qwen",
        ("llama_index", "ZhipuAI"): "glm",
        ("llama_index", "DeepSeek"): "deepseek",
    }
)
"""Package and class of others, and the vendor that the class belongs to."""
_OURS = {
    "glm": "GLM", "kimi": "Kimi", "minimax": "MiniMax", "qwen": "Qwen", "deepseek": "DeepSeek", "wcode": "WCode",
    "unified": "Unified",
}  # fmt: skip
_MODELS = {
    "glm": "glm", "kimi": "kimi", "moonshot": "kimi", "minimax": "minimax", "qwen": "qwen", "qwq": "qwen",
    "qvq": "qwen", "deepseek": "deepseek",
}  # fmt: skip
"""How the names of a vendor's models begin."""
_PAY_AS_YOU_GO = "api"
"""The endpoint that the vendors' own classes talk to."""


def migrate(source: str) -> str:
    """Return a program with the chat classes of other packages replaced by ours; one that has none comes back equal.

    Raises:
        ConfigError: It is no Python.
    """
    try:
        module = cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        raise ConfigError(f"line {error.raw_line}: this is no Python: {error.message}") from None
    wrapper = MetadataWrapper(module)
    plan = _Plan()
    wrapper.visit(_Finder(plan))
    if not plan.calls:
        return source
    context = CodemodContext()
    changed = wrapper.module.visit(_Rewriter(plan))
    for package, name in sorted(plan.imports):
        AddImportsVisitor.add_needed_import(context, package, name)
    for package, name, alias in sorted(plan.modules, key=str):
        RemoveImportsVisitor.remove_unused_import(context, package, name, alias)
    changed = AddImportsVisitor(context).transform_module(changed)
    return RemoveImportsVisitor(context).transform_module(changed).code


@dataclass
class _Plan:
    calls: dict[cst.Call, tuple[cst.BaseExpression, list[cst.Arg]]] = field(default_factory=dict)
    """What each call becomes: its function and its arguments."""
    imports: set[tuple[str, str]] = field(default_factory=set)
    names: dict[cst.Name, str] = field(default_factory=dict)
    """Other places where a class is named, and what it is called there."""
    replaced: set[str] = field(default_factory=set)
    """Classes, by qualified name, that the program no longer names."""
    modules: set[tuple[str, str, str | None]] = field(default_factory=set)
    """Package, name and alias of imported modules that may no longer be needed."""


class _Finder(cst.CSTVisitor):
    """Find the calls that are rewritten."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self, plan: _Plan) -> None:
        super().__init__()
        self._plan = plan
        self._imported: dict[str, list[tuple[str, str, str | None]]] = {}
        self._became: dict[str, set[str | None]] = {}
        self._named: dict[str, list[cst.Name]] = {}

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        """Remember which imports brought a class in."""
        if isinstance(node.names, cst.ImportStar) or node.module is None:
            return False
        package = cst.Module([]).code_for_node(node.module)
        for alias in node.names:
            name = alias.evaluated_name
            self._imported.setdefault(f"{package}.{name}", []).append((package, name, alias.evaluated_alias))
        return False

    def visit_Name(self, node: cst.Name) -> None:
        """Remember where a class is named, for annotations and `isinstance`."""
        for qualified in self.get_metadata(QualifiedNameProvider, node, set()):
            self._named.setdefault(qualified.name, []).append(node)

    def leave_Module(self, original_node: cst.Module) -> None:
        """Rename a class everywhere where all its calls become one of ours."""
        for qualified, became in self._became.items():
            if len(became) == 1 and (ours := next(iter(became))) is not None:
                self._plan.names.update(dict.fromkeys(self._named.get(qualified, ()), ours))
                self._plan.replaced.add(qualified)

    def leave_Call(self, original_node: cst.Call) -> None:
        """Decide what becomes of a call."""
        for qualified in self.get_metadata(QualifiedNameProvider, original_node.func, set()):
            package, _, name = qualified.name.rpartition(".")
            key = (package.partition(".")[0], name)
            if qualified.source is not QualifiedNameSource.IMPORT or key not in _CLASSES:
                continue
            arguments = _Arguments(original_node.args)
            if (provider := _CLASSES[key] or arguments.find_provider()) is None:
                self._became.setdefault(qualified.name, set()).add(None)
                continue
            home = "llamaindex_cncoding" if key[0] == "llama_index" else "langchain_cncoding"
            ours = _OURS[provider] if key[0] == "llama_index" else f"Chat{_OURS[provider]}"
            self._became.setdefault(qualified.name, set()).add(ours)
            self._plan.imports.add((home, ours))
            self._plan.modules.update(self._imported.get(package, ()))
            self._plan.calls[original_node] = (cst.Name(ours), arguments.rewrite(provider, _CLASSES[key] is not None))


class _Rewriter(cst.CSTTransformer):
    def __init__(self, plan: _Plan) -> None:
        super().__init__()
        self._plan = plan

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        """Take classes out of an import that the program no longer names."""
        if isinstance(original_node.names, cst.ImportStar) or original_node.module is None:
            return updated_node
        package = cst.Module([]).code_for_node(original_node.module)
        kept = [one for one in original_node.names if f"{package}.{one.evaluated_name}" not in self._plan.replaced]
        if len(kept) == len(original_node.names):
            return updated_node
        if not kept:
            return cst.RemoveFromParent()
        kept[-1] = kept[-1].with_changes(comma=original_node.names[-1].comma)
        return updated_node.with_changes(names=kept)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        """Rename a class where it is named."""
        ours = self._plan.names.get(original_node)
        return updated_node if ours is None else cst.Name(ours)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """Put the new call in the place of the old one."""
        if original_node not in self._plan.calls:
            return updated_node
        function, arguments = self._plan.calls[original_node]
        return updated_node.with_changes(func=function, args=arguments)


class _Arguments:
    """The arguments of one call."""

    def __init__(self, args: Sequence[cst.Arg]) -> None:
        self._args = args

    def text(self, name: str) -> str | None:
        """Return the value of a setting that is a plain string, by our name for it."""
        for arg in self._args:
            if arg.keyword is not None and own_name(arg.keyword.value) == name:
                return _string(arg.value)
        return None

    def find_provider(self) -> str | None:
        """Return the vendor that base URL or model name, None if it is none of ours."""
        if url := self.text("base_url"):
            if (found := _find_endpoint(url)) is not None:
                return found[0]
            if (urlsplit(url).hostname or "").endswith("openai.com"):
                return None
        model = (self.text("model") or "").rpartition("/")[2].lower()
        return next((vendor for start, vendor in _MODELS.items() if model.startswith(start)), None)

    def rewrite(self, provider: str, of_vendor: bool) -> list[cst.Arg]:
        """Return the arguments under our names."""
        kept: list[cst.Arg] = []
        has_place = False
        for arg in self._args:
            name = own_name(arg.keyword.value) if arg.keyword is not None else ""
            if name in NO_COUNTERPART:
                continue
            if name == "base_url":
                has_place = True
                arg = self._place(arg, provider)
            elif name:
                arg = arg.with_changes(keyword=cst.Name(name))
            kept.append(arg)
        endpoints = [endpoint.name for endpoint in providers()[provider].endpoints]
        if of_vendor and not has_place and endpoints[0] != _PAY_AS_YOU_GO:
            kept.append(_make_arg("endpoint", f'"{_PAY_AS_YOU_GO}"', like=kept))
        return _close(kept, self._args)

    @staticmethod
    def _place(arg: cst.Arg, provider: str) -> cst.Arg:
        url = _string(arg.value)
        found = _find_endpoint(url) if url else None
        if found is None or found[0] != provider:
            return arg.with_changes(keyword=cst.Name("base_url"))
        return arg.with_changes(keyword=cst.Name("endpoint"), value=cst.SimpleString(f'"{found[1]}"'))


def _string(value: cst.BaseExpression) -> str | None:
    found = value.evaluated_value if isinstance(value, (cst.SimpleString, cst.ConcatenatedString)) else None
    return found if isinstance(found, str) else None


def _find_endpoint(url: str) -> tuple[str, str] | None:
    """Return provider and endpoint whose OpenAI wire a base URL is."""
    wanted = url.rstrip("/")
    for provider in providers().values():
        for endpoint in provider.endpoints:
            wire = endpoint.wires.get("openai")
            paths = () if wire is None or not endpoint.host else (wire.path, *wire.also)
            if any(wanted == f"{endpoint.host}{path}".rstrip("/") for path in paths):
                return provider.id, endpoint.name
    return None


def _make_arg(name: str, code: str, like: Sequence[cst.Arg]) -> cst.Arg:
    value = cst.parse_expression(code)
    if like and m.matches(like[-1], m.Arg(keyword=m.Name())):
        return like[-1].with_changes(keyword=cst.Name(name), value=value)
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(value, keyword=cst.Name(name), equal=equal)


def _close(kept: list[cst.Arg], before: Sequence[cst.Arg]) -> list[cst.Arg]:
    """Return the arguments with commas between them, and the last one as the last one was."""
    if not kept:
        return kept
    space = next((arg.comma for arg in before[:-1] if isinstance(arg.comma, cst.Comma)), None)
    between = space or cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    kept = [
        arg
        if isinstance(arg.comma, cst.Comma)
        else arg.with_changes(comma=between, whitespace_after_arg=cst.SimpleWhitespace(""))
        for arg in kept
    ]
    last = before[-1] if before else kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    kept[-1] = kept[-1].with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
    return kept
