"""Speech that sounds like beeps and remembers its words.

The words ride along three ways, so that the transcription routes of this emulator can give them back and notice a
lost or broken file: in the lowest bits of the first PCM samples (which survive when a caller wraps raw PCM into a
WAV of his own), in a ``LIST INFO ICMT`` chunk at the very end of a WAV, and in an ID3v2 ``COMM`` frame of an MP3.
Comments begin with the CRC-32 of the audio data.
"""

from __future__ import annotations

import binascii
import math
import re
import struct
from array import array
from dataclasses import dataclass
from functools import lru_cache

MAGIC = b"CNCE"
NOTES = (262, 294, 330, 392, 440)
TABLES = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {44100: (3, 0), 48000: (3, 1), 32000: (3, 2), 22050: (2, 0), 24000: (2, 1), 16000: (2, 2),
         11025: (0, 0), 12000: (0, 1), 8000: (0, 2)}  # fmt: skip


def seconds_of(text: str, speed: float = 1.0) -> float:
    """Return how long a text takes to say: 0.2 s a Chinese character, 0.06 s any other, at least half a second."""
    wide = sum(1 for c in text if ord(c) > 0x2E7F)
    pauses = sum(float(p) for p in re.findall(r"<#(\d+(?:\.\d+)?)#>", text))
    return max(0.5, (0.2 * wide + 0.06 * (len(text) - wide) + pauses) / speed)


@lru_cache(maxsize=64)
def _note(hertz: int, rate: int) -> bytes:
    count = rate // 10
    step = 2 * math.pi * hertz / rate
    tone = array("h", (int(5000 * math.sin(i * step) * math.sin(math.pi * i / count)) for i in range(count)))
    return tone.tobytes()


