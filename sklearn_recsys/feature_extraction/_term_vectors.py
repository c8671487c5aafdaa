"""Turn texts, lists of texts and weighted terms into vectors."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_recsys.feature_extraction._column import TextColumnMixin
from sklearn_recsys.feature_extraction._terms import merge_documents, read_document, split_cell
from sklearn_recsys.interactions._sparse import largest_of_rows

__all__ = ["TermVectors"]

_ANALYSIS = ("ngram_range", "stop_words", "analyzer", "lowercase", "strip_accents", "token_pattern")


class TermVectors(TextColumnMixin, TransformerMixin, BaseEstimator):
    r"""Describe an item by the weighted terms of what is written about it.

    An item's cell is a text, a dictionary of terms and weights, such as counts of tags or the "top
    terms" of a music service, or a list of such, one for each source; kinds may be mixed. Two
    items are alike if the cosine of their vectors is high; it is 1 if they have the same terms.
    Choose it for reviews, descriptions and tags, and `GenreTfidf` for short closed lists without
    weights. O(length of the texts) in time, O(distinct terms of all items) in memory.

    Parameters
    ----------
    documents : {"equal", "joined"}, default="equal"
        What several documents of an item are worth: each the same, whatever its length, or what
        they would be in one text.
    ngram_range : tuple of (int, int), default=(1, 1)
        Shortest and longest run of words that is a term. It, and the next five, are
        ``CountVectorizer``'s, and are for texts: terms of a dictionary are taken as they are.
    stop_words : {"english"}, array-like of str or None, default=None
        Words that are no terms.
    analyzer : {"word", "char", "char_wb"} or callable, default="word"
        Whether terms are of words or letters, or a function from a text to its terms.
    lowercase : bool, default=True
        Convert texts to lower case first.
    strip_accents : {"ascii", "unicode"}, callable or None, default=None
        Remove accents first.
    token_pattern : str or None, default=r"(?u)\b\w\w+\b"
        What a word is. ``r"[^|]+"`` splits tags that are joined by ``|``.
    min_df, max_df : int or float, default=1 and 1.0
        Fewest and most rows that may have a term, as a number or as a share. A higher `min_df`
        drops what is written of one item alone, and makes the vectors shorter.
    max_features : int or None, default=None
        Keep the terms of the largest sums only.
    use_idf : bool, default=True
        Weigh terms by how few rows have them.
    sublinear_tf : bool, default=False
        Replace a weight w by log(1 + w): use it where a few terms are counted very often.
    norm : {"l1", "l2"} or None, default="l2"
        Scale each row to length 1.
    sparse_output : bool, default=True
        Return a sparse array rather than a dense one.

    Attributes
    ----------
    terms_ : ndarray of shape (n_terms,), dtype object
        The terms, in alphabetical order: entry j names column j.
    idf_ : ndarray of shape (n_terms,), dtype float64
        Their inverse document frequencies; ones without `use_idf`.
    n_features_in_ : int
        Always 1.
    feature_names_in_ : ndarray of shape (1,), dtype object
        Name of the column, if it has one.

    Raises
    ------
    TypeError
        If a cell, or a document of it, is neither text nor a dictionary, or a term is no text.
    ValueError
        If a cell is missing (use an empty text), a weight is negative or not finite, there is more
        than one column, or no term is left in ``fit``.

    See Also
    --------
    GenreTfidf : Short closed lists of genres, with unsmoothed idf.
    sklearn.feature_extraction.text.TfidfVectorizer : One text for each row.
    sklearn_recsys.content.ContentRecommender : Recommends by these vectors, and updates single
        ones.

    Notes
    -----
    With c_dt the count of term t in document d of an item, or its weight in a dictionary, and
    \|d\| = sum_t c_dt, ::

        "joined"  w_t = sum_d c_dt
        "equal"   w_t = L sum_d c_dt / |d|,   L the mean of the |d| that are not 0

    so that one document alone is the same in both. The vector is norm(f(w_t) idf_t) with idf_t =
    1 + ln((1 + N) / (1 + df_t)) of ``TfidfTransformer``, over the N rows of ``fit``.
    `sublinear_tf` is log(1 + w) rather than scikit-learn's 1 + log w, which would be negative for
    weights that are probabilities.

    `fit` learns which terms there are and how rare they are. `transform` treats each row by itself:
    to refresh the terms of one item, transform its new cell, and leave the others.

    References
    ----------
    B. Whitman, S. Lawrence, "Inferring Descriptions and Similarity for Music from Community
    Metadata", ICMC 2002 (terms of the web as vectors of artists).
    K. Spärck Jones, "A statistical interpretation of term specificity and its application in
    retrieval", Journal of Documentation, 1972.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.feature_extraction import TermVectors
    >>> artists = pd.Series([
    ...     "Piano ballads, quiet piano and a quiet voice",
    ...     ["A quiet voice.", "Guitar and voice, all of it quiet"],
    ...     {"metal": 12, "loud": 5, "guitar": 3},
    ... ], index=["ann", "bob", "cat"], name="text")
    >>> vectors = TermVectors(stop_words="english").fit(artists)
    >>> vectors.top_terms(artists, n_terms=2).round(2)
       row   term  weight  rank
    0  ann  piano    0.71     1
    1  ann  quiet    0.54     2
    2  bob  quiet    0.68     1
    3  bob  voice    0.68     2
    4  cat  metal    0.91     1
    5  cat   loud    0.38     2
    """

    _parameter_constraints: ClassVar[dict] = {
        "documents": [StrOptions({"equal", "joined"})],
        "ngram_range": [tuple],
        "stop_words": [StrOptions({"english"}), "array-like", None],
        "analyzer": [StrOptions({"word", "char", "char_wb"}), callable],
        "lowercase": ["boolean"],
        "strip_accents": [StrOptions({"ascii", "unicode"}), callable, None],
        "token_pattern": [str, None],
        "min_df": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="both"),
        ],
        "max_df": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="both"),
        ],
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
        "use_idf": ["boolean"],
        "sublinear_tf": ["boolean"],
        "norm": [StrOptions({"l1", "l2"}), None],
        "sparse_output": ["boolean"],
    }

    def __init__(
        self,
        documents: str = "equal",
        *,
        ngram_range: tuple[int, int] = (1, 1),
        stop_words: Any = None,
        analyzer: Any = "word",
        lowercase: bool = True,
        strip_accents: Any = None,
        token_pattern: str | None = r"(?u)\b\w\w+\b",
        min_df: float = 1,
        max_df: float = 1.0,
        max_features: int | None = None,
        use_idf: bool = True,
        sublinear_tf: bool = False,
        norm: str | None = "l2",
        sparse_output: bool = True,
    ) -> None:
        self.documents = documents
        self.ngram_range = ngram_range
        self.stop_words = stop_words
        self.analyzer = analyzer
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.token_pattern = token_pattern
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.use_idf = use_idf
        self.sublinear_tf = sublinear_tf
        self.norm = norm
        self.sparse_output = sparse_output

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "TermVectors":
        """Learn the terms, and how many rows have them.

        Parameters
        ----------
        X : array-like of shape (n_rows,) or (n_rows, 1)
            A column of texts, dictionaries {term: weight}, or lists of such.
        y : None
            Ignored.

        Returns
        -------
        TermVectors
            The fitted transformer itself.
        """
        self._learn(self._weigh_terms(self._read_column(X, reset=True)))
        return self

    def fit_transform(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Learn the terms and return the vectors, reading each text once.

        Parameters
        ----------
        X : array-like of shape (n_rows,) or (n_rows, 1)
            A column of texts, dictionaries {term: weight}, or lists of such.
        y : None
            Ignored.
        **params : dict
            Ignored.

        Returns
        -------
        csr_array or ndarray of shape (n_rows, n_terms), dtype float64
            Rows as in `X`, columns as in ``terms_``.
        """
        self._validate_params()
        weights = self._weigh_terms(self._read_column(X, reset=True))
        self._learn(weights)
        return self._make_vectors(weights)

    def transform(self, X: Any) -> Any:
        """Return the vectors of rows; terms that ``fit`` has not seen are ignored.

        Parameters
        ----------
        X : array-like of shape (n_rows,) or (n_rows, 1)
            A column of texts, dictionaries {term: weight}, or lists of such.

        Returns
        -------
        csr_array or ndarray of shape (n_rows, n_terms), dtype float64
            Rows as in `X`, columns as in ``terms_``.
        """
        check_is_fitted(self)
        return self._make_vectors(self._weigh_terms(self._read_column(X, reset=False)))

    def top_terms(self, X: Any, n_terms: int = 10) -> pd.DataFrame:
        """Return the terms that weigh most in each row.

        Parameters
        ----------
        X : array-like of shape (n_rows,) or (n_rows, 1)
            What `transform` takes: all items, or a few.
        n_terms : int, default=10
            How many to list; fewer where a row has fewer.

        Returns
        -------
        DataFrame
            Columns row (its label in a pandas object, else its position), term, weight and rank,
            the heaviest first; ties are in alphabetical order.
        """
        check_is_fitted(self)
        if n_terms < 1:
            raise ValueError(f"n_terms must be at least 1, got {n_terms!r}.")
        vectors = self._make_vectors(self._weigh_terms(self._read_column(X, reset=False)))
        rows, cols, weights, rank = largest_of_rows(sparse.csr_array(vectors), n_terms)
        labels = np.asarray(X.index) if hasattr(X, "iloc") else np.arange(vectors.shape[0])
        listed = {"row": labels[rows], "term": self.terms_[cols], "weight": weights, "rank": rank}
        return pd.DataFrame(listed)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the terms, which are the names of the output columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Checked against the column seen in ``fit``; no part of the names.

        Returns
        -------
        ndarray of shape (n_terms,), dtype object
            ``terms_``.
        """
        super().get_feature_names_out(input_features)
        return self.terms_.copy()

    def _weigh_terms(self, column: np.ndarray) -> list[dict[str, float]]:
        """Return the terms of each cell with their weights, before any are dropped."""
        counter = CountVectorizer(**{name: getattr(self, name) for name in _ANALYSIS})
        counter._validate_params()
        analyze = counter.build_analyzer()
        equal = self.documents == "equal"
        return [
            merge_documents(
                [read_document(part, analyze, row) for part in split_cell(cell)], equal=equal
            )
            for row, cell in enumerate(column)
        ]

    def _learn(self, weights: list[dict[str, float]]) -> None:
        vectorizer = DictVectorizer()
        matrix = sparse.csc_array(vectorizer.fit_transform(weights))
        kept = self._choose_terms(matrix)
        self.terms_ = np.array(vectorizer.get_feature_names_out(), dtype=object)[kept]
        scaled = TfidfTransformer(norm=None).fit(sparse.csr_matrix(matrix[:, kept]))
        self.idf_ = scaled.idf_ if self.use_idf else np.ones(len(kept))

    def _choose_terms(self, matrix: sparse.csc_array) -> np.ndarray:
        """Return the columns that are neither too rare nor too frequent."""
        n_rows, n_having = matrix.shape[0], np.diff(matrix.indptr)
        fewest, most = (
            limit * n_rows if isinstance(limit, float) else limit
            for limit in (self.min_df, self.max_df)
        )
        kept = np.flatnonzero((n_having >= fewest) & (n_having <= most))
        if self.max_features is not None:
            sums = np.asarray(matrix.sum(axis=0)).ravel()[kept]
            kept = np.sort(kept[np.argsort(-sums, kind="stable")[: self.max_features]])
        if not len(kept):
            raise ValueError(
                f"No term is left of {matrix.shape[1]} in {n_rows} row(s) with "
                f"min_df={self.min_df!r} and max_df={self.max_df!r}: check both, stop_words, and "
                "the column."
            )
        return kept

    def _make_vectors(self, weights: list[dict[str, float]]) -> Any:
        places = {term: column for column, term in enumerate(self.terms_)}
        rows = [{places[t]: w for t, w in row.items() if t in places} for row in weights]
        indptr = np.cumsum([0, *map(len, rows)])
        indices = np.array([column for row in rows for column in row], dtype=np.int32)
        data = np.array([w for row in rows for w in row.values()], dtype=np.float64)
        data = np.log1p(data) if self.sublinear_tf else data
        shape = (len(rows), len(places))
        vectors = sparse.csr_array((data * self.idf_[indices], indices, indptr), shape=shape)
        vectors.sort_indices()
        if self.norm is not None and len(rows):
            vectors = sparse.csr_array(normalize(vectors, norm=self.norm))
        return vectors if self.sparse_output else vectors.toarray()
