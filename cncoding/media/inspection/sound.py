"""Whole sound of WAV, MP3, FLAC and Ogg."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from cncoding.media.inspection.facts import Facts, big, little, need
from cncoding.media.sound.mp3 import find_table, measure_tag, read_frame


def read_wav(file: BinaryIO, size: int) -> Facts:
    """Read format and data chunk. A streamed WAV states 0 or the largest number instead of its length."""
    kind = "audio/wav"
    at, rate, length = 12, 0, 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        name, stated = head[:4], little(head[4:])
        if name == b"fmt ":
            rate = little(file.read(16)[8:12])
        elif name == b"data":
            rest = size - at - 8
            length = rest if stated in (0, 0xFFFFFFFF, 0x7FFFFFFF) or stated >= 0x7FFFFF00 else stated
            need(length <= rest, kind, "sound is missing")
            break
        at += 8 + stated + stated % 2
    need(rate > 0 and length > 0, kind, "it has no sound")
    return Facts(kind, duration=length / rate)


def read_mp3_file(file: BinaryIO, size: int) -> Facts:
    """Walk the frames (ISO 11172-3, 2.4.2.3) behind an ID3 tag to the end, or to the tags that stand there.

    A last frame that is cut is allowed, as every player does, unless the file's own table names more frames. The
    file is read a frame at a time: some hours of sound have 500 MB.
    """
    kind = "audio/mpeg"
    begin = at = _skip_tags(file)
    seconds, count, stated = 0.0, 0, None
    file.seek(at)
    while (frame := read_frame(head := file.read(4))) is not None:
        if at == begin and (table := find_table(head + file.read(frame[0] - 4))) is not None:
            count, stated = -1, table[0]
        at += frame[0]
        count += at <= size
        seconds += frame[1]
        file.seek(at)
    need(at > begin, kind, "it has no frames")
    file.seek(at)
    ends = at >= size or file.read(8).startswith(_TAGS) or _skip_zeros(file, at) >= size
    need(ends, kind, "it is not frames to its end")
    need(stated is None or count >= stated - 1, kind, "frames that its table names are missing")
    return Facts(kind, duration=seconds)


_TAGS = (b"TAG", b"APETAGEX", b"ID3", b"LYRICS")
"""What may stand behind the frames."""


def _skip_tags(file: BinaryIO) -> int:
    """Return where the frames begin behind ID3v2 tags and zeros."""
    at = 0
    while True:
        file.seek(at)
        head = file.read(10)
        if head[:3] != b"ID3" or len(head) < 10:
            return at
        at = _skip_zeros(file, at + measure_tag(head))


def _skip_zeros(file: BinaryIO, at: int) -> int:
    file.seek(at)
    while block := file.read(65536):
        if rest := block.lstrip(b"\0"):
            return at + len(block) - len(rest)
        at += len(block)
    return at


def read_flac(file: BinaryIO, size: int) -> Facts:
    """Read the stream information (RFC 9639, 8.2)."""
    head = file.read(42)
    bits = big(head[18:26])
    rate, samples = bits >> 44, bits & 0xFFFFFFFFF
    need(head[4] & 0x7F == 0 and rate > 0, "audio/flac", "it has no stream information")
    return Facts("audio/flac", duration=samples / rate if samples else None)


# ---------------------------------------------------------------- Ogg

_GRANULE_UNKNOWN = (1 << 64) - 1
_STREAMS = 10_000
"""Most streams of a file: a radio that writes live begins one with every song."""


@dataclass(slots=True)
class _Stream:
    """One logical stream of an Ogg file."""

    rate: int = 0
    """Granules in a second."""
    skip: int = 0
    """Granules before the sound."""
    number: int = -1
    last: int = 0
    """Granules to the end of the last page."""


def read_ogg(file: BinaryIO, size: int) -> Facts:
    """Walk the pages (RFC 3533, 6); the sums of the first and the last one are checked.

    A stream may have been written live: its last page need not say that it is the last.
    """
    kind, at = "audio/ogg", 0
    streams: dict[int, _Stream] = {}
    while at < size:
        file.seek(at)
        head = file.read(27)
        need(len(head) == 27 and head[:4] == b"OggS" and head[4] == 0, kind, "a page is out of place")
        lengths = file.read(head[26])
        body, end = sum(lengths), at + 27 + head[26] + sum(lengths)
        need(len(lengths) == head[26] and end <= size, kind, "its last page is cut")
        content = file.read(body) if at == 0 or end == size or head[5] & 2 else b""
        if at == 0 or end == size:
            need(_sum_page(head, lengths, content) == little(head[22:26]), kind, "the sum of a page is wrong")
        need(len(streams) < _STREAMS, kind, "it has more streams than sound has")
        stream = _begin(content) if head[5] & 2 else streams.get(little(head[14:18]))
        need(stream is not None, kind, "a page belongs to no stream")
        assert stream is not None
        number, granule = little(head[18:22]), little(head[6:14])
        need(head[5] & 2 > 0 or number == stream.number + 1, kind, "a page is missing")
        stream.number = number
        stream.last = stream.last if granule == _GRANULE_UNKNOWN else granule
        streams[little(head[14:18])] = stream
        at = end
    sound = [one for one in streams.values() if one.rate and one.last]
    need(bool(sound), kind, "it has no sound")
    return Facts(kind, duration=max((one.last - one.skip) / one.rate for one in sound))


def _begin(content: bytes) -> _Stream:
    """Read the first packet of a stream: Vorbis (Vorbis I, 4.2.2), Opus (RFC 7845, 5.1), FLAC (Ogg FLAC mapping)."""
    if content[:7] == b"\x01vorbis":
        return _Stream(little(content[12:16]))
    if content[:8] == b"OpusHead":
        return _Stream(48000, little(content[10:12]))
    if content[:5] == b"\x7fFLAC":
        return _Stream(big(content[27:30]) >> 4)
    return _Stream()


def _sum_page(head: bytes, lengths: bytes, content: bytes) -> int:
    found = 0
    for byte in head[:22] + bytes(4) + head[26:] + lengths + content:
        found = (found << 8 & 0xFFFFFFFF) ^ _SUMS[found >> 24 ^ byte]
    return found


def _make_sums() -> tuple[int, ...]:
    sums = []
    for number in range(256):
        rest = number << 24
        for _ in range(8):
            rest = rest << 1 ^ (0x04C11DB7 if rest & 0x80000000 else 0)
        sums.append(rest & 0xFFFFFFFF)
    return tuple(sums)


_SUMS = _make_sums()
"""Of every byte: the sum of Ogg is not that of zlib, whose bits stand the other way round."""
