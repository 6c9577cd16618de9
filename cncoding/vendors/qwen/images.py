"""Images of Qwen and Wan on DashScope: from words, and changed by words and a mask. Source: help.aliyun.com."""

from __future__ import annotations

from cncoding.cards import PictureForm
from cncoding.errors import ConfigError, ProtocolError
from cncoding.evidence import Source
from cncoding.exchange.json_values import read_json
from cncoding.exchange.media_types import address
from cncoding.exchange.steps import Reply
from cncoding.media.replies import first_text, images, usage
from cncoding.media.routes import (
    Asking,
    Draft,
    MediaRoute,
    Submitted,
    check_fields,
    name_fields,
    role,
    vendor_fields,
)
from cncoding.media.rules import (
    Between,
    Chars,
    Flag,
    Free,
    Items,
    MediaModel,
    OneOf,
    Rule,
    Sizes,
    size_text,
)
from cncoding.media.values import Done, MediaRequest
from cncoding.types import JsonObject
from cncoding.vendors.qwen.files import PICTURES
from cncoding.vendors.qwen.tasks import ASYNC, DAY, GENERATION, PLANS, SLOW, TASKS, base, read_task

_PAGE = Source("documented", "help.aliyun.com/zh/model-studio API pages", "2026-10")
_SOURCE = _PAGE.at("image generation")
_EDIT_PAGE = Source("documented", "help.aliyun.com/zh/model-studio/qwen-image-edit-api", "2026-09-04")
_THREE_PAGE = Source(
    "documented", "help.aliyun.com/zh/model-studio/qwen-image-generation-and-editing-api-reference", "2026-09-02"
)
_MASK_PAGE = Source("documented", "help.aliyun.com/zh/model-studio/wanx-image-edit", "2026-02-11")

# ---------------------------------------------------------------- what the models take

_SEED = Between(0, 2**31 - 1, whole=True)
_COMMON: dict[str, Rule] = {"negative_prompt": Chars(500), "prompt_extend": Flag(), "watermark": Flag(), "seed": _SEED}
_AREA = Sizes("*", ("2048*2048", "2688*1536"), area=(512 * 512, 2048 * 2048))
_UP_TO_SIX = Between(1, 6, whole=True)
_QWEN_2: dict[str, Rule] = {**_COMMON, "prompt": Free(), "size": _AREA, "n": _UP_TO_SIX, "images": Items(3)}
_QWEN_3: dict[str, Rule] = {**_QWEN_2, "prompt_extend_mode": OneOf("direct", "agent"), "enable_thinking": Flag()}
_QWEN_1: dict[str, Rule] = {
    **_COMMON, "prompt": Chars(800, 1), "n": OneOf(1),
    "size": Sizes("*", ("1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664")),
}  # fmt: skip
_EDIT: dict[str, Rule] = {
    **_COMMON, "prompt": Chars(800, 1), "n": _UP_TO_SIX, "images": Items(3, 1), "size": Sizes("*", side=(512, 2048)),
}  # fmt: skip
_WAN: dict[str, Rule] = {
    "prompt": Chars(5000, 1), "n": Between(1, 4, whole=True), "watermark": Flag(), "seed": _SEED, "images": Items(9),
    "enable_sequential": Flag(), "thinking_mode": Flag(), "color_palette": Free(), "bbox_list": Free(),
    "size": Sizes("*", words=("1K", "2K"), area=(1, 4096 * 4096), usual=2048 * 2048),
}  # fmt: skip
_WAN_PRO: dict[str, Rule] = {
    **_WAN, "size": Sizes("*", words=("1K", "2K", "4K"), area=(1, 4096 * 4096), usual=2048 * 2048),
}  # fmt: skip
_SEQUENCE: dict[str, dict[str, Rule]] = {"enable_sequential": {"n": Between(1, 12, whole=True)}}
_ANY_FORM = PictureForm(
    ("image/jpeg", "image/png", "image/bmp", "image/tiff", "image/webp", "image/gif"), 10, source=_EDIT_PAGE
)
"""A moving GIF counts by its first frame."""
_WAN_FORM = PictureForm(
    ("image/jpeg", "image/png", "image/bmp", "image/webp"), 20, sides=(240, 8000), ratio=(1 / 8, 8), source=_SOURCE
)
_NEEDS = ("prompt", "images")
_OLD_MODELS = (
    MediaModel("qwen-image-plus", _QWEN_1, ("prompt",), _SOURCE),
    MediaModel("qwen-image", _QWEN_1, ("prompt",), _SOURCE),
)
_WAN_MODELS = (
    MediaModel("wan2.7-image", _WAN, ("prompt",), _SOURCE, pictures=_WAN_FORM, wider=_SEQUENCE),
    MediaModel("wan2.7-image-pro", _WAN_PRO, ("prompt",), _SOURCE, pictures=_WAN_FORM, wider=_SEQUENCE),
)
_THREE_MODELS = (
    MediaModel("qwen-image-3.0", _QWEN_3, ("prompt",), _THREE_PAGE, pictures=_ANY_FORM),
    MediaModel("qwen-image-3.0-pro", _QWEN_3, ("prompt",), _THREE_PAGE, pictures=_ANY_FORM),
)
_MODELS = (
    MediaModel("qwen-image-2.0", _QWEN_2, ("prompt",), _SOURCE, pictures=_ANY_FORM),
    MediaModel("qwen-image-2.0-pro", _QWEN_2, ("prompt",), _SOURCE, pictures=_ANY_FORM),
    MediaModel("qwen-image-max", _QWEN_1, ("prompt",), _SOURCE),
    *_OLD_MODELS,
    *_WAN_MODELS,
    *_THREE_MODELS,
    MediaModel("qwen-image-edit-plus", _EDIT, _NEEDS, _EDIT_PAGE, pictures=_ANY_FORM),
    MediaModel("qwen-image-edit-max", _EDIT, _NEEDS, _EDIT_PAGE, pictures=_ANY_FORM),
    MediaModel(
        "qwen-image-edit",
        {**{name: rule for name, rule in _EDIT.items() if name not in ("size", "prompt_extend")}, "n": OneOf(1)},
        _NEEDS, _EDIT_PAGE, pictures=_ANY_FORM,
    ),
)  # fmt: skip
_NAMES = {"n": "n", "negative_prompt": "negative_prompt", "seed": "seed", "watermark": "watermark"}
_ARGUMENTS = name_fields(_NAMES, prompt="prompt", images="images", size="size")


