"""Recommend items whose features are those of the user's own items."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.base._rankers import multiply, rank_by_similarity, take_rows
from sklearn_recsys.base._transaction import unchanged_on_failure
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.interactions._audience import encode_distinct
from sklearn_recsys.interactions._parameters import require_positive
from sklearn_recsys.interactions._sparse import largest_of_rows, with_data

__all__ = ["ContentRecommender"]


class ContentRecommender(BaseRecommender):
    """Recommend items whose features are those that the user's own items have.

    A user is the mean of the feature vectors of her items, and an item is scored by how near it is
    to her. Nobody else's taste is asked: an item that no one has chosen is recommended as soon as
    it is described, and each score can be told in words. Choose it for new items, for texts and
    tags, and as a part of a blend; where items have interactions, those are better informed. Fit
    costs O(features of all histories), a list O(features of a user x items with one of them),
    memory O(features of the items + features of the users); nothing is made dense.

    Parameters
    ----------
    item_features : FeatureTable or None, default=None
        Table of the items. All ids in it can be recommended. None describes an item by the values
        of the users who have it, which makes a model of neighbours, without new items.
    profile : {"centroid", "mean", "rating_mean"}, default="centroid"
        What a user's vector is. "centroid": the mean of her items' vectors, each scaled to length
        1 and weighted by its value. "mean": their plain mean, with the sign of the value.
        "rating_mean": for each feature, the mean over her items of the value of those that have
        the feature, and of 0 for the others, however much of it they have.
    similarity : {"dot", "cosine"}, default="dot"
        The product of the two vectors, by which items with many features and large ones rank
        higher, or their cosine, which asks only for the mix. Where the features of each item are
        scaled to length 1, as `TermVectors` does unless ``norm=None``, lists are the same.
    n_jobs : int or None, default=None
        Threads of the lists; None is 1 unless a ``joblib.parallel_config`` says otherwise, -1 is
        all processors. The answer does not depend on it.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    item_vectors_ : csr_array of shape (n_items, n_features), dtype float32
        Features of the items.
    user_profiles_ : csr_array of shape (n_users, n_features), dtype float32
        Means of the features of the users' items.
    item_feature_names_ : list of str
        Names of the features.
    users_, items_ : ndarray of shape (n_users,) and (n_items,)
        Sorted ids, items of the table included.
    is_cold_user_, is_cold_item_ : ndarray of shape (n_users,) and (n_items,), dtype bool
        Who is known by features alone; no user is.
    interactions_ : csr_array of shape (n_users, n_items), dtype float32
        Merged training interactions; explicit zeros are pairs that were seen.
    popularity_ : ndarray of shape (n_items,), dtype int64
        Number of users with a positive value.
    n_features_in_ : int
        Number of columns of the table of interactions seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of its columns, where all are strings.

    See Also
    --------
    ContentToFactorsRecommender : Learns which features matter from those who have interactions.
    sklearn_recsys.decomposition.HybridRecommender : Learns from both at once.
    sklearn_recsys.feature_extraction.TermVectors : Features of texts and tags.

    Notes
    -----
    With x_i the features of item i, v_ui the values of user u, and H_u her items, ::

        "centroid"     p_u = sum_i v_ui x_i / |x_i| / sum_i |v_ui|
        "mean"         p_u = sum_i sign(v_ui) x_i / sum_i |sign(v_ui)|
        "rating_mean"  p_ug = sum_i v_ui [x_ig != 0] / |H_u|
        "dot"          s_ui = p_u.x_i
        "cosine"       s_ui = p_u.x_i / (|p_u| |x_i|)

    A value of 0, which is seen and not liked, belongs to H_u. Both similarities are sums over
    features, and over the items of the history, so that both explain. A history makes a profile
    just as a training user's own does: fold-in is exact.

    References
    ----------
    M. Pazzani, D. Billsus, "Content-Based Recommendation Systems", The Adaptive Web, 2007.
    J. Rocchio, "Relevance Feedback in Information Retrieval", The SMART Retrieval System, 1971
    ("centroid": negative values are what it subtracts).

    Examples
    --------
    >>> from sklearn_recsys.content import ContentRecommender
    >>> from sklearn_recsys.interactions import FeatureTable
    >>> songs = FeatureTable({"undo": ["soft", "piano"], "fix you": ["soft", "piano"],
    ...                       "heat": ["loud"], "new": ["soft"]})
    >>> plays = [["ann", "undo"], ["ann", "fix you"], ["bob", "heat"]]
    >>> model = ContentRecommender(item_features=songs).fit(plays)
    >>> model.recommend("ann").round(3)  # nobody has heard "new" yet
      user  item  score  rank
    0  ann   new  0.707     1
    1  ann  heat  0.000     2
    >>> model.explain("ann", "new", by="feature").round(3)
      feature  contribution
    0    soft         0.707
    """

    _parameter_constraints: ClassVar[dict] = {
        "item_features": [FeatureTable, None],
        "profile": [StrOptions({"centroid", "mean", "rating_mean"})],
        "similarity": [StrOptions({"cosine", "dot"})],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    # Whether much use counts for more, and whether items with more features do.
    _suggested_grid: ClassVar[dict[str, list]] = {
        "profile": ["centroid", "mean"],
        "similarity": ["dot", "cosine"],
    }

    def __init__(
        self,
        item_features=None,
        *,
        profile="centroid",
        similarity="dot",
        n_jobs=None,
        verbose=0,
    ):
        self.item_features = item_features
        self.profile = profile
        self.similarity = similarity
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit(self, interactions):
        vectors, names = interactions.item_features, None
        if vectors is None:
            vectors = interactions.matrix.T.tocsr()
            vectors.eliminate_zeros()  # pairs that were seen and not liked are no features
            names = [str(user) for user in self.users_]
        self.item_feature_names_ = names or self._fitted_item_features.feature_names
        # Whatever is set after the fit.
        self._profile, self._is_cosine = self.profile, self.similarity == "cosine"
        self._id_column = getattr(self.item_features, "id_column", None)
        self._describe_items(vectors)
        self.user_profiles_ = self._make_profiles(interactions.matrix)

    def top_features(self, items, n_features=10):
        """Return the features that weigh most in some items: the top terms of their texts.

        Parameters
        ----------
        items : id or list of ids
            Items seen in `fit`, or in the table.
        n_features : int, default=10
            How many to list; fewer where an item has fewer.

        Returns
        -------
        features : DataFrame
            Columns: item, feature, weight and rank, the heaviest first.

        Raises
        ------
        UnknownIdError
            If an item was neither in the interactions nor in the table of `fit`.
        ValueError
            If `n_features` is less than 1.
        """
        check_is_fitted(self)
        require_positive(n_features, "n_features")
        codes = encode_distinct(items, self._item_index, parameter="items")
        rows, cols, weights, rank = largest_of_rows(self.item_vectors_[codes], n_features)
        names = [self.item_feature_names_[col] for col in cols]
        listed = {"feature": names, "weight": weights, "rank": rank}
        return pd.DataFrame({self._names[1]: self.items_[codes[rows]], **listed})

    def update_item_features(self, table):
        """Describe some items anew, without a fit; nothing changes but what depends on them.

        The transformer stays as it was fitted: it knows the terms and weights of that time, and
        ignores others. What changes are the rows of these items and the profiles of the users who
        have them, which alone are computed; all others are copied: O(features of all items +
        features of all users + interactions).

        Parameters
        ----------
        table : table or mapping
            Rows of the items that have changed, as in the table of `item_features`.

        Returns
        -------
        self : object
            The recommender. If it fails, the model is left as it was.

        Raises
        ------
        UnknownIdError
            If an item was neither in the interactions nor in the table of `fit`: fit again.
        ValueError
            If the model has no `item_features`, columns are missing, a feature is not finite, or
            the rows are numbered 0, 1, 2, … while a column holds the ids.
        """
        check_is_fitted(self)
        fitted = self._fitted_item_features
        if fitted is None:
            raise ValueError(
                "update_item_features needs a model with item_features, but this one was fitted "
                "without: give the constructor a FeatureTable."
            )
        described = FeatureTable(table, id_column=self._id_column)
        index, frame = described._read("item")
        described._refuse_forgotten_ids(self._item_index, fitted.columns)
        cols = self._item_index.encode_known(index.ids, parameter="table")
        rows = fitted.transform_rows(frame)
        places = fitted.index.encode(index.ids)
        listed = places >= 0
        matrix = _replace_rows(fitted.matrix, places[listed], rows[listed])
        affected = np.unique(self.interactions_[:, cols].tocoo().row)
        with unchanged_on_failure(self):
            self._fitted_item_features = replace(fitted, matrix=matrix)
            self._describe_items(_replace_rows(self.item_vectors_, cols, rows))
            profiles = self._make_profiles(self.interactions_[affected])
            self.user_profiles_ = _replace_rows(self.user_profiles_, affected, profiles)
        return self

    def _describe_items(self, vectors: sparse.csr_array) -> None:
        self.item_vectors_ = vectors
        self._across = self._scored(vectors).T.tocsr()

    def _make_profiles(self, history: sparse.csr_array) -> sparse.csr_array:
        return (_weigh(history, self._profile) @ self._averaged()).astype(np.float32)

    def _averaged(self) -> sparse.csr_array:
        """Return the vectors of the items (n_items, n_features) that profiles are means of."""
        if self._profile == "rating_mean":
            return with_data(self.item_vectors_, np.ones(self.item_vectors_.nnz))
        return _unit(self.item_vectors_) if self._profile == "centroid" else self.item_vectors_

    def _scored(self, vectors: sparse.csr_array) -> sparse.csr_array:
        """Return vectors of users or items as scores are the products of."""
        return _unit(vectors).astype(np.float32) if self._is_cosine else vectors

    def _score(self, rows):
        return multiply(self._scored(self.user_profiles_[rows]), self._across)

    def _score_history(self, history, weights):
        return multiply(self._scored(self._make_profiles(history)), self._across)

    def _ranker(self, rows):
        profiles = take_rows(self.user_profiles_, rows)
        return rank_by_similarity(self._scored(profiles), self._across)

    def _history_ranker(self, history, weights):
        return rank_by_similarity(self._scored(self._make_profiles(history)), self._across)

    def _contributions(self, history, col):
        item = self._scored(self.item_vectors_[[col]]).astype(np.float64)
        across = (self._averaged()[history.indices] @ item.T).toarray()[:, 0]
        parts = _weigh(history, self._profile).data * across
        return parts / _norms(self._make_profiles(history))[0] if self._is_cosine else parts

    def _feature_contributions(self, row, col):
        user = self._scored(self.user_profiles_[[row]]).astype(np.float64)
        parts = sparse.csr_array(user.multiply(self._scored(self.item_vectors_[[col]])))
        return [self.item_feature_names_[place] for place in parts.indices], parts.data

    def _item_comparison(self):
        return _compare(self.item_vectors_)

    def _user_comparison(self):
        return _compare(self.user_profiles_)

    def __recommender_tags__(self):
        """Tell that scores are sums, and that described items need no interactions."""
        tags = super().__recommender_tags__()
        tags.explain = ("item", "feature")
        tags.similar_items = tags.similar_users = True
        tags.cold_items = self.item_features is not None
        tags.negative_values = True
        return tags


def _weigh(history: sparse.csr_array, profile: str) -> sparse.csr_array:
    """Return the weight of each item of a history in the mean, in float64."""
    values = history.data.astype(np.float64)
    if profile == "mean":
        values = np.sign(values)
    rows = np.repeat(np.arange(history.shape[0]), np.diff(history.indptr))
    counted = np.ones(len(values)) if profile == "rating_mean" else np.abs(values)
    totals = np.bincount(rows, counted, history.shape[0])
    return with_data(history, values / np.where(totals > 0, totals, 1)[rows])


def _norms(vectors: sparse.csr_array) -> np.ndarray:
    """Return the lengths of rows, and 1 for rows of zeros."""
    # float64: squares of large float32 values overflow.
    values = vectors.astype(np.float64)
    norms = np.sqrt(values.multiply(values).sum(axis=1))
    return np.where(norms > 0, norms, 1)


def _unit(vectors: sparse.csr_array) -> sparse.csr_array:
    return with_data(vectors, vectors.data / np.repeat(_norms(vectors), np.diff(vectors.indptr)))


def _compare(vectors: sparse.csr_array) -> Any:
    """Return a function of rows that gives the cosine of their vectors with all."""
    unit = _unit(vectors).astype(np.float32)
    across = unit.T.tocsr()
    return lambda rows: unit[rows] @ across


def _replace_rows(
    matrix: sparse.csr_array, places: np.ndarray, rows: sparse.csr_array
) -> sparse.csr_array:
    order = np.arange(matrix.shape[0])
    order[places] = matrix.shape[0] + np.arange(len(places))
    return sparse.csr_array(sparse.vstack([matrix, rows], format="csr"))[order]
