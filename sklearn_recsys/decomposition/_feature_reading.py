"""Read what embeddings of features have learned."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sklearn_recsys.interactions._parameters import require_positive

__all__ = ["FeatureReadingMixin"]


class FeatureReadingMixin:
    """Give a recommender with embeddings of named features two tables of them."""

    def feature_similarity(self, feature, n_features=10, *, role="item"):
        """Find the features whose embeddings are most similar to that of a feature.

        Parameters
        ----------
        feature : str
            One of `item_feature_names_`, or of `user_feature_names_`.
        n_features : int, default=10
            Length of the list.
        role : {"item", "user"}, default="item"
            Whose feature it is.

        Returns
        -------
        neighbors : DataFrame
            Columns: feature, similar_feature, score (the cosine) and rank.

        Raises
        ------
        ValueError
            If there is no such feature, or `n_features` is less than 1.
        """
        check_is_fitted(self)
        names = self._feature_names(role)
        if feature not in names:
            raise ValueError(f"{feature!r} is not among the {role} features {names[:20]}.")
        require_positive(n_features, "n_features")
        vectors = getattr(self, f"{role}_feature_embeddings_")[: len(names)].astype(np.float64)
        norms = np.linalg.norm(vectors, axis=1)
        unit = vectors / np.where(norms > 0, norms, 1)[:, None]
        place = names.index(feature)
        scores = unit @ unit[place]
        others = np.delete(np.arange(len(names)), place)
        order = others[np.argsort(-scores[others], kind="stable")][:n_features]
        return pd.DataFrame(
            {
                "feature": [feature] * len(order),
                "similar_feature": [names[i] for i in order],
                "score": scores[order],
                "rank": np.arange(1, len(order) + 1),
            }
        )

    def strongest_features(self, n_features=None, *, role="item"):
        """Tell which features matter most: those with the longest embeddings.

        Parameters
        ----------
        n_features : int or None, default=None
            Length of the list; None lists all.
        role : {"item", "user"}, default="item"
            Whose features.

        Returns
        -------
        features : DataFrame
            Columns: feature, norm of its embedding, and bias, which is what the feature adds to
            everyone's score. Longest first.

        Raises
        ------
        ValueError
            If there is no table of these features, or `n_features` is less than 1.
        """
        check_is_fitted(self)
        names = self._feature_names(role)
        if n_features is not None:
            require_positive(n_features, "n_features")
        vectors = getattr(self, f"{role}_feature_embeddings_")[: len(names)].astype(np.float64)
        norms = np.linalg.norm(vectors, axis=1)
        order = np.argsort(-norms, kind="stable")[:n_features]
        biases = getattr(self, f"{role}_feature_biases_")[order]
        listed = {"feature": [names[i] for i in order], "norm": norms[order], "bias": biases}
        return pd.DataFrame(listed)

    def _feature_names(self, role: str) -> list[str]:
        if role not in ("user", "item"):
            raise ValueError(f"role must be 'item' or 'user', got {role!r}.")
        names = getattr(self, f"{role}_feature_names_")
        if not names:
            raise ValueError(f"The model was fitted without {role}_features.")
        return names
