"""WAV files of tests: makes tones, and finds them again by Goertzel's algorithm."""
import math
import struct
import wave

RATE = 8000
FRAME = 400  # 50 ms: neighbours 20 Hz apart are told apart


def write_tone(path, hz, seconds, level=8000):
    samples = (int(level * math.sin(2 * math.pi * hz * i / RATE)) for i in range(int(seconds * RATE)))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(b"".join(struct.pack("<h", s) for s in samples))


def expand_alaw(byte):
    """ITU-T G.711: one A-law byte as a linear sample."""
    byte ^= 0x55
    exponent, mantissa = (byte >> 4) & 7, byte & 15
    value = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if byte & 0x80 else -value


ALAW = [expand_alaw(b) for b in range(256)]


def read_channels(path):
    """Channels of a RIFF file with 16-bit PCM or A-law samples at 8 kHz. Python's wave module reads PCM alone."""
    data = open(path, "rb").read()
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError(f"{path} is not a WAV file")
    at, form, channels = 12, 0, 0
    while at + 8 <= len(data):
        name, size = data[at:at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt ":
            form, channels, rate = struct.unpack_from("<HHI", data, at + 8)
            if rate != RATE:
                raise ValueError(f"{path} has {rate} Hz")
        if name == b"data":
            body = data[at + 8:at + 8 + size]
            linear = [ALAW[b] for b in body] if form == 6 else list(struct.unpack(f"<{len(body) // 2}h", body[:len(body) // 2 * 2]))
            return [linear[c::channels] for c in range(channels)]
        at += 8 + size + size % 2
    raise ValueError(f"{path} has no samples")


def share_of(samples, hz):
    """The part of the energy that stands at `hz`, 0 to 1; 0 for silence."""
    energy = sum(s * s for s in samples)
    if energy < len(samples) * 100.0 ** 2:
        return 0.0
    k = 2 * math.cos(2 * math.pi * hz / RATE)
    a = b = 0.0
    for s in samples:
        a, b = s + k * a - b, a
    return 2 * (a * a + b * b - k * a * b) / (len(samples) * energy)


def seconds_with(samples, hz, share=0.8):
    """The frames, by their time in seconds, in which `hz` is what is heard."""
    return [at / RATE for at in range(0, len(samples) - FRAME + 1, FRAME) if share_of(samples[at:at + FRAME], hz) >= share]


def stretches(times, gap=1.0):
    """Frames' times as (first, last) of what hangs together: a silence longer than `gap` parts two of them."""
    found = []
    for t in times:
        if found and t - found[-1][1] <= gap:
            found[-1][1] = t
        else:
            found.append([t, t])
    return [tuple(s) for s in found]
