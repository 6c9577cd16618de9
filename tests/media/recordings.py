"""Recordings made by hand, byte by byte, so that no code of ours makes what is tested."""

from __future__ import annotations

import io
import math
import struct
import wave
from array import array


def tone(seconds: float, rate: int = 8000, *, loud: bool = True) -> bytes:
    """Return 16 bit samples: a tone, or silence."""
    count = round(seconds * rate)
    return array("h", (int(8000 * math.sin(at / 5)) if loud else 0 for at in range(count))).tobytes()


def wav(samples: bytes, rate: int = 8000, channels: int = 1, width: int = 2) -> bytes:
    """Return a WAV file of whole numbers, by the standard library."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(samples)
    return file.getvalue()


def float_wav(values: list[float], rate: int = 8000) -> bytes:
    """Return a WAV file of floating point, with the chunks that such files have."""
    data = struct.pack(f"<{len(values)}f", *values)
    chunks = b"fmt " + struct.pack("<IHHIIHHH", 18, 3, 1, rate, rate * 4, 4, 32, 0)
    chunks += b"fact" + struct.pack("<II", 4, len(values)) + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def frame(rate_index: int = 0, *, mono: bool = True, body: bytes = b"") -> bytes:
    """Return one MPEG 1 layer III frame of 64 kbit/s; rate 44100 (index 0), 48000 (1) or 32000 (2)."""
    rate = (44100, 48000, 32000)[rate_index]
    size = 144 * 64000 // rate
    head = bytes((0xFF, 0xFB, 5 << 4 | rate_index << 2, 0xC0 if mono else 0x00))
    return head + body.ljust(size - 4, b"\0")[: size - 4]


def mp3(frames: int, *, rate_index: int = 0, mono: bool = True, tags: bool = True) -> bytes:
    """Return an MP3 file: ID3v2 tag, Xing table, frames of sound that are numbered, ID3v1 tag."""
    sound = b"".join(frame(rate_index, mono=mono, body=struct.pack(">I", number)) for number in range(frames))
    if not tags:
        return sound
    place = 17 if mono else 32
    table = frame(rate_index, mono=mono, body=bytes(place) + b"Xing" + struct.pack(">II", 1, frames))
    return b"ID3\x04\x00\x00\x00\x00\x00\x0aTIT2\0\0\0\0\0\0" + table + sound + b"TAG" + bytes(125)