# ---------------------------------------------------------------- a conversation of pictures and words


def _image_parts(asking: Asking) -> tuple[list[JsonObject], JsonObject]:
    """Return the content of the one user message, and the parameters."""
    request = asking.request
    parameters = vendor_fields(asking, _NAMES)
    takes = asking.known.fields or {} if asking.known else {}
    if request.size is not None:
        parameters["size"] = size_text(request.size, "*", takes.get("size"))
    pictures = [address(media) for media in request.inputs]
    shown = {"images": pictures} if pictures else {}
    check_fields(asking, {"prompt": request.prompt, **shown, **parameters}, _NAMES)
    if asking.known is not None and parameters.get("size") == "4K" and pictures:
        raise ConfigError(f"size='4K': {asking.model} makes it from words alone ({_SOURCE})")
    if pictures and parameters.get("prompt_extend_mode") == "agent":
        raise ConfigError(f"prompt_extend_mode='agent': {asking.model} takes it from words alone ({_THREE_PAGE})")
    return [*({"image": picture} for picture in pictures), {"text": request.prompt}], parameters


def _encode_image(asking: Asking) -> Draft:
    content, parameters = _image_parts(asking)
    body = {
        "model": asking.model,
        "input": {"messages": [{"role": "user", "content": content}]},
        "parameters": parameters,
    }
    return Draft(GENERATION, body)


def _encode_image_job(asking: Asking) -> Draft:
    """Make the same conversation a job."""
    return Draft("/services/aigc/image-generation/generation", _encode_image(asking).body, headers=ASYNC)


def _encode_old_job(asking: Asking) -> Draft:
    """Make the older form: the prompt stands alone in `input`."""
    _, parameters = _image_parts(asking)
    given: JsonObject = {"prompt": asking.request.prompt}
    if "negative_prompt" in parameters:
        given["negative_prompt"] = parameters.pop("negative_prompt")
    body = {"model": asking.model, "input": given, "parameters": parameters}
    return Draft("/services/aigc/text2image/image-synthesis", body, headers=ASYNC)


