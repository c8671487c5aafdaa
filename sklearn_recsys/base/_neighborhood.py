"""The verbs that look at a fitted model: similar items, similar users, explanations."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_recsys._kernels import count_threads
from sklearn_recsys.base._approximate import VectorIndex, rank_by_index
from sklearn_recsys.base._rankers import Comparison, choose_ranker, rank_by_comparison
from sklearn_recsys.base._ranking import (
    Choice,
    Ranker,
    Triplets,
    mark,
    put_itself_first,
    rank,
    tie_order,
)
from sklearn_recsys.base._tables import as_neighbors
from sklearn_recsys.interactions._audience import encode_distinct
from sklearn_recsys.interactions._parameters import require_choice, require_positive

__all__ = ["NeighborhoodMixin"]


def _tagged(tag: str):
    def can(recommender) -> bool:
        if not getattr(recommender.__recommender_tags__(), tag):
            raise AttributeError(f"the model's tag {tag} is not set: it has no such method")
        return True

    return available_if(can)


class NeighborhoodMixin:
    """Give a recommender `similar_items`, `similar_users` and `explain`, where its tags say so."""

    users_: np.ndarray
    items_: np.ndarray
    popularity_: np.ndarray
    _tie_order: np.ndarray
    interactions_: sparse.csr_array
    _names: tuple[str, str]  # of the columns of users and items

    def _item_comparison(self) -> Comparison:
        """Return a function of item codes that gives their similarity to all items."""
        raise NotImplementedError

    def _user_comparison(self) -> Comparison:
        """Return a function of user codes that gives their similarity to all users."""
        raise NotImplementedError

    def _item_ranker(self, codes: np.ndarray) -> Ranker:
        """Return what finds the neighbours of items; it stands for `_item_comparison`."""
        return rank_by_comparison(self._item_comparison(), codes, len(self.items_))

    def _user_ranker(self, codes: np.ndarray) -> Ranker:
        """Return what finds the neighbours of users; it stands for `_user_comparison`."""
        return rank_by_comparison(self._user_comparison(), codes, len(self.users_))

    def _similarity_to_itself(self, codes: np.ndarray, *, role: str) -> np.ndarray:
        """Return the similarity of users or items (the role) to themselves; 1 if normalised."""
        return np.ones(len(codes), dtype=np.float32)

    def _vector_index(self, role: str, *, n_threads: int) -> VectorIndex:
        """Return an index of the vectors whose cosine is the similarity of users or items."""
        raise ValueError(
            f"approximate=True is for models with a vector for each user and item. "
            f"{type(self).__name__} has none, and finds the exact neighbours: leave it out."
        )

    def _contributions(self, history: sparse.csr_array, col: int) -> np.ndarray:
        """Return what each stored entry of a one-row history adds to the score of an item."""
        raise NotImplementedError

    def _item_contributions(self, row: int, col: int) -> tuple[np.ndarray, np.ndarray]:
        """Return codes of items, and what each adds to a training user's score of an item."""
        history = self.interactions_[[row]]
        return history.indices, self._contributions(history, col)

    def _feature_contributions(self, row: int, col: int) -> tuple[list[str], np.ndarray]:
        """Return names of features, and what each adds to a training user's score of an item."""
        raise NotImplementedError

    @_tagged("similar_items")
    def similar_items(self, items, n_items=10, *, include_self=False, approximate=False):
        """Find the items most similar to each of the given items.

        Parameters
        ----------
        items : id or list of ids
            Items seen in `fit`.
        n_items : int, default=10
            Number of neighbours; fewer where fewer items are similar at all.
        include_self : bool, default=False
            Put the item itself first.
        approximate : bool, default=False
            Let an index find them, which may miss a few, instead of comparing all items: quicker
            in catalogues of 100 000 and more. Factor models only; needs the extra ``approximate``.
            The index is built when first asked for, and kept until the next fit.

        Returns
        -------
        neighbors : DataFrame
            Columns: item, similar item (the caller's name after ``similar_``), score and rank.
            Ties are broken by popularity, then by id.

        Raises
        ------
        TypeError
            If ids are of another type than in `fit`.
        UnknownIdError
            If an item was not seen in `fit`.
        ValueError
            If `n_items` is less than 1, or `approximate` is set and the model has no vectors.
        ModuleNotFoundError
            If `approximate` is set and the extra ``approximate`` is not installed.
        """
        check_is_fitted(self)
        require_positive(n_items, "n_items")
        codes = encode_distinct(items, self._item_index, parameter="items")
        options = {"include_self": include_self, "approximate": approximate}
        ranked = self._rank_neighbors("item", codes, n_items, **options)
        return as_neighbors(ranked, codes, self._item_index, self._names[1])

    @_tagged("similar_users")
    def similar_users(self, users, n_users=10, *, include_self=False, approximate=False):
        """Find the users most similar to each of the given users.

        Parameters
        ----------
        users : id or list of ids
            Users seen in `fit`.
        n_users : int, default=10
            Number of neighbours; fewer where fewer users have an item in common.
        include_self : bool, default=False
            Put the user herself first.
        approximate : bool, default=False
            Let an index find them, which may miss a few, instead of comparing all users: quicker
            in catalogues of 100 000 and more. Factor models only; needs the extra ``approximate``.
            The index is built when first asked for, and kept until the next fit.

        Returns
        -------
        neighbors : DataFrame
            Columns: user, similar user (the caller's name after ``similar_``), score and rank.
            Ties are broken by the number of items, then by id.

        Raises
        ------
        TypeError
            If ids are of another type than in `fit`.
        UnknownIdError
            If a user was not seen in `fit`.
        ValueError
            If `n_users` is less than 1, or `approximate` is set and the model has no vectors.
        ModuleNotFoundError
            If `approximate` is set and the extra ``approximate`` is not installed.
        """
        check_is_fitted(self)
        require_positive(n_users, "n_users")
        codes = encode_distinct(users, self._user_index, parameter="users")
        options = {"include_self": include_self, "approximate": approximate}
        ranked = self._rank_neighbors("user", codes, n_users, **options)
        return as_neighbors(ranked, codes, self._user_index, self._names[0])

    @_tagged("explain")
    def explain(self, user, item, *, by="item"):
        """Break a score down into the contributions of the user's items, or of features.

        Parameters
        ----------
        user : id
            User seen in `fit`.
        item : id
            Item seen in `fit`.
        by : str, default="item"
            What to break the score down by; one of the model's tag ``explain``.

        Returns
        -------
        contributions : DataFrame
            Columns: item, or feature, and contribution, largest first; contributions sum to the
            score.

        Raises
        ------
        TypeError
            If ids are of another type than in `fit`.
        UnknownIdError
            If the user or the item was not seen in `fit`.
        ValueError
            If the model cannot break a score down `by` that, or the item column is called
            "contribution".
        """
        check_is_fitted(self)
        label = "feature" if by == "feature" else self._names[1]
        if label == "contribution":
            raise ValueError("The item column must not be called 'contribution': rename it.")
        choices = self.__recommender_tags__().explain
        require_choice(by, "by", choices)
        (row,) = self._user_index.encode_known([user], parameter="user")
        (col,) = self._item_index.encode_known([item], parameter="item")
        if by == "feature":
            parts, contributions = self._feature_contributions(row, col)
        else:
            cols, contributions = self._item_contributions(row, col)
            parts = self.items_[cols]
        order = np.argsort(-contributions, kind="stable")
        return pd.DataFrame({label: np.asarray(parts)[order], "contribution": contributions[order]})

    def _rank_neighbors(
        self, role: str, codes: np.ndarray, k: int, *, include_self: bool, approximate: bool
    ) -> Triplets:
        """Return places in `codes`, neighbours and scores, best first."""
        find = self._find_near if approximate else self._find_exact
        popularity = self.popularity_ if role == "item" else np.diff(self.interactions_.indptr)
        n_threads = count_threads(getattr(self, "n_jobs", None))
        ranked = find(role, codes, popularity, k - include_self, n_threads=n_threads)
        if not include_self:
            return ranked
        return put_itself_first(ranked, codes, self._similarity_to_itself(codes, role=role))

    def _find_near(self, role, codes, popularity, k, *, n_threads) -> Triplets:
        vectors = self._vector_index(role, n_threads=n_threads)
        return rank_by_index(vectors, codes, popularity, k, n_threads=n_threads)

    def _find_exact(self, role, codes, popularity, k, *, n_threads) -> Triplets:
        make = choose_ranker(self, f"_{role}_ranker", f"_{role}_comparison")
        own = sparse.csr_array(
            (np.ones(len(codes), np.int8), codes, np.arange(len(codes) + 1)),
            shape=(len(codes), len(popularity)),
        )
        # That of the items is known since fit; to sort a large catalogue takes longer than a list.
        order = self._tie_order if role == "item" else tie_order(popularity)
        choice = Choice(order, mark(len(codes), [own]), k, n_threads)
        return rank(make(codes), choice)