def pcm(text: str, rate: int = 24000, speed: float = 1.0) -> bytes:
    """Say a text as 16 bit mono PCM, little endian."""
    size = 2 * round(rate * seconds_of(text, speed))
    notes = [_note(NOTES[ord(c) % 5], rate) for c in text or " "]
    melody = b"".join(notes)
    sound = bytearray((melody * (size // len(melody) + 1))[:size])
    payload = text.encode()
    payload = MAGIC + struct.pack("<I", len(payload)) + payload
    payload += struct.pack("<I", binascii.crc32(payload))
    if len(payload) * 8 <= size // 2:
        for i, byte in enumerate(payload):
            for bit in range(8):
                at = 2 * (8 * i + bit)
                sound[at] = sound[at] & 0xFE | byte >> bit & 1
    return bytes(sound)


def _from_bits(sound: bytes) -> str | None:
    low = sound[0 : 2 * 8 * 8 : 2]
    if len(low) < 64 or _pack(low)[:4] != MAGIC:
        return None
    size = 12 + struct.unpack("<I", _pack(low)[4:8])[0]
    if size * 16 > len(sound):
        return None
    data = _pack(sound[0 : size * 16 : 2])
    good = binascii.crc32(data[:-4]) == struct.unpack("<I", data[-4:])[0]
    return data[8:-4].decode("utf-8", "replace") if good else None


def _pack(samples: bytes) -> bytes:
    return bytes(sum((samples[i + bit] & 1) << bit for bit in range(8)) for i in range(0, len(samples) // 8 * 8, 8))


def _stamp(sound: bytes, text: str) -> bytes:
    return f"{binascii.crc32(sound):08x} {text}".encode()


def stereo(sound: bytes) -> bytes:
    """Double a mono track."""
    samples = array("h")
    samples.frombytes(sound)
    both = array("h", bytes(2 * len(sound)))
    both[0::2], both[1::2] = samples, samples
    return both.tobytes()


def wrap(sound: bytes, rate: int, channels: int = 1, text: str | None = None) -> bytes:
    """Put 16 bit PCM into a WAV, with the words at its end when given."""
    fmt = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 * channels, 2 * channels, 16)
    chunks = [_chunk(b"fmt ", fmt), _chunk(b"data", sound)]
    if text is not None:
        chunks.append(_chunk(b"LIST", b"INFO" + _chunk(b"ICMT", _stamp(sound, text) + b"\x00")))
    return _chunk(b"RIFF", b"WAVE" + b"".join(chunks))


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)


def wav(text: str, rate: int = 24000, speed: float = 1.0, channels: int = 1) -> bytes:
    """Say a text as a WAV."""
    sound = pcm(text, rate, speed)
    return wrap(stereo(sound) if channels == 2 else sound, rate, channels, text)


def mp3(text: str, rate: int = 32000, bitrate: int = 128000, speed: float = 1.0, channels: int = 1) -> bytes:
    """Say a text as an MP3 of silent frames, with the words in its ID3 tag."""
    frames = mp3_frames(seconds_of(text, speed), rate, bitrate, channels)
    comment = b"\x03eng\x00" + _stamp(frames, text)
    frame = b"COMM" + _synchsafe(len(comment)) + b"\x00\x00" + comment
    return b"ID3\x04\x00\x00" + _synchsafe(len(frame)) + frame + frames


def mp3_frames(seconds: float, rate: int, bitrate: int, channels: int = 1) -> bytes:
    """Return silent layer III frames of about this duration."""
    version, index = RATES[rate]
    table = TABLES[1 if version == 3 else 2]
    slot = max(i for i in range(1, 15) if table[i] * 1000 <= max(bitrate, table[1] * 1000))
    samples = 1152 if version == 3 else 576
    frames = bytearray()
    carried, exact = 0.0, samples // 8 * table[slot] * 1000 / rate
    for _ in range(max(1, round(seconds * rate / samples))):
        size = int(exact)
        carried += exact - size
        padding = int(carried >= 1)
        carried -= padding
        head = 0xFFE00000 | version << 19 | 0b01 << 17 | 1 << 16 | slot << 12 | index << 10 | padding << 9
        head |= (0b11 if channels == 1 else 0b00) << 6
        frames += struct.pack(">I", head) + bytes(size + padding - 4)
    return bytes(frames)


def _synchsafe(value: int) -> bytes:
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


@dataclass(frozen=True)
class Heard:
    """What is in a piece of audio; ``text`` is None when it was not made here or lost its words."""

    form: str
    seconds: float
    rate: int
    text: str | None

    @property
    def words(self) -> str:
        """Return the transcript: the words, else a fixed sentence with the duration."""
        return self.text if self.text is not None else f"这是一段 {self.seconds:.1f} 秒的录音。"


def listen(data: bytes) -> Heard:
    """Read a WAV or MP3.

    Raises:
        ValueError: It is neither, or it is damaged.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _listen_wav(data)
    if data[:3] == b"ID3" or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0):
        return _listen_mp3(data)
    raise ValueError("neither WAV nor MP3")


def _chunks(data: bytes, at: int, lenient: bool) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    while at + 8 <= len(data):
        size = struct.unpack("<I", data[at + 4 : at + 8])[0]
        # Streamed WAVs carry 0xFFFFFFFF or 0x7FFFFFFF as length.
        if at + 8 + size > len(data) and not (lenient and size >= 0x7FFFFF00):
            raise ValueError("the WAV is cut short")
        found.setdefault(data[at : at + 4], data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return found


def _listen_wav(data: bytes) -> Heard:
    chunks = _chunks(data, 12, lenient=True)
    if len(chunks.get(b"fmt ", b"")) < 16 or b"data" not in chunks:
        raise ValueError("the WAV has no format or no data")
    _, channels, rate, per_second, _, bits = struct.unpack("<HHIIHH", chunks[b"fmt "][:16])
    sound = chunks[b"data"]
    listed = chunks.get(b"LIST", b"")
    text = None
    if listed[:4] == b"INFO":
        comment = _chunks(listed, 4, lenient=False).get(b"ICMT", b"").rstrip(b"\x00").decode("utf-8", "replace")
        text = _unstamp(comment, sound)
    mono = (
        sound[0::2] if bits == 8 else b"".join(sound[i : i + 2] for i in range(0, 80000, 4)) if channels == 2 else sound
    )
    if text is None and bits == 16:
        text = _from_bits(mono)
    return Heard("wav", len(sound) / per_second if per_second else 0.0, rate, text)


def _unstamp(comment: str, sound: bytes) -> str | None:
    stamp, _, text = comment.partition(" ")
    if not re.fullmatch(r"[0-9a-f]{8}", stamp):
        return None
    if int(stamp, 16) != binascii.crc32(sound):
        raise ValueError("the audio is damaged: its checksum does not match")
    return text


def _listen_mp3(data: bytes) -> Heard:
    at, text = 0, None
    comment = ""
    if data[:3] == b"ID3":
        size = sum(b << s for b, s in zip(data[6:10], (21, 14, 7, 0), strict=False))
        tag = data[10 : 10 + size]
        if tag[:4] == b"COMM":
            comment = tag[15:].decode("utf-8", "replace")
        at = 10 + size
    start, seconds, rate, frames = at, 0.0, 0, 0
    while at + 4 <= len(data) and data[at] == 0xFF:
        head = struct.unpack(">I", data[at : at + 4])[0]
        version, slot, index = head >> 19 & 3, head >> 12 & 15, head >> 10 & 3
        rates = {code: hertz for hertz, code in RATES.items()}
        rate = rates.get((version, index), 0)
        if not rate or slot in (0, 15):
            break
        samples = 1152 if version == 3 else 576
        size = samples // 8 * TABLES[1 if version == 3 else 2][slot] * 1000 // rate + (head >> 9 & 1)
        if at + size > len(data):
            raise ValueError("the MP3 is cut short")
        at, seconds, frames = at + size, seconds + samples / rate, frames + 1
    if not frames:
        raise ValueError("the MP3 has no frames")
    if comment:
        text = _unstamp(comment, data[start:])
    return Heard("mp3", round(seconds, 6), rate, text)
