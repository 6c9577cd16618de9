"""All tools that a provider has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.tools import BaseTool, BaseToolkit
from pydantic import Field, PrivateAttr
from typing_extensions import Self

from cncoding import (
    Client,
    CncodingError,
    MediaToolSettings,
    load_configuration,
    name_tools,
    read_folders,
    read_models,
    read_options,
    refuse_unknown,
    reveal_for_tools,
)
from langchain_cncoding._errors import dual_errors
from langchain_cncoding.tools._base import VENDOR_FIELDS, CNCodingTool
from langchain_cncoding.tools._errors import tool_error
from langchain_cncoding.tools.jobs import CancelMediaJobTool, CheckMediaJobTool, SubmitImageTool, SubmitVideoTool
from langchain_cncoding.tools.media import (
    CloneVoiceTool,
    DeleteVoiceTool,
    DesignVoiceTool,
    EditImageTool,
    GenerateImageTool,
    GenerateVideoTool,
    SynthesizeSpeechTool,
)
from langchain_cncoding.tools.senses import (
    ListVoicesTool,
    TranscribeTool,
    UnderstandImageTool,
    UnderstandVideoTool,
    WebSearchTool,
)

_OF_ONE_TOOL = frozenset({"name", "description", "args_schema", "response_format"})
"""Fields that say what a tool is; shared by all tools they would make them one and the same."""
_KINDS: dict[str, type[CNCodingTool]] = {
    str(kind.model_fields["name"].default): kind
    for kind in (
        GenerateImageTool, SubmitImageTool, EditImageTool, GenerateVideoTool, SubmitVideoTool, CheckMediaJobTool,
        CancelMediaJobTool, ListVoicesTool, SynthesizeSpeechTool, UnderstandImageTool,
        UnderstandVideoTool, WebSearchTool, TranscribeTool,
        CloneVoiceTool, DesignVoiceTool, DeleteVoiceTool,
    )
}  # fmt: skip
"""By tool name."""


class CNCodingToolkit(BaseToolkit):
    """The tools of a provider, with the same settings for all.

    `model` goes to the tools that it serves, `models` names a model for each tool. Two toolkits in one agent need a
    `prefix`, because their tools have the same names.

    Example:
        >>> kit = CNCodingToolkit(provider="kimi", api_key="sk-kimi-example")
        >>> [tool.name for tool in kit.get_tools()]
        ['understand_image', 'understand_video', 'web_search']
    """

    provider: str
    models: dict[str, str] = Field(default_factory=dict)
    """By tool name, for example `{"generate_image": "cogview-4"}`."""
    options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Fields of the vendor by tool name, for example `{"generate_image": {"quality": "hd"}}`; `*` means every tool."""
    blocking_video: bool = True
    """Whether `generate_video` is among the tools, beside the pair that does not block."""
    prefix: str = ""
    """Put before the name of every tool, for example `glm_`."""
    _settings: dict[str, Any] = PrivateAttr(default_factory=dict)

    def __init__(self, provider: str, **settings: Any) -> None:
        """Keep the settings that every tool takes: api_key, endpoint, base_url, output_dir, timeout and so on.

        Raises:
            CNCodingConfigError: A name is unknown, or the provider's settings do not fit.
        """
        own: dict[str, Any] = {
            name: settings.pop(name) for name in ("models", "options", "blocking_video", "prefix") if name in settings
        }
        with dual_errors():
            refuse_unknown(settings, CNCodingTool.model_fields.keys() - _OF_ONE_TOOL, "CNCodingToolkit", VENDOR_FIELDS)
            settings = read_folders(settings)
            own["models"] = read_models(own.get("models"), _KINDS)
            own["options"] = read_options(own.get("options"), _KINDS)
        fields: dict[str, Any] = {"provider": provider, **own}
        super().__init__(**fields)
        self._settings = settings
        self.get_tools()

    @classmethod
    def from_config(cls, name: str | None = None, file: Any = None, **settings: Any) -> Self:
        """Return the tools for a model of `cncoding.yaml`; what they buy counts against its budget.

        Args:
            name: Its name there; the file's default model if None.
            file: The file; by default `CNCODING_CONFIG`, or the nearest `cncoding.yaml` from the working folder up.
            **settings: Of the constructor; they win.

        Raises:
            CNCodingConfigError: The file is missing or wrong, or the model has a setting that tools do not take.
        """
        with dual_errors():
            found = {**reveal_for_tools(load_configuration(file), name), **settings}
        return cls(**found)

    def get_tools(self) -> list[BaseTool]:
        """Return the tools."""
        given = self._settings.get
        try:
            client = Client(
                self.provider, api_key=given("api_key"), endpoint=given("endpoint"), base_url=given("base_url")
            )
        except CncodingError as error:
            raise tool_error(error) from error
        settings = MediaToolSettings(consent=given("consent"))
        names = client.list_tools(settings, blocking_video=self.blocking_video)
        wanted = [_KINDS[name] for name in names if name in _KINDS]
        try:
            models = client.choose_models(given("model"), self.models)
        except CncodingError as error:
            raise tool_error(error) from error
        return [self._tool(kind, models) for kind in wanted]

    def _tool(self, kind: type[CNCodingTool], models: Mapping[str, str]) -> CNCodingTool:
        name = str(kind.model_fields["name"].default)
        settings = {key: value for key, value in self._settings.items() if key != "model"}
        options = MediaToolSettings(options=self.options).options_of(name)
        about = name_tools(str(kind.model_fields["description"].default), self.prefix)
        return kind(
            provider=self.provider, model=models.get(name), name=self.prefix + name, description=about,
            options=options, **settings,
        )  # fmt: skip
