"""Predict ratings by a neural autoregressive model."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from threadpoolctl import threadpool_limits

from sklearn_recsys._kernels import count_threads, require_memory
from sklearn_recsys._optional import require
from sklearn_recsys._warning import warn_caller
from sklearn_recsys.base._progress import IterativeMixin, Progress
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.neural_network._cfnade_network import NadeNetwork
from sklearn_recsys.neural_network._cfnade_predictor import NadePredictor, describe_model
from sklearn_recsys.neural_network._cfnade_stopping import HeldOutRatings, Patience
from sklearn_recsys.neural_network._cfnade_training import NadeTraining, log_odds
from sklearn_recsys.neural_network._rating_levels import LevelledRatings, RatingLevels
from sklearn_recsys.neural_network._torch import hold_torch, resolve_device

__all__ = ["CFNADERecommender"]


class CFNADERecommender(IterativeMixin, NadePredictor):
    """Predict the probability of each rating by a neural autoregressive model (CF-NADE).

    The ratings of a user are read one after another; what was read sets hidden units, and these say
    how probable each level of the next rating is. Trained on random orders, it predicts any rating
    from any others. Choose it where a prediction is to say how sure it is, which `predict_proba`
    does; where only the error counts, `BiasedMFRecommender` has less of it, in much less time. Do
    not choose it for plays or clicks. A user *is* her history, so new users are served at once.
    With k = `n_factors`, or else `n_components`, an epoch costs O((interactions + items x users /
    batch_size) x levels x k), a list O(items x levels x k), memory O(items x levels x k). `fit`
    needs PyTorch (``pip install 'sklearn-recsys[neural]'``); what is fitted does not.

    Parameters
    ----------
    n_components : int, default=64
        Hidden units. More separate finer tastes, and cost time.
    n_factors : int or None, default=None
        Length of the items' vectors, which a matrix maps from and to the hidden units: the low-rank
        form, which is quicker and smaller where it is well below `n_components`. None gives each
        item as many numbers as there are hidden units.
    activation : {"tanh", "relu"}, default="tanh"
        What the hidden units apply.
    ordinal_weight : float, default=1.0
        Share, 0 to 1, of the ordinal cost, which knows that 4 is nearer to 5 than 1 is; the rest is
        the plain negative log-likelihood.
    max_levels : int, default=20
        Largest number of levels of ratings. If there are more distinct values, a `DataWarning` says
        so, and neighbouring ones are joined: so many ranges of about equal weight, each of which
        stands for its mean.
    reg : float, default=1.0
        Decay of the weights, biases apart: each step takes off this times the learning rate, as a
        share, so that it must be less than 1 / `learning_rate`. Higher values keep predictions
        closer to the items' own distributions.
    learning_rate : float, default=0.005
        Size of the first step; it falls in a straight line to 0 at the end of `max_iter` epochs.
    batch_size : int, default=64
        Users of a step. Smaller ones take more steps an epoch, and longer.
    max_iter : int, default=100
        Epochs; each splits every user's ratings anew.
    early_stopping : bool, default=False
        Hold `validation_fraction` of each user's ratings out, stop when they are no longer
        predicted better, and keep the weights of the best epoch.
    validation_fraction : float, default=0.1
        Share of each user's ratings to hold out, rounded down.
    n_iter_no_change : int, default=5
        Epochs without an improvement after which to stop.
    tol : float, default=1e-4
        What counts as an improvement, as a share of the error.
    device : str, default="auto"
        Where to train: "cpu", "cuda", "cuda:1", or the first GPU if there is one.
    random_state : int, RandomState instance or None, default=None
        Seed of the first weights, of the batches and of the splits; an integer gives the same model
        in every fit on one kind of device.
    n_jobs : int or None, default=None
        Threads of fit and of the ranking; None is 1 unless a ``joblib.parallel_config`` says
        otherwise, -1 is all processors. The answer depends on it by no more than rounding.
    verbose : int, default=0
        Show a bar of epochs on a terminal, and report merged duplicate rows, if positive.

    Attributes
    ----------
    levels_ : ndarray of shape (n_levels,), dtype float64
        What each level of ratings stands for, ascending; the columns of `predict_proba`.
    input_factors_ : ndarray of shape (n_levels, n_items, k), dtype float32
        What a rating of an item adds, that of lower levels included.
    hidden_biases_ : ndarray of shape (n_components,), dtype float32
        What the hidden units start from.
    output_factors_ : ndarray of shape (n_levels, n_items, k), dtype float32
        By what the score of a level depends on the hidden units, lower levels included.
    output_biases_ : ndarray of shape (n_levels, n_items), dtype float32
        Scores of the levels where the hidden units are zero.
    input_projection_, output_projection_ : ndarray or None
        Of shape (k, n_components) and (n_components, k), dtype float32, with `n_factors`.
    item_factors_ : ndarray of shape (n_items, n_components), dtype float32
        Gradient of an item's expected rating by the hidden units; `similar_items` compares them.
    loss_curve_ : list of float
        Mean cost of a rating in each epoch.
    n_iter_ : int
        Number of epochs run; with `early_stopping` the one that was kept.
    validation_scores_ : list of float
        Root mean squared error of the held-out ratings after each epoch, if `early_stopping`.
    users_, items_ : ndarray of shape (n_users,) and (n_items,)
        Sorted ids.
    interactions_ : csr_array of shape (n_users, n_items), dtype float32
        Ratings; rows of one pair are averaged.
    popularity_ : ndarray of shape (n_items,), dtype int64
        Number of users with a positive rating.
    n_features_in_ : int
        Number of columns of the table seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of its columns, where all are strings.

    See Also
    --------
    sklearn_recsys.decomposition.BiasedMFRecommender : Ratings by matrix factorisation.
    sklearn_recsys.baseline.BaselineRecommender : The biases alone, which it has to beat.

    Notes
    -----
    Of a user's ratings r_1 … r_D in some order, with g the activation, ::

        h(i) = g(c + sum_{j<i} sum_{l<=r_j} W^l_j)
        s_k(i) = sum_{l<=k} (b^l_i + V^l_i.h(i)),   P(r_i = k | r_1 … r_{i-1}) = softmax_k s(i)

    so that levels share what is below them. Each step draws an order and a d in 1 … D for each
    user, reads the first d - 1 ratings, and counts the cost of the other D - d + 1 by D / (D - d +
    1). The ordinal cost of r_i = k is -log of ::

        prod_{j<=k} exp(s_j) / sum_{l<=j} exp(s_l)  x  prod_{j>=k} exp(s_j) / sum_{l>=j} exp(s_l)

    A prediction reads the whole history; its expectation sum_k levels_k P(k) is the score. Sample
    weights multiply the cost of a rating where it is predicted, and not what it adds where it is
    read. `similar_users` compares hidden units by their cosine. With `n_factors`, W^l_j is A w^l_j
    and V^l_i is v^l_i B.

    Departures from the paper: the biases start from the items' own distributions of ratings; weight
    decay is AdamW's, apart from the gradient; the cost is divided by the number of ratings, not of
    users.

    References
    ----------
    Y. Zheng, B. Tang, W. Ding, H. Zhou, "A Neural Autoregressive Approach to Collaborative
    Filtering", ICML 2016, equations 5 to 16.
    F. Xia, T.-Y. Liu, J. Wang, W. Zhang, H. Li, "Listwise Approach to Learning to Rank: Theory and
    Algorithm", ICML 2008, of the ordinal cost.
    I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2.

    Examples
    --------
    >>> from sklearn_recsys.neural_network import CFNADERecommender
    >>> ratings = [["ann", "Transformers", 4], ["ann", "SpongeBob", 2], ["ann", "Ninja Turtles", 3],
    ...            ["ann", "Interstellar", 5], ["bob", "SpongeBob", 5], ["bob", "Interstellar", 1],
    ...            ["cat", "Transformers", 4], ["cat", "Interstellar", 5], ["dan", "SpongeBob", 4]]
    >>> model = CFNADERecommender(8, max_iter=40, random_state=0)
    >>> model = model.fit(ratings)  # doctest: +SKIP
    >>> model.levels_  # doctest: +SKIP
    array([1., 2., 3., 4., 5.])
    >>> model.predict_proba([["cat", "SpongeBob"]]).sum(axis=1).round(3)  # doctest: +SKIP
    array([1.], dtype=float32)
    >>> model.recommend("bob", n_items=1)[["user", "item"]]  # doctest: +SKIP
      user          item
    0  bob  Transformers
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "n_factors": [Interval(Integral, 1, None, closed="left"), None],
        "activation": [StrOptions({"tanh", "relu"})],
        "ordinal_weight": [Interval(Real, 0, 1, closed="both")],
        "max_levels": [Interval(Integral, 2, None, closed="left")],
        "reg": [Interval(Real, 0, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "device": [str],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    _suggested_grid: ClassVar[dict[str, list]] = {
        "n_components": [64, 256],
        "reg": [0.5, 1.0, 2.0],
    }
    _duplicates = "mean"

    def __init__(
        self,
        n_components=64,
        *,
        n_factors=None,
        activation="tanh",
        ordinal_weight=1.0,
        max_levels=20,
        reg=1.0,
        learning_rate=0.005,
        batch_size=64,
        max_iter=100,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=5,
        tol=1e-4,
        device="auto",
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.n_factors = n_factors
        self.activation = activation
        self.ordinal_weight = ordinal_weight
        self.max_levels = max_levels
        self.reg = reg
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.device = device
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def predict_proba(self, X):
        """Return the probability of each level of rating for each (user, item) row of a table.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Users and items in the first two columns; the other columns of `fit` may be absent.

        Returns
        -------
        probabilities : ndarray of shape (n_rows, n_levels), dtype float32
            Rows sum to 1; columns are those of `levels_`. An unknown user has rated nothing, an
            unknown item is the average of those rated.
        """
        return self._distribute(*self._encode_pairs(X)).T

    def _fit(self, interactions):
        if self.learning_rate * self.reg >= 1:
            raise ValueError(
                "A step multiplies weights by 1 - learning_rate * reg, which must be positive, but "
                f"learning_rate={self.learning_rate} and reg={self.reg}: set reg below "
                f"{1 / self.learning_rate:g}."
            )
        torch = require("torch", extra="neural")
        device = resolve_device(torch, self.device)
        matrix, weights = interactions.matrix, interactions.weights
        levels = RatingLevels.of(matrix.data, weights.data, self.max_levels)
        if not levels.is_exact:
            _warn_of_levels(matrix.data, levels.values)
        self._require_memory(matrix, len(levels.values))
        ratings = LevelledRatings.of(matrix, weights.data, levels.bounds)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        with (
            hold_torch(torch, device=device, seed=seed, n_jobs=self.n_jobs),
            threadpool_limits(count_threads(self.n_jobs), user_api="blas"),
        ):
            rng = np.random.default_rng(seed)
            network, training, held_out = self._prepare(torch, device, ratings, levels.values, rng)
            vars(self).pop("validation_scores_", None)  # of another fit
            vars(self).update(self._learn(network, training, held_out, levels))

    def _prepare(self, torch, device, ratings: LevelledRatings, values: np.ndarray, rng):
        """Return a network, what trains it, and what is held out, if anything."""
        held_out = None
        if self.early_stopping:
            held_out = HeldOutRatings(ratings, self.validation_fraction, values, rng)
            ratings = held_out.rest
        network = NadeNetwork(
            *(torch, log_odds(ratings, len(self.items_), len(values))),
            n_components=self.n_components,
            n_factors=self.n_factors,
            activation=self.activation,
            ordinal_weight=float(self.ordinal_weight),
            device=device,
        )
        training = NadeTraining(
            *(torch, network, ratings, rng),
            batch_size=self.batch_size,
            learning_rate=float(self.learning_rate),
            reg=float(self.reg),
            n_epochs=self.max_iter,
        )
        return network, training, held_out

    def _learn(self, network, training, held_out, levels: RatingLevels) -> dict[str, Any]:
        """Run the epochs, and return what is learned: in the best if ratings are held out."""
        describe = partial(describe_model, levels, self.activation)
        patience = Patience(self.n_iter_no_change, self.tol)
        losses: list[float] = []
        with Progress(self, self.max_iter) as progress:
            for _ in progress:
                losses.append(training.run_epoch())
                if not np.isfinite(losses[-1]):
                    raise ValueError(
                        f"The cost is {losses[-1]} with learning_rate={self.learning_rate} and "
                        f"reg={self.reg}: lower them."
                    )
                figures, stop = {"loss": losses[-1]}, False
                if held_out is not None:
                    weights = network.to_arrays()
                    figures["error"] = held_out.measure(weights, self.activation)
                    stop = patience.see(figures["error"], weights)
                progress.report(lambda: describe(network.to_arrays()), **figures)
                if stop:
                    break
        self.loss_curve_, self.n_iter_ = losses, len(losses)
        if patience.best is None:
            return describe(network.to_arrays())
        self.n_iter_, self.validation_scores_ = patience.best_step, patience.errors
        return describe(patience.best)

    def _require_memory(self, matrix: sparse.csr_array, n_levels: int) -> None:
        """Raise if a fit would not fit in memory."""
        k = self.n_components if self.n_factors is None else self.n_factors
        # Vectors of inputs and outputs, each with its sums over levels, its gradient, the two
        # averages of the optimiser, and a copy of the best ones.
        numbers = 12 * matrix.shape[1] * n_levels * k
        require_memory(
            4 * numbers + 64 * matrix.nnz,
            f"vectors of {k} numbers for {n_levels} levels of {matrix.shape[1]} items",
            advice="set a small n_factors, lower n_components or max_levels, or free some",
        )


def _warn_of_levels(ratings: np.ndarray, values: np.ndarray) -> None:
    warn_caller(
        f"the ratings have {len(np.unique(ratings))} distinct values, which are read as "
        f"{len(values)} levels, {values[0]:.4g} to {values[-1]:.4g}. A model of ratings wants a "
        "scale of few steps: if these are such ratings, raise max_levels; plays and clicks are "
        "for other models.",
        DataWarning,
    )
