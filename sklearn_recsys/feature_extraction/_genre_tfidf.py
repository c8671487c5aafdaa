"""Turn lists of genres into weighted features."""
# SPDX-License-Identifier: BSD-3-Clause

from collections import Counter
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.preprocessing import normalize
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_recsys.feature_extraction._column import TextColumnMixin
from sklearn_recsys.interactions._ids import list_some

__all__ = ["GenreTfidf"]


class GenreTfidf(TextColumnMixin, TransformerMixin, BaseEstimator):
    r"""Weigh an item's genres by how rare they are.

    Two films that share Film-Noir have more in common than two that share Drama. A row is the set
    of the genres in a text such as ``"Animation|Comedy"``, each weighted by its inverse document
    frequency. Choose this for short closed lists (genres, tags, keywords) and scikit-learn's
    ``TfidfVectorizer`` for prose. O(rows) in time for ``fit`` and ``transform``: each distinct
    text is split once.

    Parameters
    ----------
    sep : str, default="|"
        What separates two genres of a text. White space around a genre is dropped.
    use_idf : bool, default=True
        Weigh genres by their inverse document frequency; otherwise each weighs 1.
    norm : {"l1", "l2"} or None, default=None
        Scale each row to length 1, so that items with many genres do not weigh more.
    sparse_output : bool, default=True
        Return a sparse array rather than a dense one.
    ignore : array-like of str or None, default=("(no genres listed)",)
        Entries that are not genres.

    Attributes
    ----------
    genres_ : ndarray of shape (n_genres,), dtype object
        The genres seen in ``fit``, in alphabetical order: entry j names column j.
    idf_ : ndarray of shape (n_genres,), dtype float64
        Their inverse document frequencies.
    n_features_in_ : int
        Always 1.
    feature_names_in_ : ndarray of shape (1,), dtype object
        Name of the column, if it has one.

    Raises
    ------
    TypeError
        If the column does not hold text, or is sparse: pass the column of genres.
    ValueError
        If a text is missing (use an empty one for an item without genres), if there is more than
        one column (use a ``ColumnTransformer``), or if no genre is found in ``fit``.

    See Also
    --------
    TermVectors : Vectors of texts, of several texts an item, and of weighted terms.
    sklearn.feature_extraction.text.TfidfVectorizer : The same for prose, with smoothed idf.
    sklearn_recsys.preprocessing.AgeBinner : Bin a numeric feature.

    Notes
    -----
    With N rows of which df(g) have the genre g, a row's entry for each of its genres is

    .. math:: \mathrm{idf}(g) = \ln \frac{N}{\mathrm{df}(g)},

    unsmoothed, so a genre of every row weighs 0. Rows without genres count in N. A genre named
    twice in a text counts once, one not seen in ``fit`` is ignored. Columns are in alphabetical
    order rather than that of first appearance, so that the order of the rows does not matter.

    References
    ----------
    K. Spärck Jones, A statistical interpretation of term specificity and its application in
    retrieval, Journal of Documentation, 1972.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.feature_extraction import GenreTfidf
    >>> films = pd.DataFrame({"genre": ["Animation|Comedy", "Comedy", "Drama", ""]})
    >>> tfidf = GenreTfidf(sparse_output=False).set_output(transform="pandas")
    >>> tfidf.fit_transform(films[["genre"]]).round(3)
       genre_Animation  genre_Comedy  genre_Drama
    0            1.386         0.693        0.000
    1            0.000         0.693        0.000
    2            0.000         0.000        1.386
    3            0.000         0.000        0.000
    """

    _parameter_constraints: ClassVar[dict] = {
        "sep": [str],
        "use_idf": ["boolean"],
        "norm": [StrOptions({"l1", "l2"}), None],
        "sparse_output": ["boolean"],
        "ignore": ["array-like", None],
    }

    def __init__(
        self,
        sep: str = "|",
        *,
        use_idf: bool = True,
        norm: str | None = None,
        sparse_output: bool = True,
        ignore: Any = ("(no genres listed)",),
    ) -> None:
        self.sep = sep
        self.use_idf = use_idf
        self.norm = norm
        self.sparse_output = sparse_output
        self.ignore = ignore

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "GenreTfidf":
        """Learn the genres and their frequencies.

        Parameters
        ----------
        X : array-like of str of shape (n_rows,) or (n_rows, 1)
            A column of texts.
        y : None
            Ignored.

        Returns
        -------
        GenreTfidf
            The fitted transformer itself.
        """
        if not self.sep:
            raise ValueError("sep must be at least one character, got ''.")
        codes, genre_sets = self._split_genres(self._read_column(X, reset=True))
        frequencies: Counter[str] = Counter()
        for genres, n_rows in zip(genre_sets, np.bincount(codes), strict=True):
            frequencies.update(dict.fromkeys(genres, int(n_rows)))
        if not frequencies:
            raise ValueError(
                f"No genre was found in {len(codes)} row(s) with sep={self.sep!r} and "
                f"ignore={self.ignore!r}: check both, and the column."
            )
        self.genres_ = np.array(sorted(frequencies), dtype=object)
        document_frequencies = np.array([frequencies[genre] for genre in self.genres_])
        self.idf_ = np.log(len(codes) / document_frequencies)
        return self

    def transform(self, X: Any) -> Any:
        """Return the weights of each row's genres.

        Parameters
        ----------
        X : array-like of str of shape (n_rows,) or (n_rows, 1)
            A column of texts.

        Returns
        -------
        csr_array or ndarray of shape (n_rows, n_genres), dtype float64
            Rows as in `X`, columns as in ``genres_``.
        """
        check_is_fitted(self)
        codes, genre_sets = self._split_genres(self._read_column(X, reset=False))
        columns = {genre: column for column, genre in enumerate(self.genres_)}
        rows = [sorted(columns[g] for g in genres if g in columns) for genres in genre_sets]
        indptr = np.cumsum([0, *map(len, rows)], dtype=np.int32)
        indices = np.array([column for row in rows for column in row], dtype=np.int32)
        weights = self.idf_[indices] if self.use_idf else np.ones(len(indices))
        # One row for each distinct text, repeated at the end: there are few of them.
        distinct = sparse.csr_array((weights, indices, indptr), shape=(len(rows), len(columns)))
        if self.norm is not None and len(rows):
            distinct = sparse.csr_array(normalize(distinct, norm=self.norm))
        result = distinct[codes]
        return result if self.sparse_output else result.toarray()

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the output columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Name of the input column; by default the one seen in ``fit``.

        Returns
        -------
        ndarray of shape (n_genres,), dtype object
            Such as ``genre_Drama`` for a column ``genre``.
        """
        (name,) = super().get_feature_names_out(input_features)
        return np.array([f"{name}_{genre}" for genre in self.genres_], dtype=object)

    def _is_column(self, X: Any) -> bool:
        """Tell a series or list of texts from a table."""
        if hasattr(X, "shape") or not isinstance(X, (list, tuple)) or not X:
            return super()._is_column(X)
        return isinstance(X[0], str) or not hasattr(X[0], "__len__")

    def _split_genres(self, column: np.ndarray) -> tuple[np.ndarray, list[set[str]]]:
        """Return the code of each row's text, and the genres of each distinct text."""
        _require_text(column)
        codes, texts = pd.factorize(column)
        dropped = {"", *([] if self.ignore is None else self.ignore)}
        return codes, [{g.strip() for g in text.split(self.sep)} - dropped for text in texts]


def _require_text(column: np.ndarray) -> None:
    missing = np.flatnonzero(pd.isna(column))
    if len(missing):
        raise ValueError(
            f"X contains NaN: the text is missing in {len(missing)} row(s), such as "
            f"{list_some(missing)}. Use an empty text for an item without genres."
        )
    wrong = [value for value in column if not isinstance(value, str)]
    if wrong:
        raise TypeError(
            f"X must hold text such as 'Animation|Comedy', but holds {list_some(wrong)}: pass the "
            "column of genres."
        )
