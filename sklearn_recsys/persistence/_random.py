"""Random number generators by their documented state."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from sklearn_recsys.persistence._decoding import Decode, Node
from sklearn_recsys.persistence._encoding import Encode, Encoder, Spec, cannot_save

__all__ = ["DECODERS", "EXACT"]

_BIT_GENERATORS: dict[str, type] = {
    name: getattr(np.random, name) for name in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
}
# Places in a buffer, which NumPy follows without a look: where they are, and their largest value.
_POSITIONS = {"MT19937": ("state", "pos", 624), "Philox": (None, "buffer_pos", 4)}
_MAX_POOL = 64


def _encode_random_state(encoder: Encoder, value: np.random.RandomState, path: str) -> Spec:
    state = dict(value.get_state(legacy=False))
    return {"kind": "random state", "state": encoder.value(state, path)}


def _decode_random_state(node: Node) -> np.random.RandomState:
    state = _checked_state(node)
    generator = np.random.RandomState(_BIT_GENERATORS[state["bit_generator"]](0))
    generator.set_state(state)
    return generator


def _encode_generator(encoder: Encoder, value: np.random.Generator, path: str) -> Spec:
    bits: Any = value.bit_generator
    if type(bits).__name__ not in _BIT_GENERATORS:
        raise cannot_save(bits, f"{path}.bit_generator")
    sequence = bits.seed_seq
    seed = dict(sequence.state) if type(sequence) is np.random.SeedSequence else None
    return {
        "kind": "generator",
        "state": encoder.value(bits.state, path),
        "seed": encoder.value(seed, path),
    }


def _decode_generator(node: Node) -> np.random.Generator:
    state, seed = _checked_state(node), node.value("seed")
    sequence = np.random.SeedSequence(0)
    if seed is not None:
        pool_size = seed.get("pool_size")
        if type(pool_size) is not int or not 4 <= pool_size <= _MAX_POOL:
            raise node.wrong("seed")
        sequence = np.random.SeedSequence(**seed)
    bits = _BIT_GENERATORS[state["bit_generator"]](sequence)
    bits.state = state
    return np.random.Generator(bits)


def _checked_state(node: Node) -> dict[str, Any]:
    state = node.child("state", dict)
    name = state.get("bit_generator")
    if name not in _BIT_GENERATORS:
        raise node.wrong("state")
    if name in _POSITIONS:
        part, field, largest = _POSITIONS[name]
        position = (state if part is None else state[part])[field]
        if not isinstance(position, (int, np.integer)) or not 0 <= position <= largest:
            raise node.wrong("state")
    return state


EXACT: dict[type, Encode] = {
    np.random.RandomState: _encode_random_state,
    np.random.Generator: _encode_generator,
}
DECODERS: dict[str, Decode] = {
    "random state": _decode_random_state,
    "generator": _decode_generator,
}
