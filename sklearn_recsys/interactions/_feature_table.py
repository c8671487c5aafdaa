"""Pair a table of features with the transformer that turns it into numbers."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction import DictVectorizer

from sklearn_recsys.interactions._columns import Table, n_columns, n_rows, take_column
from sklearn_recsys.interactions._fitted_features import (
    FittedFeatures,
    as_feature_matrix,
    columns_read,
    name_features,
    read_rows,
    require_finite,
    require_known,
    transform_all,
)
from sklearn_recsys.interactions._ids import IdIndex, as_id_array, list_some
from sklearn_recsys.interactions._parameters import require_choice

__all__ = ["FeatureTable", "require_feature_table"]

_PARAMETERS = ("table", "transformer", "id_column", "missing", "fit_on")
_CHOICES = {"missing": ("error", "zero"), "fit_on": ("seen", "all")}


class FeatureTable:
    """Describe users or items by a table and a transformer of its columns.

    Features let a recommender serve users and items without interactions (cold start). The
    table is given to the constructor of a recommender, never to ``fit``: scikit-learn would slice
    it like a column of weights whenever it has as many rows as there are interactions. The
    parameters of the transformer appear beside those of the table, so that one grid search tunes
    ``hybrid__item_features__tfidf__norm`` along with the model. ``fit`` costs what the
    transformer costs, and keeps O(nnz) features.

    Parameters
    ----------
    table : pandas or polars DataFrame, pyarrow Table, or mapping
        One row for each user or item, with the ids in the index or in `id_column`. A mapping of
        ids to ``{feature: weight}``, or to a list of features of weight 1, does as well. It is
        neither copied nor changed, and clones share it.
    transformer : transformer or None, default=None
        Any scikit-learn transformer, ``Pipeline`` or ``ColumnTransformer``. It is cloned before
        it is fitted. None takes the columns as they are, which must then be numeric.
    id_column : str or None, default=None
        Name of the column of ids, which is then no feature; None takes the index of a pandas
        DataFrame.
    missing : {"error", "zero"}, default="error"
        What happens to ids of the interactions that have no row: an error, or a row of zeros.
    fit_on : {"seen", "all"}, default="seen"
        Fit the transformer on the rows of the users or items seen in ``fit`` alone, as an honest
        evaluation on cold ones needs, or on all rows.

    See Also
    --------
    sklearn_recsys.feature_extraction.GenreTfidf : Weigh genres by how rare they are.
    sklearn_recsys.preprocessing.AgeBinner : Bin a numeric column.
    sklearn.compose.ColumnTransformer : Transform each column in its own way.

    Notes
    -----
    ``get_params`` lists the transformer's parameters without a prefix. Where one has the name of
    a parameter of the table, the table's wins, and the transformer's goes by
    ``transformer__<name>``; this prefix is understood for the others too.

    The transformer is fitted on rows sorted by id: the order of the table does not matter.

    To scale each row to length 1, end the transformer with scikit-learn's ``Normalizer``.

    References
    ----------
    M. Kula, Metadata embeddings for user and item cold-start recommendations, CBRecSys 2015.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.compose import ColumnTransformer
    >>> from sklearn_recsys.feature_extraction import GenreTfidf
    >>> from sklearn_recsys.interactions import FeatureTable
    >>> films = pd.DataFrame(
    ...     {"genre": ["Comedy", "Comedy|Drama", "Drama"], "year": [1995, 1999, 2003]},
    ...     index=pd.Index(["tea", "toast", "jam"], name="film"),
    ... )
    >>> table = FeatureTable(films, ColumnTransformer([("tfidf", GenreTfidf(), "genre")]))
    >>> table
    FeatureTable(<3 rows x 2 columns>, ColumnTransformer(transformers=[('tfidf', GenreTfidf(), ...
    >>> table.set_params(tfidf__norm="l2").get_params()["tfidf__norm"]
    'l2'
    >>> features = table.fit(["tea", "toast"], role="item")
    >>> features.feature_names
    ['tfidf__genre_Comedy', 'tfidf__genre_Drama']
    >>> features.transform(["toast", "jam"]).toarray()
    array([[0., 1.],
           [0., 1.]], dtype=float32)

    A mapping of features needs no transformer:

    >>> FeatureTable({"tea": {"sweet": 0.5}, "jam": {"sweet": 2, "red": 1}}).ids("item")
    array(['jam', 'tea'], dtype=object)
    """

    def __init__(
        self,
        table: Table,
        transformer: Any = None,
        *,
        id_column: str | None = None,
        missing: str = "error",
        fit_on: str = "seen",
    ) -> None:
        self.table = table
        self.transformer = transformer
        self.id_column = id_column
        self.missing = missing
        self.fit_on = fit_on

    def fit(self, ids: Any, *, role: str = "item") -> FittedFeatures:
        """Fit a clone of the transformer, and return the features of all ids of the table.

        The table itself does not change, so it can be fitted again, and by two recommenders.

        Parameters
        ----------
        ids : array-like of shape (n_ids,)
            The users or items seen in the interactions.
        role : {"user", "item"}, default="item"
            What they are, for error messages.

        Returns
        -------
        FittedFeatures
            The features, with ``transform(ids)`` and ``transform_rows(rows)``.

        Raises
        ------
        TypeError
            If the table is no table, or its ids are of another type than `ids`.
        UnknownIdError
            If ids are not in the table, with ``missing="error"``.
        ValueError
            If ids of the table are missing or duplicate, or a feature is not a finite number.
        """
        index, frame, transformer = self._prepare(ids, role)
        output = transform_all(transformer, frame, role)
        matrix = as_feature_matrix(output, len(frame), role=role)
        names = name_features(transformer, frame, matrix.shape[1])
        require_finite(matrix, names, index.ids, role)
        columns = columns_read(transformer, list(frame.columns))
        return FittedFeatures(index, matrix, names, columns, transformer, self.missing)

    def ids(self, role: str = "item") -> np.ndarray:
        """Return all ids of the table.

        Parameters
        ----------
        role : {"user", "item"}, default="item"
            What they are, for error messages.

        Returns
        -------
        ndarray of shape (n_ids,)
            Ids, sorted.
        """
        return self._read(role)[0].ids

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the table and of its transformer.

        Parameters
        ----------
        deep : bool, default=True
            Add the parameters of the transformer.

        Returns
        -------
        dict of str to object
            Parameters by name.
        """
        own = {name: getattr(self, name) for name in _PARAMETERS}
        if not deep or not hasattr(self.transformer, "get_params"):
            return own
        nested = self.transformer.get_params(deep=True)
        hidden = {f"transformer__{name}": nested[name] for name in _PARAMETERS if name in nested}
        return {**nested, **hidden, **own}

    def set_params(self, **params: Any) -> "FeatureTable":
        """Set parameters of the table and of its transformer.

        Parameters
        ----------
        **params : dict of str to object
            Parameters, named as in ``get_params``.

        Returns
        -------
        FeatureTable
            The table itself.
        """
        nested = {}
        for name, value in params.items():
            if name in _PARAMETERS:
                setattr(self, name, value)
            else:
                nested[name.removeprefix("transformer__")] = value
        if nested:
            valid = self.get_params(deep=True)
            wrong = [name for name in nested if name.partition("__")[0] not in valid]
            if wrong or self.transformer is None:
                raise ValueError(
                    f"Invalid parameter(s) {list_some(wrong or nested)} for FeatureTable. Valid "
                    f"parameters are {sorted(valid)}."
                )
            self.transformer.set_params(**nested)
        return self

    def _prepare(self, ids: Any, role: str) -> tuple[IdIndex, pd.DataFrame, Any]:
        """Return the index of the table's ids, its rows in that order, and the transformer."""
        for name, choices in _CHOICES.items():
            require_choice(getattr(self, name), name, choices)
        index, frame = self._read(role)
        seen = self._find_rows(index, as_id_array(ids))
        chosen = frame if self.fit_on == "all" else frame.iloc[seen]
        return index, frame, self._fit_transformer(chosen)

    def _read(self, role: str) -> tuple[IdIndex, pd.DataFrame]:
        """Return the index of the table's ids, and its rows in the order of the index."""
        frame = read_rows(self.table, name=f"The table of {role} features")
        column, frame = self._split_ids(frame, role)
        if not len(column) or pd.isna(column).any():
            rows = np.flatnonzero(pd.isna(column))
            raise ValueError(
                f"Every row of the {role} feature table needs an id, but "
                + (f"that of row(s) {list_some(rows)} is missing." if len(rows) else "it is empty.")
            )
        index, codes = IdIndex.factorize(column, role)
        counts = np.bincount(codes)
        if (counts > 1).any():
            raise ValueError(
                f"Each {role} must have one row in its feature table, but {(counts > 1).sum()} "
                f"id(s) have more: {list_some(index.ids[counts > 1])}. Drop the duplicates."
            )
        return index, frame.iloc[np.argsort(codes)]

    def _split_ids(self, frame: pd.DataFrame, role: str) -> tuple[np.ndarray, pd.DataFrame]:
        if self.id_column is not None:
            if self.id_column not in frame.columns:
                raise ValueError(
                    f"id_column={self.id_column!r} is no column of the {role} feature table, which "
                    f"has {list_some(frame.columns, 20)}."
                )
            position = list(frame.columns).index(self.id_column)
            return take_column(frame, position), frame.drop(columns=self.id_column)
        if not isinstance(self.table, Mapping) and frame is not self.table:
            raise ValueError(
                f"A {type(self.table).__name__} has no index: name the column that holds the "
                f"{role} ids with id_column=, one of {list_some(frame.columns, 20)}."
            )
        if frame.index.nlevels > 1:
            raise ValueError(
                f"The {role} feature table has an index of {frame.index.nlevels} levels, but one "
                "is needed: use reset_index and id_column=."
            )
        return take_column(frame.index.to_frame(index=False), 0), frame

    def _find_rows(self, index: IdIndex, ids: np.ndarray) -> np.ndarray:
        """Return the rows of the ids that were seen, in the order of the index."""
        seen, _ = IdIndex.factorize(ids, index.role)
        seen.require_type_of(index)
        codes = index.encode(seen.ids)
        self._refuse_forgotten_ids(seen)
        if self.missing == "error":
            require_known(seen.ids[codes < 0], index)
        rows = codes[codes >= 0]
        if not len(rows):
            raise ValueError(
                f"None of the {len(seen)} {index.role}(s) of the interactions, such as "
                f"{list_some(seen.ids)}, is in the feature table, such as {list_some(index.ids)}."
            )
        return rows

    def _refuse_forgotten_ids(self, seen: IdIndex, features: list[Any] | None = None) -> None:
        """Raise if the rows are numbered 0, 1, 2, … while a column holds the ids.

        Where the columns that are features are known, the table may describe a part of `seen`.
        """
        if self.id_column is not None or not _has_default_index(self.table):
            return
        for place, name in enumerate(self.table.columns):
            column = self.table.iloc[:, place]
            if name in (features or ()) or not column.map(pd.api.types.is_hashable).all():
                continue  # cells of terms, texts or sounds are no ids
            if column.is_unique and _holds_ids(
                column, pd.Index(seen.ids), all_of_them=not features
            ):
                raise ValueError(
                    f"The {seen.role} feature table has the default index 0, 1, 2, …, but its "
                    f"column {name!r} holds ids of {seen.role}s of the interactions: set "
                    f"the index to the ids, or give FeatureTable id_column={name!r}."
                )

    def _fit_transformer(self, frame: pd.DataFrame) -> Any:
        transformer = clone(self.transformer, safe=False)
        if transformer is None and isinstance(self.table, Mapping):
            transformer = ColumnTransformer(
                [("features", DictVectorizer(), "features")], verbose_feature_names_out=False
            )
        if transformer is None:
            return None
        if (
            isinstance(transformer, type)
            or not hasattr(transformer, "fit")
            or not hasattr(transformer, "transform")
        ):
            raise TypeError(
                "transformer must be a scikit-learn transformer with fit and transform, or None, "
                f"but is {transformer!r}."
            )
        return transformer.fit(frame)

    def __sklearn_clone__(self) -> "FeatureTable":
        # The table is data, not state: a copy for each candidate and fold would fill the memory.
        own = self.get_params(deep=False)
        return type(self)(**{**own, "transformer": clone(self.transformer, safe=False)})

    def __repr__(self) -> str:
        parts = [_describe(self.table)]
        if self.transformer is not None:
            parts.append(" ".join(repr(self.transformer).split()))
        defaults = {"id_column": None, "missing": "error", "fit_on": "seen"}
        parts += [
            f"{name}={getattr(self, name)!r}"
            for name, default in defaults.items()
            if getattr(self, name) != default
        ]
        return f"FeatureTable({', '.join(parts)})"


def require_feature_table(table: Any, parameter: str) -> None:
    """Raise a ``TypeError`` for a bare table, which other parameters of that kind would take."""
    if not isinstance(table, FeatureTable) and (
        isinstance(table, Mapping) or hasattr(table, "shape")
    ):
        raise TypeError(
            f"{parameter} must be a FeatureTable or None, got {_describe(table)}: pass "
            "FeatureTable(table, transformer), with the ids in its index or in id_column."
        )


def _has_default_index(table: Any) -> bool:
    index = getattr(table, "index", None)
    return isinstance(index, pd.RangeIndex) and index.name is None and index.start == 0


def _holds_ids(column: pd.Series, ids: pd.Index, *, all_of_them: bool) -> bool:
    return bool(ids.isin(column).all() if all_of_them else pd.Index(column).isin(ids).all())


def _describe(table: Any) -> str:
    if isinstance(table, Mapping):
        return f"<mapping of {len(table)} ids>"
    try:
        return f"<{n_rows(table)} rows x {n_columns(table)} columns>"
    except (AttributeError, IndexError, TypeError, ValueError):
        return f"<{type(table).__name__}>"
