"""What can be done to the bytes of a file: damage, and changes with the right checksum."""

import copy
import struct
import tempfile
import tomllib
from pathlib import Path

import numba
import numpy as np
import tomli_w

from flownet.store.bytes import _attributes, _superblock, with_checksum

_SIGNATURES = (b"OHDR", b"OCHK", b"FRHP", b"FHDB", b"FHIB", b"FSHD", b"FSSE", b"BTHD", b"BTIN")
_SIGNATURES += (b"BTLF", b"EAHD", b"EAIB", b"EASB", b"EADB", b"FAHD", b"FADB", b"FAPB", b"SMLI")
_LONGEST = 1 << 13  # of a block of HDF5's index
_SECTOR = 512
_NUMBERS = (0, 1, 2, 7, 127, 128, 255, 256, 65535, 2**31, 2**32 - 1, 2**63, 2**64 - 1)
_STRANGE = (
    *(None, True, 0, -1, 1, 2**62, 2**63 - 1, 1e308, -0.0, float("nan"), float("inf"), "", "a"),
    *("tanh", "newton", "dataset:/data/x", "dataset:/nowhere", [], [[]], [0], [-1], {}, [{}]),
    *({"kind": "program", "text": "x"}, {"kind": "aristotle"}, {"kind": 3}, [10**15, 10**15]),
)


# ---- damage ----


def flip(base, chance):
    """One to eight bytes with some bits turned."""
    data = bytearray(base.data)
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
    return data


def cut(base, chance):
    """The end cut off."""
    return base.data[: chance.randrange(len(base.data))]


def empty(base, chance):
    """Some sectors that were never written."""
    data = bytearray(base.data)
    for _ in range(chance.randint(1, 4)):
        at = _sector(base, chance)
        data[at : at + _SECTOR] = bytes(len(data[at : at + _SECTOR]))
    return data


def mix(base, chance):
    """Sectors in the places of others."""
    data = bytearray(base.data)
    for _ in range(chance.randint(1, 3)):
        one, other = _sector(base, chance), _sector(base, chance)
        data[one : one + _SECTOR] = base.data[other : other + len(data[one : one + _SECTOR])]
    return data


