"""Names of files say what they are, a sidecar says the rest, and an asset shows itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cncoding import Asset, Client, ConfigError, MediaRequest
from cncoding_emulator import Emulator


def test_names_and_sidecars(emulator: Emulator, tmp_path: Path) -> None:
    client = Client("qwen", journal=tmp_path)
    made = client.make(MediaRequest("video", "A lighthouse at night, in rain", seed=7), str(tmp_path))
    (asset,) = made.done
    assert asset.path is not None
    name = Path(asset.path).name
    assert name[4] == name[7] == "-" and "-a-lighthouse-at-night-wan2.7-t2v-" in name and name.endswith(".mp4")
    facts = json.loads(Path(f"{asset.path}.json").read_text())
    assert facts["prompt"] == "A lighthouse at night, in rain" and facts["provider"] == "qwen"
    assert facts["seed"] == 7 and facts["model"].startswith("wan2.7") and facts["source"] == asset.url
    assert (
        facts["job"]["handle"] == made.purchase.handle
        and facts["size"] == asset.size
        and (facts["cost"], facts["currency"]) == (5.0, "CNY")
    )
    assert "sk-" not in json.dumps(facts)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("夜里的灯塔，下着雨", "夜里的灯塔-下着雨"),
        ("画一只在雪地里奔跑的狐狸然后让它回头看镜头并且微笑", "画一只在雪地里奔跑的狐狸然后让它回头看镜"),
        ("un phare la nuit à Étretat", "un-phare-la-nuit"),
        ("e\u0301toile", "étoile"),
        ("../../etc/passwd\x00\u202egnp.exe", "etc-passwd-gnp-exe"),
        ("🦊🦊🦊", "image"),
        ("a" * 500, "a" * 60),
    ],
)
def test_names_are_of_the_prompt_in_any_script(emulator: Emulator, tmp_path: Path, prompt: str, words: str) -> None:
    folder = tmp_path / "图片"
    (asset,) = Client("glm").make(MediaRequest("image", prompt), str(folder)).done
    name = Path(str(asset.path)).name
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d-{words}-glm-image-[0-9a-f]{{4}}\.png", name), name
    assert Path(str(asset.path)).parent == folder and Path(f"{asset.path}.json").exists()


def test_an_asset_shows_itself(emulator: Emulator, tmp_path: Path) -> None:
    asset = Client("glm").make(MediaRequest("image", "狐狸"), str(tmp_path)).done[0]
    assert asset.open().size == (asset.width, asset.height)
    assert asset._repr_png_() == asset.read() == Path(str(asset.path)).read_bytes()
    assert "<img" in str(asset._repr_html_())
    sound = Asset("audio", data=b"ID3", media_type="audio/mpeg")
    assert "<audio" in str(sound._repr_html_()) and sound._repr_png_() is None
    with pytest.raises(ConfigError, match="only a picture"):
        sound.open()
    with pytest.raises(ConfigError, match="download"):
        Asset("image", url="https://media.example.com/a.png").read()
