"""Save an estimator to a file, and load it."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import platform
import warnings
from collections.abc import Callable, Iterable
from importlib import metadata
from typing import Any

import numpy as np
import pandas as pd
import scipy
import sklearn
from sklearn.exceptions import InconsistentVersionWarning

from sklearn_recsys.exceptions import FormatVersionError, UnsafeFileError
from sklearn_recsys.persistence import (
    _arrays,
    _containers,
    _frames,
    _objects,
    _random,
    _scalars,
    _tables,
)
from sklearn_recsys.persistence._archive import (
    MANIFEST,
    Archive,
    require_no_device,
    write_archive,
)
from sklearn_recsys.persistence._decoding import Decode, Decoder, check_graph
from sklearn_recsys.persistence._encoding import Encode, Encoder
from sklearn_recsys.persistence._registry import Trusted

__all__ = ["load", "save"]

_FORMAT = "sklearn_recsys"
_VERSION = 1
# From the manifest of each older version to that of the next one.
_MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
# It holds parameters; what is large is in arrays. Python's objects take thirty times its size.
_MAX_MANIFEST = 1 << 26

_EXACT: dict[type, Encode] = {
    **_arrays.EXACT,
    **_containers.EXACT,
    **_frames.EXACT,
    **_objects.EXACT,
    **_random.EXACT,
    **_scalars.EXACT,
}
_DECODERS: dict[str, Decode] = {
    **_arrays.DECODERS,
    **_containers.DECODERS,
    **_frames.DECODERS,
    **_objects.DECODERS,
    **_random.DECODERS,
    **_scalars.DECODERS,
    **_tables.DECODERS,
}


def save(
    estimator: Any, path: str | os.PathLike[str], *, trusted: Iterable[str | type] = ()
) -> None:
    """Save an estimator, fitted or not, to one file.

    For models that outlive the process: unlike a pickle, the file holds no code, can be loaded
    from people who are not trusted, and does not break when a module moves. It takes the place of
    an older one only once it is safely on disk, so that a crash leaves the old model whole. Costs
    O(size of the arrays) in time, and no memory beside the model's own but for text.

    Parameters
    ----------
    estimator : estimator
        A recommender, a transformer, a `FeatureTable`, a pipeline, a search over them, or a list
        or dict of such.
    path : str or path-like
        The file; no extension is added.
    trusted : iterable of str or class, default=()
        Further classes, by dotted name or themselves, to save by their attributes. Recommenders
        derived from `BaseRecommender` need not be named.

    Returns
    -------
    None
        The file is written.

    Raises
    ------
    TypeError
        If anything in it cannot be saved, such as a function or an open file; the message names
        where it is, and the old file is left as it was.
    OSError
        If the file cannot be written, or is a device or a pipe.
    ModuleNotFoundError
        If it holds an estimator of scikit-learn that skops has to save, and skops is missing.

    See Also
    --------
    load : The way back.

    Notes
    -----
    The file is a zip archive of uncompressed members: ``manifest.json``, which holds the
    parameters, and an ``.npy`` file for each array. User guide, "Saving models", lists them.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.persistence import load, save
    >>> plays = [["ann", "undo"], ["bob", "undo"], ["bob", "secrets"]]
    >>> model = PopularityRecommender().fit(plays)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, Path(folder) / "popular.recsys")
    ...     loaded = load(Path(folder) / "popular.recsys")
    >>> loaded.recommend("ann")
      user     item  score  rank
    0  ann  secrets    1.0     1
    """
    families = [*_tables.families(), *_scalars.FAMILIES, *_frames.FAMILIES, *_objects.FAMILIES]
    encoder = Encoder(_EXACT, families, Trusted(trusted))
    try:
        root = encoder.value(estimator, "")
    except RecursionError as error:
        raise TypeError("The estimator is nested too deeply to be saved.") from error
    if not isinstance(root, dict) or isinstance(estimator, type):
        raise TypeError(f"estimator must be an estimator, got {estimator!r}.")
    try:
        check_graph(encoder.nodes)
    except UnsafeFileError as error:  # better now than when it is the only copy
        raise TypeError(
            "The estimator is nested too deeply, or has too many parts in common, for load."
        ) from error
    manifest = {
        "format": _FORMAT,
        "format_version": _VERSION,
        "versions": _versions(),
        "nodes": encoder.nodes,
    }
    content = json.dumps(manifest, allow_nan=False, separators=(",", ":")).encode("ascii")
    if len(content) > _MAX_MANIFEST:
        raise TypeError(
            f"The estimator's parameters take {len(content)} bytes, more than {_MAX_MANIFEST}: "
            "hold large tables as DataFrames or arrays rather than as lists and mappings."
        )
    write_archive(path, [(MANIFEST, content), *encoder.members])


def load(
    path: str | os.PathLike[str],
    *,
    mmap_mode: str | None = None,
    trusted: Iterable[str | type] = (),
) -> Any:
    """Load an estimator from a file that `save` has written.

    Nothing in the file is run: it is no pickle, its classes must be those of this library, of
    scikit-learn's pipelines and searches, or be named in `trusted`, and all sizes and indices are
    checked before they are used. Costs O(size of the arrays) in time; with ``mmap_mode="r"`` a
    model larger than the memory is there in milliseconds, and processes share it.

    Parameters
    ----------
    path : str or path-like
        The file.
    mmap_mode : {"r"} or None, default=None
        With "r", arrays of numbers are read-only views of the file that are read when they are
        used. Their checksums are not compared then, their sizes and the indices of sparse matrices
        are. Do not write to the file while it is in use; `save` replaces it, which is safe.
    trusted : iterable of str or class, default=()
        Further classes that you know and trust, by dotted name or themselves: recommenders of
        your own, and types that skops is to load. A file can make objects of them.

    Returns
    -------
    estimator
        What was saved, with the same answers.

    Raises
    ------
    OSError
        If the file does not exist, cannot be read, or is a device or a pipe.
    FormatVersionError
        If a newer version of the library wrote the file: upgrade.
    UnsafeFileError
        If the file is damaged, was not written by `save`, or holds a class that is not trusted.
    ModuleNotFoundError
        If skops or a table's library is needed and missing.

    Warns
    -----
    sklearn.exceptions.InconsistentVersionWarning
        If it holds estimators of scikit-learn itself, in another version.

    See Also
    --------
    save : Writes the file.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_recsys.decomposition import SVDRecommender
    >>> from sklearn_recsys.persistence import load, save
    >>> plays = [["ann", "undo"], ["ann", "heat"], ["bob", "undo"], ["cat", "heat"]]
    >>> model = SVDRecommender(n_components=2, random_state=0).fit(plays)
    >>> with tempfile.NamedTemporaryFile(suffix=".recsys") as file:
    ...     save(model, file.name)
    ...     shared = load(file.name, mmap_mode="r")
    >>> shared.item_factors_.flags.writeable
    False
    >>> shared.recommend("bob").equals(model.recommend("bob"))
    True
    """
    if mmap_mode not in (None, "r"):
        raise ValueError(f'mmap_mode must be None or "r", got {mmap_mode!r}.')
    vouched, name = Trusted(trusted), os.fsdecode(path)
    require_no_device(name)
    with open(name, "rb") as file:
        try:
            estimator, stale = _read(Archive(file, is_mapped=mmap_mode == "r"), vouched)
        except (FormatVersionError, UnsafeFileError, ModuleNotFoundError, MemoryError) as error:
            error.add_note(f"The file is {name!r}.")
            raise
        # What a forged file makes pandas, NumPy or a constructor raise is no fault of theirs.
        except Exception as error:
            raise UnsafeFileError(
                f"{name!r} is damaged, or was not written by save: {error!r}."
            ) from error
    if stale is not None:
        warnings.warn(stale, stacklevel=2)
    return estimator


def _read(archive: Archive, trusted: Trusted) -> tuple[Any, Warning | None]:
    """Return the object in a file, and what there is to warn of."""
    manifest = json.loads(archive.read(MANIFEST, max_size=_MAX_MANIFEST))
    manifest = _as_current(manifest)
    archive.require_only_stored()
    nodes = manifest["nodes"]
    check_graph(nodes)
    estimator = Decoder(archive, _DECODERS, trusted).build(nodes)
    archive.require_all_used()
    return estimator, _find_stale(manifest["versions"], nodes)


def _as_current(manifest: Any) -> dict[str, Any]:
    """Return a manifest in the form of this version."""
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise UnsafeFileError("This is a zip archive, but not one that save has written.")
    version = manifest.get("format_version")
    if type(version) is not int or version < 1:
        raise UnsafeFileError(f"The file names {version!r} as the version of its format.")
    if version > _VERSION:
        raise FormatVersionError(
            f"The file has format version {version}, and this version of the library reads those "
            f"up to {_VERSION}: run pip install --upgrade sklearn-recsys."
        )
    for older in range(version, _VERSION):
        manifest = _MIGRATIONS[older](manifest)
    return manifest


def _find_stale(versions: Any, nodes: list[dict[str, Any]]) -> Warning | None:
    """Return the warning of scikit-learn's own estimators in another version of it, if any."""
    saved = versions["scikit-learn"]
    names = [str(node["class"]) for node in nodes if node["kind"] in ("object", "skops")]
    of_scikit_learn = [name for name in names if name.startswith("sklearn.")]
    if not of_scikit_learn or saved == sklearn.__version__:
        return None
    return InconsistentVersionWarning(
        estimator_name=of_scikit_learn[-1].rpartition(".")[2],
        current_sklearn_version=sklearn.__version__,
        original_sklearn_version=saved,
    )


def _versions() -> dict[str, str]:
    return {
        "sklearn-recsys": metadata.version("sklearn-recsys"),
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "pandas": pd.__version__,
        "python": platform.python_version(),
    }
