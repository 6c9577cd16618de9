"""The vendors' own SDKs as oracles: what they read from the emulator is what they would read from the vendor."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds, videos

from .conftest import fetch


@pytest.fixture
def ds(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    dashscope = pytest.importorskip("dashscope", reason="dashscope is not installed")
    monkeypatch.setattr(dashscope, "base_http_api_url", f"{emulator.url}/qwen/api/v1")
    monkeypatch.setattr(dashscope, "api_key", "sk-emulator")
    yield dashscope


@pytest.fixture
def glm(emulator: Emulator) -> Any:
    zai = pytest.importorskip("zai", reason="zai-sdk is not installed")
    return zai.ZhipuAiClient(api_key="emulator.secret", base_url=f"{emulator.url}/glm/api/paas/v4/")


def test_dashscope_images_at_once(ds: Any) -> None:
    message = {"role": "user", "content": [{"text": "a red fox"}]}
    reply = ds.MultiModalConversation.call(model="qwen-image-2.0", messages=[message], size="1024*768", n=2)
    assert reply.status_code == 200, reply
    content = reply.output.choices[0].message.content
    assert [Image.open(io.BytesIO(fetch(part["image"]))).size for part in content] == [(1024, 768)] * 2


def test_dashscope_images_as_jobs(ds: Any, emulator: Emulator) -> None:
    reply = ds.ImageSynthesis.call(model="qwen-image-plus", prompt="一只猫", size="1328*1328", n=1)
    assert reply.output.task_status == "SUCCEEDED", reply
    assert Image.open(io.BytesIO(fetch(reply.output.results[0].url))).size == (1328, 1328)
    assert [s.kind for s in emulator.submissions] == ["image"]


def test_dashscope_image_generation_job(ds: Any) -> None:
    from dashscope.aigc.image_generation import ImageGeneration

    message = {"role": "user", "content": [{"text": "a blue house"}]}
    job = ImageGeneration.async_call(model="wan2.7-image", messages=[message], size="1K", n=1)
    done = ImageGeneration.wait(job)
    assert done.output.task_status == "SUCCEEDED", done
    url = done.output.choices[0].message.content[0]["image"]
    assert Image.open(io.BytesIO(fetch(url))).size == (1024, 1024)


def test_dashscope_changes_a_picture_within_a_mask(ds: Any, emulator: Emulator) -> None:
    reply = ds.ImageSynthesis.call(
        model="wanx2.1-imageedit", function="description_edit_with_mask", prompt="陶瓷兔子拿着陶瓷小花", n=1,
        base_image_url="https://example.com/a.jpeg", mask_image_url="https://example.com/mask.png",
    )  # fmt: skip
    assert reply.output.task_status == "SUCCEEDED", reply
    assert Image.open(io.BytesIO(fetch(reply.output.results[0].url))).size == (1024, 1024)
    assert [s.kind for s in emulator.submissions] == ["image"] and reply.usage.image_count == 1


def test_dashscope_changes_pictures_in_a_conversation(ds: Any) -> None:
    content = [{"image": "https://example.com/a.png"}, {"image": "https://example.com/b.png"}, {"text": "merge them"}]
    message = {"role": "user", "content": content}
    for model in ("qwen-image-3.0-pro", "qwen-image-edit-plus"):
        reply = ds.MultiModalConversation.call(model=model, messages=[message], n=2, size="1024*1024")
        assert reply.status_code == 200, reply
        urls = [part["image"] for part in reply.output.choices[0].message.content]
        assert [Image.open(io.BytesIO(fetch(url))).size for url in urls] == [(1024, 1024)] * 2


def test_dashscope_edits_a_film(ds: Any) -> None:
    media = [{"type": "video", "url": "https://example.com/a.mp4"}]
    reply = ds.VideoSynthesis.call(model="wan2.7-videoedit", prompt="snow", media=media, resolution="720P", duration=2)
    assert reply.output.task_status == "SUCCEEDED", reply


def test_dashscope_video(ds: Any) -> None:
    reply = ds.VideoSynthesis.call(model="wan2.7-t2v", prompt="the sea", resolution="720P", duration=2)
    assert reply.output.task_status == "SUCCEEDED", reply
    seen = videos.probe(fetch(reply.output.video_url))
    assert (seen.width, seen.height, seen.frames, seen.seconds) == (1280, 720, 60, 2.0)


def test_dashscope_lists_jobs(ds: Any) -> None:
    """The same list as `/api/v1/tasks/` of the page, at the address that the SDK writes without a slash."""
    made = ds.VideoSynthesis.async_call(model="wan2.7-t2v", prompt="a fox", duration=2)
    found = ds.VideoSynthesis.list(model_name="wan2.7-t2v", page_no=1, page_size=10)
    assert found.status_code == 200, found
    assert [(row["task_id"], row["model_name"]) for row in found.output["data"]] == [
        (made.output.task_id, "wan2.7-t2v")
    ]
    assert (found.output["total"], found.output["total_page"]) == (1, 1)


def test_dashscope_video_from_media(ds: Any) -> None:
    media = [{"type": "first_frame", "url": "https://example.com/a.png"}]
    reply = ds.VideoSynthesis.call(model="wan2.7-i2v", prompt="run", media=media, resolution="720P", duration=2)
    assert reply.output.task_status == "SUCCEEDED", reply


def test_dashscope_cancel(ds: Any, emulator: Emulator) -> None:
    emulator.slow_tasks(100)
    job = ds.VideoSynthesis.async_call(model="wan2.7-t2v", prompt="the sea")
    assert job.output.task_status == "PENDING"
    assert ds.VideoSynthesis.cancel(job).status_code == 200
    assert ds.VideoSynthesis.fetch(job).output.task_status == "CANCELED"


def test_dashscope_speech_whole_and_streamed(ds: Any) -> None:
    ask = {"model": "qwen3-tts-flash", "text": "你好，世界", "voice": "Cherry", "language_type": "Chinese"}
    reply = ds.MultiModalConversation.call(**ask)
    heard = sounds.listen(fetch(reply.output.audio.url))
    assert heard.text == "你好，世界"
    events = list(ds.MultiModalConversation.call(stream=True, **ask))
    pcm = b"".join(base64.b64decode(e.output.audio.data) for e in events if e.output.audio.data)
    assert len(pcm) == round(24000 * heard.seconds) * 2
    assert events[-1].output.audio.url


def test_dashscope_transcript(ds: Any) -> None:
    spoken = ds.MultiModalConversation.call(model="qwen3-tts-flash", text="早上好", voice="Cherry")
    message = {"role": "user", "content": [{"audio": spoken.output.audio.url}]}
    reply = ds.MultiModalConversation.call(model="qwen3-asr-flash", messages=[message])
    assert reply.output.choices[0].message.content[0]["text"] == "早上好"


def test_dashscope_sees_errors(ds: Any, emulator: Emulator) -> None:
    message = {"role": "user", "content": [{"text": "x"}]}
    reply = ds.MultiModalConversation.call(model="qwen-image-2.0", messages=[message], size="1024x768")
    assert (reply.status_code, reply.code) == (400, "InvalidParameter")
    reply = ds.MultiModalConversation.call(model="qwen-image-2.0", messages=[message], api_key="sk-sp-plan")
    assert (reply.status_code, reply.code) == (401, "InvalidApiKey")
    emulator.task_fault("qwen", "moderate")
    reply = ds.VideoSynthesis.call(model="wan2.7-t2v", prompt="the sea")
    assert (reply.output.task_status, reply.output.code) == ("FAILED", "DataInspectionFailed")


@pytest.fixture
def speech_file(tmp_path: Path) -> Path:
    path = tmp_path / "早上好.wav"
    path.write_bytes(sounds.wav("早上好"))
    return path


def test_dashscope_uploads_what_is_on_this_machine(ds: Any, emulator: Emulator, speech_file: Path) -> None:
    message = {"role": "user", "content": [{"audio": f"file://{speech_file}"}]}
    reply = ds.MultiModalConversation.call(model="qwen3-asr-flash", messages=[message])
    assert reply.output.choices[0].message.content[0]["text"] == "早上好", reply
    sent = emulator.requests[-1]
    assert sent.headers["x-dashscope-ossresourceresolve"] == "enable" and "oss://dashscope-instant/" in str(sent.json)
    picture = speech_file.with_suffix(".png")
    Image.new("RGB", (640, 480), "red").save(picture)
    media = [{"type": "first_frame", "url": str(picture)}]
    reply = ds.VideoSynthesis.call(model="wan2.7-i2v", prompt="run", media=media, resolution="720P", duration=2)
    assert reply.output.task_status == "SUCCEEDED", reply
    assert "640x480" in emulator.jobs[-1].order.spec["note"]


def test_dashscope_links_are_for_one_model_and_two_days(ds: Any, emulator: Emulator, speech_file: Path) -> None:
    from dashscope.utils.oss_utils import OssUtils

    link, ticket = OssUtils.upload("qwen3-asr-flash", str(speech_file), "sk-emulator")
    message = {"role": "user", "content": [{"audio": link}]}
    ask = ds.MultiModalConversation.call
    assert ask(model="qwen3-asr-flash", messages=[message]).status_code == 200
    assert ask(model="qwen3-asr-flash-2026-02-10", messages=[message]).status_code == 400
    emulator.advance(48 * 3600 + 1)
    assert ask(model="qwen3-asr-flash", messages=[message]).status_code == 400
    assert ticket["max_file_size_mb"] == 100


def test_zai_files(glm: Any, speech_file: Path) -> None:
    with speech_file.open("rb") as file:
        kept = glm.files.create(file=file, purpose="voice-clone-input")
    assert (kept.purpose, kept.bytes) == ("voice-clone-input", speech_file.stat().st_size)
    assert [one.id for one in glm.files.list(purpose="voice-clone-input").data] == [kept.id]
    assert glm.files.content(kept.id).content == speech_file.read_bytes()
    assert glm.files.delete(kept.id).deleted and glm.files.list().data == []


def test_zai_clones_a_voice(glm: Any, emulator: Emulator, speech_file: Path) -> None:
    with speech_file.open("rb") as file:
        kept = glm.files.create(file=file, purpose="voice-clone-input")
    made = glm.voice.clone(
        voice_name="ana",
        text="what is said",
        input="你好",
        file_id=kept.id,
        model="glm-tts-clone",
        request_id="request-1",
    )
    assert made.file_purpose == "voice-clone-output" and made.request_id == "request-1"
    assert sounds.listen(glm.files.content(made.file_id).content).text == "你好"
    (own,) = glm.voice.list(voice_type="PRIVATE").voice_list
    assert (own.voice, own.voice_name, own.voice_type) == (made.voice, "ana", "PRIVATE")
    spoken = glm.audio.speech(model="glm-tts", input="欢迎", voice=made.voice, response_format="wav")
    assert sounds.listen(spoken.content).text == "欢迎"
    assert glm.voice.delete(voice=made.voice).voice == made.voice
    assert glm.voice.list(voice_type="PRIVATE").voice_list == []
    assert [one.kind for one in emulator.submissions] == ["voice", "speech"]


def test_zai_image(glm: Any) -> None:
    reply = glm.images.generations(model="cogview-4", prompt="一只猫", size="1344x768")
    assert Image.open(io.BytesIO(fetch(reply.data[0].url))).size == (1344, 768)


def test_zai_video(glm: Any, emulator: Emulator) -> None:
    job = glm.videos.generations(model="cogvideox-3", prompt="the sea", size="1280x720", fps=30, duration=5)
    assert job.task_status == "PROCESSING"
    emulator.advance(1)
    done = glm.videos.retrieve_videos_result(id=job.id)
    assert done.task_status == "SUCCESS"
    assert videos.probe(fetch(done.video_result[0].url)).frames == 150
    assert Image.open(io.BytesIO(fetch(done.video_result[0].cover_image_url))).size == (1280, 720)


def test_zai_speech(glm: Any) -> None:
    reply = glm.audio.speech(model="glm-tts", input="欢迎", voice="tongtong", response_format="wav")
    assert sounds.listen(reply.read()).text == "欢迎"


def test_zai_speech_stream(glm: Any) -> None:
    chunks = glm.audio.speech(
        model="glm-tts", input="欢迎使用", voice="tongtong", response_format="pcm", encode_format="base64", stream=True
    )
    pcm = b"".join(base64.b64decode(c.choices[0].delta.content) for c in chunks if c.choices[0].delta.content)
    assert sounds.listen(sounds.wrap(pcm, 24000)).text == "欢迎使用"


def test_zai_transcript(glm: Any) -> None:
    sound = io.BytesIO(sounds.wav("今天天气很好"))
    sound.name = "a.wav"
    reply = glm.audio.transcriptions.create(model="glm-asr-2512", file=sound, stream=False)
    assert reply.text == "今天天气很好"


def test_zai_search(glm: Any) -> None:
    reply = glm.web_search.web_search(search_engine="search_std", search_query="天气", search_intent=False, count=3)
    assert [row.refer for row in reply.search_result] == ["ref_1", "ref_2", "ref_3"]


def test_zai_sees_errors(glm: Any) -> None:
    from zai.core import APIRequestFailedError

    with pytest.raises(APIRequestFailedError) as caught:
        glm.images.generations(model="glm-image", prompt="x", size="512x512")
    assert '"1210"' in str(caught.value)
