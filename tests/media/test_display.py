"""Media in a notebook and in Pillow: shown where they can be, and never a traceback in place of a picture."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from cncoding import Asset, Client, ConfigError, Done
from cncoding.media import display
from cncoding_emulator import Emulator
from tests.media.conftest import Do


def test_a_picture_shows_itself(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    done = do("qwen", "generate_image", "a fox")
    assert done[0]._repr_png_() is None and '<img src="http' in done[0]._repr_html_()
    with pytest.raises(ConfigError, match="the image is at the vendor yet; save it with download"):
        done[0].read()
    saved = do("qwen", "download", done, tmp_path)
    assert saved.open().size == (saved.width, saved.height) and saved._repr_png_() == saved.read()
    shown = base64.b64encode(saved.read()).decode()
    assert saved._repr_html_() == f'<img src="data:image/png;base64,{shown}" style="max-width: 100%">'
    assert Done((saved, done[0]))._repr_html_() == f"{saved._repr_html_()}\n{done[0]._repr_html_()}"


def test_films_and_sounds_have_players(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    speech = do("minimax", "synthesize_speech", "hello")
    assert speech._repr_html_().startswith('<audio src="data:audio/mpeg;base64,') and " controls " in str(
        speech._repr_html_()
    )
    film = do("qwen", "generate_video", "a fox")
    saved = do("qwen", "download", film, tmp_path)
    assert saved._repr_html_().startswith('<video src="data:video/mp4;base64,') and saved._repr_png_() is None
    with pytest.raises(ConfigError, match=r"is video; only a picture can be opened, read\(\) gives its bytes"):
        saved.open()


def test_samples_without_a_header_are_no_player(emulator: Emulator) -> None:
    done = Client("glm").synthesize_speech("hello", format="pcm")
    assert done[0].media_type == "audio/pcm" and done._repr_html_() is None


def test_a_file_that_is_gone_is_said_and_its_link_is_shown(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    saved = do("qwen", "download", do("qwen", "generate_image", "a fox"), tmp_path)
    Path(saved.path).unlink()
    assert saved._repr_png_() is None and '<img src="http' in saved._repr_html_()
    for ask in (saved.read, saved.open):
        with pytest.raises(ConfigError, match=r"was saved as .*, which cannot be read: No such file .* download it"):
            ask()
    assert Asset("image", path=saved.path, media_type="image/png")._repr_html_() is None


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Pillow does not open it: cannot identify"):
        Asset("image", data=b"words", media_type="image/png").open()


def test_a_large_medium_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "SHOWN", 10)
    (tmp_path / "<a>.mp4").write_bytes(bytes(11))
    named = Asset("video", path=str(tmp_path / "<a>.mp4"), media_type="video/mp4")._repr_html_()
    assert named == f"<code>{tmp_path}/&lt;a&gt;.mp4</code>"
    assert Asset("video", data=bytes(11), url="https://a.example/b.mp4")._repr_html_().startswith('<video src="https:')  # type: ignore[union-attr]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "oss://a/b"])
def test_only_links_of_the_web_are_shown(url: str) -> None:
    assert Asset("image", url=url)._repr_html_() is None


def test_nothing_leaves_its_attribute() -> None:
    for asset in (Asset("image", url='https://a/"><script>'), Asset("audio", data=b"x", media_type='a"><script>')):
        assert "<script>" not in str(asset._repr_html_())
