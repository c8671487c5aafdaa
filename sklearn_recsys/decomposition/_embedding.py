"""The features of users or items, and the vectors that stand for them."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import csr_arrays, padded_width, require_memory, zero_vectors

__all__ = [
    "Embedding",
    "compose_features",
    "normalize_rows",
    "require_embedding_memory",
    "start_state",
]


def compose_features(
    metadata: sparse.csr_array | None,
    warm: np.ndarray,
    *,
    role: str,
    identity: bool,
    normalize: bool,
) -> sparse.csr_array | None:
    """Return the features (n, n_features) of users or items, or None where they have ids alone.

    Parameters
    ----------
    metadata : csr_array of shape (n, n_metadata) or None
        Features of the table, which come first.
    warm : ndarray of shape (n,), dtype bool
        Who has interactions, and so learns an embedding of her own.
    role : {"user", "item"}
        For error messages.
    identity : bool
        Whether there are such embeddings, one for each row.
    normalize : bool
        Whether the absolute values of a row sum to 1.
    """
    if metadata is None and not identity:
        raise ValueError(
            f"{role}_identity=False leaves {role}s without any feature, as {role}_features is "
            f"None. Give {role}_features a FeatureTable, or set {role}_identity=True."
        )
    if metadata is None:
        return None
    features = metadata
    if identity:
        indptr = np.append(0, np.cumsum(warm))
        entries = np.ones(indptr[-1], dtype=np.float32), np.flatnonzero(warm), indptr
        own = sparse.csr_array(entries, shape=(len(warm), len(warm)))
        features = sparse.csr_array(sparse.hstack([metadata, own], format="csr"))
    return normalize_rows(features) if normalize else features


def normalize_rows(features: sparse.csr_array) -> sparse.csr_array:
    """Return rows whose absolute values sum to 1, or to 0 if they are zero."""
    sums = np.asarray(abs(features).sum(axis=1), dtype=np.float64).ravel()
    scale = 1 / np.where(sums > 0, sums, 1)
    data = features.data * np.repeat(scale, np.diff(features.indptr))
    return sparse.csr_array(
        (data.astype(np.float32), features.indices, features.indptr), shape=features.shape
    )


@dataclass
class Embedding:
    """The features of users or items, and the vectors that stand for them.

    Attributes
    ----------
    features : csr_array of shape (n, n_features) or None
        None where each user or item is a feature of its own.
    n_components : int
        Components of a vector; one more is the bias, and zeros are up to the kernel's width.
    vectors, squares : ndarray of shape (n_features, width), dtype float32
        What is learned, and what the steps depend on.
    updates : ndarray of shape (n_features, width), dtype float32, or None
        What Adadelta's steps depend on, too.
    """

    features: sparse.csr_array | None
    n_components: int
    vectors: np.ndarray
    squares: np.ndarray
    updates: np.ndarray | None

    @classmethod
    def draw(
        cls,
        features: sparse.csr_array | None,
        n: int,
        n_components: int,
        *,
        rng: np.random.Generator,
        adadelta: bool,
    ) -> "Embedding":
        """Return small random vectors, and biases of zero."""
        n_features = n if features is None else features.shape[1]
        vectors = zero_vectors(n_features, n_components + 1)
        drawn = rng.random((n_features, n_components), dtype=np.float32)
        vectors[:, :n_components] = (drawn - np.float32(0.5)) / np.float32(n_components)
        if features is not None:  # what nobody has is not learned either
            vectors[np.bincount(features.indices, minlength=n_features) == 0] = 0
        return cls(features, n_components, vectors, *start_state(vectors, adadelta=adadelta))

    @classmethod
    def fixed(cls, vectors: np.ndarray, biases: np.ndarray, *, adadelta: bool) -> "Embedding":
        """Return users or items that are features of their own, and are not to be moved."""
        n, n_components = vectors.shape
        padded = zero_vectors(n, n_components + 1)
        padded[:, :n_components], padded[:, n_components] = vectors, biases
        # Nothing reads the state of what does not move.
        return cls(None, n_components, padded, padded, padded if adadelta else None)

    def keep(
        self,
        places: np.ndarray,
        vectors: np.ndarray,
        biases: np.ndarray,
        squares: np.ndarray,
        updates: np.ndarray | None,
    ) -> None:
        """Take over what was learned before of the features at some places, if anything."""
        used = vectors.any(axis=1)
        places = places[used]
        self.vectors[places, : self.n_components] = vectors[used]
        self.vectors[places, self.n_components] = biases[used]
        self.squares[places] = squares[used]
        if self.updates is not None and updates is not None:
            self.updates[places] = updates[used]

    def describe(self) -> dict[str, Any]:
        """Return what a model keeps, by the names of its attributes."""
        k, composed = self.n_components, self.composed
        factors, biases = np.ascontiguousarray(composed[:, :k]), composed[:, k].copy()
        embeddings = factors, biases  # the same, where each user or item is a feature
        if self.features is not None:
            embeddings = np.ascontiguousarray(self.vectors[:, :k]), self.vectors[:, k].copy()
        return {
            "{role}_factors_": factors,
            "{role}_biases_": biases,
            "{role}_feature_embeddings_": embeddings[0],
            "{role}_feature_biases_": embeddings[1],
            "_{role}_squares": self.squares,
            "_{role}_updates": self.updates,
        }

    @property
    def composed(self) -> np.ndarray:
        """Return the vectors and biases (n, n_components + 1) of the users or items."""
        used = self.vectors[:, : self.n_components + 1]
        return used if self.features is None else np.asarray(self.features @ used)

    def arrays(self) -> tuple[Any, ...]:
        """Return what the kernel takes."""
        rows = (None,) * 3 if self.features is None else csr_arrays(self.features)
        return (*rows, self.vectors, self.squares, self.updates)


def start_state(vectors: np.ndarray, *, adadelta: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Return what the steps with some vectors depend on, before the first: squares and updates."""
    state = zero_vectors(*vectors.shape)
    if adadelta:
        return state, zero_vectors(*vectors.shape)
    state[:] = 1
    return state, None


def require_embedding_memory(
    n_features: int, n_components: int, *, n_copies: int, n_users: int, n_entries: int
) -> None:
    """Raise if embeddings would not fit in memory.

    Parameters
    ----------
    n_features : int
        Features of users and items together, their ids among them.
    n_components : int
        Components of a vector.
    n_copies : int
        How often each is held: as it is, its squares, its updates, the best so far.
    n_users, n_entries : int
        Shape of the interactions: what has been seen takes twice their memory in the kernel.
    """
    of_vectors = 4 * (padded_width(n_components + 1) + n_components)
    require_memory(
        n_copies * of_vectors * n_features + 24 * n_entries + 72 * n_users,
        f"{n_components} components of {n_features} features",
        advice="lower n_components, free some, or fit on a part of the data",
    )