def _sector(base, chance):
    return chance.randrange(-(-len(base.data) // _SECTOR)) * _SECTOR


# ---- forgery ----


def forge_index(base, chance):
    """Bytes of a block of HDF5's index changed, and its checksum made right."""
    return _forge_blocks(base, chance, lambda: chance.choice(base.blocks))


def forge_rare(base, chance):
    """Likewise, but of all kinds of blocks alike: of some a file has a hundred, of others one."""
    kinds = {}
    for begin, length in base.blocks:
        kinds.setdefault(base.data[begin : begin + 4], []).append((begin, length))
    return _forge_blocks(base, chance, lambda: chance.choice(kinds[chance.choice(sorted(kinds))]))


def _forge_blocks(base, chance, draw):
    data = bytearray(base.data)
    for _ in range(chance.choice((1, 1, 1, 2))):
        begin, length = draw()
        for _ in range(chance.randint(1, 3)):
            at = begin + chance.randrange(4, length)
            if chance.random() < 0.5:
                data[at] = chance.randrange(256)
            else:
                width = chance.choice((2, 4, 8))
                value = chance.choice(_NUMBERS) % (1 << 8 * width)
                room = data[at : min(at + width, begin + length)]
                data[at : at + len(room)] = value.to_bytes(width, "little")[: len(room)]
        struct.pack_into("<I", data, begin + length, int(_lookup3(_view(data, begin, length))))
    return data


def forge_state(base, chance):
    """A number of the state or a checkpoint's header replaced, its checksum right."""
    data = bytearray(base.data)
    places = [
        at
        for value in {*base.counts.values(), 0, 1, -1}
        for at in _found(base.data, with_checksum(value).tobytes())
    ]
    value = chance.choice((-5, -1, 0, 1, 2, 10**6, 2**40, 2**62, chance.randrange(400)))
    at = chance.choice(places)
    data[at : at + 16] = with_checksum(value).tobytes()
    return data


def forge_experiment(base, chance):
    """Another experiment under the right checksum: words gone, added, or of strange values."""
    import h5py

    with tempfile.NamedTemporaryFile(suffix=".h5") as place:
        Path(place.name).write_bytes(base.data)
        _superblock.repair(place.name)
        with h5py.File(place.name, "r+", libver="latest", locking=False) as file:
            root = _attributes.read(file, "base")
            tables = tomllib.loads(root["experiment"])
            for _ in range(chance.randint(1, 3)):
                _change(tables, chance)
            text = tomli_w.dumps(tables)
            if chance.random() < 0.1:
                text = chance.choice(("", "x = " + "[" * 3000, "a" * 70_000, "= =", text[:-30]))
            _attributes.write(file, {**root, "experiment": text})
        return Path(place.name).read_bytes()


def _change(tables, chance):
    """One word of some tables another one."""
    table = tables
    while True:
        inner = [part for part in _parts(table) if isinstance(part, (dict, list)) and part]
        if not inner or chance.random() < 0.3:
            break
        table = chance.choice(inner)
    keys = list(table) if isinstance(table, dict) else list(range(len(table)))
    key = chance.choice(keys)
    value = copy.deepcopy(chance.choice([each for each in _STRANGE if each is not None]))
    what = chance.random()
    if what < 0.25:
        del table[key]
    elif what < 0.35 and isinstance(table, dict):
        table[chance.choice(("steps", "x", "kind", "before", "size", "seed", "of"))] = value
    else:
        table[key] = value


def _parts(table):
    return table.values() if isinstance(table, dict) else table


def _found(data, part):
    at = data.find(part)
    while at >= 0:
        yield at
        at = data.find(part, at + 1)


# ---- where HDF5's checksums are ----


def blocks_of(data):
    """Places (offset, length) of what HDF5 has checksummed; the checksum is behind each."""
    found = [(0, 44)]
    for signature in _SIGNATURES:
        for at in _found(data, signature):
            rest = np.frombuffer(data, np.uint8, offset=at)[: _LONGEST + 4]
            length = int(_length(rest))
            if length:
                found.append((at, length))
    return found


def _view(data, begin, length):
    return np.frombuffer(bytes(data[begin : begin + length]), np.uint8)


@numba.njit(cache=False)
def _rotate(x, bits):
    return ((x << bits) | (x >> (32 - bits))) & 0xFFFFFFFF


@numba.njit(cache=False)
def _lookup3(data):
    """Bob Jenkins' hash of some bytes, as `flownet.store.bytes._superblock.lookup3`."""
    mask, n = 0xFFFFFFFF, len(data)
    a = b = c = (0xDEADBEEF + n) & mask
    words = np.zeros(3, np.int64)
    at = 0
    while True:
        words[:] = 0
        last = n - at <= 12
        for i in range(min(12, n - at)):
            words[i // 4] |= np.int64(data[at + i]) << (8 * (i % 4))
        a, b, c = (a + words[0]) & mask, (b + words[1]) & mask, (c + words[2]) & mask
        if last:
            break
        for bits in (4, 6, 8, 16, 19, 4):
            a = ((a - c) & mask) ^ _rotate(c, bits)
            c = (c + b) & mask
            a, b, c = b, c, a
        at += 12
    for bits in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - _rotate(b, bits)) & mask
        a, b, c = b, c, a
    return b


@numba.njit(cache=False)
def _length(data):
    """How long the block is that begins here, by where its checksum stands; 0 if nowhere."""
    for n in range(8, min(len(data) - 4, 2048)):
        stored = np.int64(0)
        for i in range(4):
            stored |= np.int64(data[n + i]) << (8 * i)
        if stored == _lookup3(data[:n]):
            return n
    for n in range(2048, len(data) - 4):
        stored = np.int64(0)
        for i in range(4):
            stored |= np.int64(data[n + i]) << (8 * i)
        if stored and stored == _lookup3(data[:n]):
            return n
    return 0
