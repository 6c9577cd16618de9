"""What Alibaba publishes of the cost of Qwen's and Wan's media, pay as you go, in CNY for both regions.

A Token Plan pays pictures and speech in credits and is left out.
"""

from __future__ import annotations

from cncoding.evidence import Source
from cncoding.media.prices import Price

_PAGE = Source("documented", "help.aliyun.com/zh/model-studio/model-pricing", "2026-04", "dated by its models")
_HAN = _PAGE.annotate("that a Chinese character counts twice is concluded from the vendor's other voices")
_HERE, _ABROAD = frozenset({"api"}), frozenset({"api-global"})
_WAN: dict[str, str | int] = {"resolution": "1080P", "duration": 5}
"""Of Wan's films, by the page of video-synthesis."""
_WAN_PICTURES: dict[str, str | int] = {"n": 4}
"""No page read names how many Wan makes of a request that names no number: the most it makes is assumed."""
_IMAGES: tuple[tuple[tuple[str, ...], float, float], ...] = (
    (("qwen-image-2.0",), 0.2, 0.256873),
    (("qwen-image-plus",), 0.2, 0.220177),
    (("qwen-image-2.0-pro", "qwen-image-max"), 0.5, 0.550443),
    (("qwen-image",), 0.25, 0.256873),
)
_FILMS = ("wan2.7-t2v", "wan2.7-i2v", "wan2.6-t2v", "wan2.6-i2v")
_REFERENCES = ("wan2.7-r2v", "wan2.6-r2v")


def _list_images() -> tuple[Price, ...]:
    return tuple(
        Price(models, amount, "CNY", "image", _PAGE, endpoints)
        for models, here, abroad in _IMAGES
        for amount, endpoints in ((here, _HERE), (abroad, _ABROAD))
    )


def _list_films() -> tuple[Price, ...]:
    """Of references, the films among the inputs are billed with the result, five seconds at most."""
    return tuple(
        Price(
            models, amount, "CNY", "second", _PAGE, endpoints, when={"resolution": resolution}, usual=_WAN,
            film_seconds=seconds,
        )
        for models, seconds in ((_FILMS, 0.0), (_REFERENCES, 5.0))
        for amount, endpoints, resolution in (
            (0.6, _HERE, "720P"), (1.0, _HERE, "1080P"), (0.733924, _ABROAD, "720P"), (1.100886, _ABROAD, "1080P"),
        )
    )  # fmt: skip


PRICES: tuple[Price, ...] = (
    *_list_images(),
    Price(("wan2.7-image",), 0.20, "CNY", "image", _PAGE, _HERE, usual=_WAN_PICTURES),
    Price(("wan2.7-image-pro",), 0.50, "CNY", "image", _PAGE, _HERE, usual=_WAN_PICTURES),
    Price(("wan2.7-image",), 0.220177, "CNY", "image", _PAGE, _ABROAD, usual=_WAN_PICTURES),
    Price(("wan2.7-image-pro",), 0.562065, "CNY", "image", _PAGE, _ABROAD, usual=_WAN_PICTURES),
    Price(("wanx2.1-imageedit",), 0.14, "CNY", "image", _PAGE, _HERE),
    *_list_films(),
    Price(("qwen3-tts-flash",), 0.8, "CNY", "character", _HAN, _HERE, 10_000, counts_han_twice=True),
    Price(("qwen3-tts-flash",), 0.733924, "CNY", "character", _HAN, _ABROAD, 10_000, counts_han_twice=True),
    Price(("qwen3-asr-flash", "qwen3-asr-flash-filetrans"), 0.00022, "CNY", "second", _PAGE, _HERE),
    Price(("qwen3-asr-flash", "qwen3-asr-flash-filetrans"), 0.00026, "CNY", "second", _PAGE, _ABROAD),
)