def _read_images(reply: Reply, request: MediaRequest) -> Submitted:
    body = read_json(reply)
    found = images(body)
    if found:
        return Submitted(done=Done(found, usage=usage(body), raw=body))
    if first_text(body, "output.task_id") is not None:
        return read_task(reply, request)
    raise ProtocolError("the reply holds no image", payload=str(body))


# ---------------------------------------------------------------- changed within a mask (wanx2.1-imageedit)

_SCALE = Between(1, 2)
_MASKED: dict[str, Rule] = {
    "prompt": Free(), "base_image_url": Items(1, 1, single=True), "mask_image_url": Items(1, 1, single=True),
    "function": OneOf(
        "stylization_all", "stylization_local", "description_edit", "description_edit_with_mask", "remove_watermark",
        "expand", "super_resolution", "colorization", "doodle", "control_cartoon_feature",
    ),
    "n": Between(1, 4, whole=True), "seed": _SEED, "watermark": Flag(), "strength": Between(0, 1),
    "top_scale": _SCALE, "bottom_scale": _SCALE, "left_scale": _SCALE, "right_scale": _SCALE,
    "upscale_factor": Between(1, 4, whole=True), "is_sketch": Flag(),
}  # fmt: skip
_IN_INPUT = ("prompt", "function", "base_image_url", "mask_image_url")
_MASK_MODEL = MediaModel(
    "wanx2.1-imageedit", _MASKED, ("base_image_url",), _MASK_PAGE,
    pictures=PictureForm(
        ("image/jpeg", "image/png", "image/bmp", "image/tiff", "image/webp"), 10, sides=(512, 4096),
        source=_MASK_PAGE.annotate("forms and sides: its API reference, as a public client quoted it on 2025-06-04"),
    ),
)  # fmt: skip
_MASK_NAMES = {"n": "n", "seed": "seed", "watermark": "watermark"}


def _encode_masked(asking: Asking) -> Draft:
    """Change a picture: within the white parts of a mask if there is one, else as the words say."""
    request = asking.request
    masks = [address(media) for media in request.inputs if role(media) == "mask"]
    pictures = [address(media) for media in request.inputs if role(media) != "mask"]
    fields: JsonObject = {
        "prompt": request.prompt,
        "function": "description_edit_with_mask" if masks else "description_edit",
        **vendor_fields(asking, _MASK_NAMES),
    }
    if request.size is not None:
        raise ConfigError(f"size: {asking.model} keeps the size of the picture ({_MASK_PAGE})")
    for name, given in (("base_image_url", pictures), ("mask_image_url", masks)):
        if given:
            fields[name] = given[0] if len(given) == 1 else given
    check_fields(asking, fields, {**_MASK_NAMES, "images": "base_image_url", "mask": "mask_image_url"})
    if (fields["function"] == "description_edit_with_mask") != bool(masks):
        raise ConfigError(f"mask: belongs to function='description_edit_with_mask' and to no other ({_MASK_PAGE})")
    given_input = {name: fields.pop(name) for name in _IN_INPUT if name in fields}
    body = {"model": asking.model, "input": given_input, "parameters": fields}
    return Draft("/services/aigc/image2image/image-synthesis", body, headers=ASYNC)


ROUTES = (
    MediaRoute(
        "qwen-image", "image", _MODELS, base, _encode_image, _read_images, task=False, expiry=DAY, plans=PLANS,
        names=_ARGUMENTS, carriage=PICTURES, **TASKS,
    ),
    MediaRoute(
        "qwen-wan-image-task", "image", (*_WAN_MODELS, *_THREE_MODELS), base, _encode_image_job, read_task, task=True,
        catches=lambda model: model.lower().startswith("wan"), deadline=900.0, names=_ARGUMENTS,
        carriage=PICTURES, **SLOW,
    ),
    MediaRoute(
        "qwen-image-task", "image", _OLD_MODELS, base, _encode_old_job, read_task, task=True, deadline=600.0,
        names=_ARGUMENTS, carriage=PICTURES, **SLOW,
    ),
    MediaRoute(
        "qwen-image-mask", "image", (_MASK_MODEL,), base, _encode_masked, read_task,
        catches=lambda model: "imageedit" in model.lower(), deadline=600.0,
        names=name_fields(_MASK_NAMES, prompt="prompt", images="base_image_url", mask="mask_image_url"),
        carriage=PICTURES, **SLOW,
    ),
)  # fmt: skip
"""Images; the first is the default."""
