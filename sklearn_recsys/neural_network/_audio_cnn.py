"""A convolutional network from spectrograms to item factors."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, _fit_context
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_recsys._optional import require
from sklearn_recsys.neural_network._audio_network import build_network
from sklearn_recsys.neural_network._audio_training import Batches, predict_batches, train
from sklearn_recsys.neural_network._clips import read_clips
from sklearn_recsys.neural_network._torch import arrays_to_state, hold_torch, resolve_device

__all__ = ["AudioCNNRegressor"]

_ARCHITECTURE = ("n_filters", "kernel_size", "pool_sizes", "hidden_layer_sizes", "dropout")


class AudioCNNRegressor(RegressorMixin, MultiOutputMixin, BaseEstimator):
    r"""Predict what people will make of a song from how it sounds.

    Convolutions along time look for patterns in a spectrogram (a beat, an attack, a rising line),
    and what was found where in the clip no longer matters to the dense layers behind. Trained on
    the item factors of a recommender, it gives a place among them to songs nobody has played.
    Choose it for thousands of songs or more, of which people know enough to have factors; with
    fewer, a ridge regression on :class:`~sklearn_recsys.feature_extraction.AudioSummary` or on
    mean spectra learns more. A fit is O(max_iter · n_songs · n_frames · n_bins · n_filters ·
    kernel_size), best on a GPU; memory is O(batch_size · n_frames · (n_bins + n_filters)) beside
    the weights, whatever the number of songs. It needs PyTorch:
    ``pip install 'sklearn-recsys[neural]'``.

    Parameters
    ----------
    shape : tuple of int or None, default=None
        Frames and bins of a spectrogram that is a row of `X`. None takes the shape of an `X` of
        three dimensions or of its files; features of a table are frames of one bin then.
    n_filters : tuple of int, default=(256, 256, 512, 512)
        Filters of each convolution. Fewer are faster: (16, 16, 32, 32) learns on a CPU.
    kernel_size : int, default=4
        Frames that a filter looks at.
    pool_sizes : tuple of int, default=(4, 2, 2)
        Frames of which the largest value is kept, after each convolution but the last.
    hidden_layer_sizes : tuple of int, default=(2048, 2048)
        Units of the dense layers behind the pooling over time.
    dropout : float, default=0.5
        Share of the inputs of each dense layer that a step of training ignores, within [0, 1).
        More guards against learning songs by heart.
    target_scaling : {"common", "column", "unit"}, default="common"
        How targets are scaled to learn them. "common" subtracts the mean and divides all outputs
        by one number: errors weigh as they do in `y`. "column" divides each output by its own
        deviation, for outputs in different units. "unit" scales each target to length one before:
        directions matter, and songs that many people play, which have long factors, matter no more
        than others. Predictions then have about the mean length of the targets.
    reg : float, default=0.0001
        Decay of the weights.
    learning_rate : float, default=0.001
        Step size of Adam.
    batch_size : int, default=32
        Songs a step.
    max_iter : int, default=100
        Passes over the songs at most.
    early_stopping : bool, default=True
        Hold songs out, stop when their error falls no more, and keep the weights that were best.
    validation_fraction : float, default=0.1
        Share of the songs that is held out.
    n_iter_no_change : int, default=10
        Passes without an improvement after which to stop.
    tol : float, default=0.0001
        What counts as an improvement of the mean squared error of scaled targets.
    device : str, default="auto"
        "auto" is the GPU where there is one that PyTorch can use, "cpu", "cuda" and "cuda:1" name
        one.
    random_state : int, RandomState instance or None, default=None
        Initial weights, dropout, order and what is held out. The same integer gives the same model
        on the same CPU with the same `n_jobs`, and on a GPU one that is close.
    n_jobs : int or None, default=None
        Threads of the CPU. None is 1 unless in a ``joblib.parallel_config``; -1 is all.
    verbose : int, default=0
        1 shows a bar with the loss.

    Attributes
    ----------
    weights_ : dict of str to ndarray
        The layers' weights, under PyTorch's names.
    shape_ : tuple of int
        Frames and bins of a spectrogram.
    bin_means_ : ndarray of shape (n_bins,), dtype float64
        Mean of each bin over the frames of the training songs.
    bin_scales_ : ndarray of shape (n_bins,), dtype float64
        Deviation of each bin.
    target_means_ : ndarray of shape (n_outputs,), dtype float64
        What is added to the network's scaled outputs.
    target_scales_ : ndarray of shape (n_outputs,), dtype float64
        What the network's outputs are multiplied by.
    loss_curve_ : list of float
        Mean squared error of scaled targets in each pass, with dropout.
    validation_loss_curve_ : list of float
        The same of the songs held out, without dropout; empty without early stopping.
    n_iter_ : int
        Passes that were made.
    n_features_in_ : int
        Frames times bins.
    feature_names_in_ : ndarray of shape (n_features_in_,), dtype object
        Names of the columns, if `X` was a DataFrame.

    Raises
    ------
    ModuleNotFoundError
        If PyTorch is not installed.
    ValueError
        If shapes do not fit, `X` holds NaN, the device is not there, or the loss overflows: lower
        `learning_rate`.

    See Also
    --------
    sklearn_recsys.feature_extraction.MelSpectrogram : Makes the spectrograms.
    sklearn.neural_network.MLPRegressor : A network for features without an order in time.

    Notes
    -----
    With scaled targets t_i and the network's outputs f(x_i), a fit minimises

        mean_i,j (f(x_i)_j - t_ij)² by AdamW.

    The network is that of [2]_, which builds on [1]_: convolutions over time only, in which bins
    are channels, each followed by a rectifier and all but the last by a maximum over neighbouring
    frames; mean, maximum and root mean square of each filter over all frames; dense layers with
    dropout; a linear output. Departures: frames of zeros are added at the ends, so that clips of
    any length will do; the third statistic is divided by the root of the number of frames, so that
    it does not depend on it; bins are standardised; steps are Adam's.

    References
    ----------
    .. [1] A. van den Oord, S. Dieleman and B. Schrauwen, "Deep content-based music
       recommendation", NIPS 2013, section 4.
    .. [2] S. Dieleman, "Recommending music on Spotify with deep learning", 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_recsys.neural_network import AudioCNNRegressor
    >>> cnn = AudioCNNRegressor((599, 128), random_state=0)
    >>> cnn.fit(spectrograms, item_factors).predict(new_spectrograms)  # doctest: +SKIP
    """

    _parameter_constraints: ClassVar[dict] = {
        "shape": [tuple, list, None],
        "n_filters": [tuple, list],
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "pool_sizes": [tuple, list],
        "hidden_layer_sizes": [tuple, list],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "target_scaling": [StrOptions({"common", "column", "unit"})],
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

    def __init__(
        self,
        shape=None,
        *,
        n_filters=(256, 256, 512, 512),
        kernel_size=4,
        pool_sizes=(4, 2, 2),
        hidden_layer_sizes=(2048, 2048),
        dropout=0.5,
        target_scaling="common",
        reg=1e-4,
        learning_rate=1e-3,
        batch_size=32,
        max_iter=100,
        early_stopping=True,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        device="auto",
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.shape = shape
        self.n_filters = n_filters
        self.kernel_size = kernel_size
        self.pool_sizes = pool_sizes
        self.hidden_layer_sizes = hidden_layer_sizes
        self.dropout = dropout
        self.target_scaling = target_scaling
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

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any) -> "AudioCNNRegressor":
        """Learn from spectrograms and what is known of their songs.

        Parameters
        ----------
        X : array-like of shape (n_songs, n_frames * n_bins) or (n_songs, n_frames, n_bins), or \
                sequence of paths
            Spectrograms. An array may be memory-mapped; paths are those of ``.npy`` files, one a
            song. Either way a batch at a time is read.
        y : array-like of shape (n_songs,) or (n_songs, n_outputs)
            Targets, such as item factors.

        Returns
        -------
        self : object
            Fitted regressor.
        """
        torch = require("torch", extra="neural")
        self._require_sizes()
        clips, y = read_clips(self, X, _require_targets(self, y), reset=True)
        rng = check_random_state(self.random_state)
        device = resolve_device(torch, self.device)
        learnt, held = self._split(len(clips), rng)
        targets, means, scales = self._scale(y.reshape(len(y), -1).astype(np.float64), learnt)
        bins = clips.measure_bins(learnt)
        batches = Batches(torch, device, clips, *bins)
        seed = int(rng.randint(np.iinfo(np.int32).max))
        # What is predicted by, whatever is set after the fit.
        self._architecture = {name: getattr(self, name) for name in _ARCHITECTURE}
        with hold_torch(torch, device=device, seed=seed, n_jobs=self.n_jobs):
            network = self._build(torch, clips.shape, len(scales)).to(device)
            course = train(self, network, batches, targets, (learnt, held), rng)
        self.shape_, (self.bin_means_, self.bin_scales_) = clips.shape, bins
        self.target_means_, self.target_scales_, self._y_ndim = means, scales, y.ndim
        self.weights_, self.loss_curve_, self.validation_loss_curve_ = course
        self.n_iter_ = len(self.loss_curve_)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the targets that spectrograms are expected to have.

        Parameters
        ----------
        X : array-like or sequence of paths
            Spectrograms, as in ``fit``.

        Returns
        -------
        ndarray of shape (n_songs,) or (n_songs, n_outputs), dtype float64
            A row a spectrogram, of as many dimensions as the `y` of ``fit``.
        """
        check_is_fitted(self)
        torch = require("torch", extra="neural")
        clips, _ = read_clips(self, X, reset=False)
        device = resolve_device(torch, self.device)
        batches = Batches(torch, device, clips, self.bin_means_, self.bin_scales_)
        rows = np.arange(len(clips))
        with hold_torch(torch, device=device, seed=0, n_jobs=self.n_jobs):
            network = self._build(torch, self.shape_, len(self.target_scales_))
            network = arrays_to_state(torch, network, self.weights_).to(device)
            outputs = np.concatenate(list(predict_batches(network, batches, rows, self.batch_size)))
        outputs = outputs * self.target_scales_ + self.target_means_
        return outputs[:, 0] if self._y_ndim == 1 else outputs

    def _build(self, torch: Any, shape: tuple[int, int], n_outputs: int) -> Any:
        return build_network(torch, shape, n_outputs, **self._architecture)

    def _split(
        self, n_songs: int, rng: np.random.RandomState
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the songs to learn from and those to validate by, each ascending."""
        order = rng.permutation(n_songs)
        n_held = max(1, int(n_songs * self.validation_fraction)) if self.early_stopping else 0
        if n_held >= n_songs:
            raise ValueError(
                f"early_stopping=True holds songs out, but there are n_samples={n_songs}: pass "
                "more, or set early_stopping=False."
            )
        return np.sort(order[n_held:]), np.sort(order[:n_held])

    def _scale(
        self, y: NDArray[np.float64], learnt: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return targets to learn, and what takes the network's outputs back to those given."""
        length = 1.0
        if self.target_scaling == "unit":
            if y.shape[1] == 1:
                raise ValueError("target_scaling='unit' needs more than one output: y has one.")
            lengths = np.linalg.norm(y, axis=1, keepdims=True)
            length = lengths[learnt].mean()
            y = y / np.where(lengths > 0, lengths, 1.0)
        means, scales = y[learnt].mean(axis=0), y[learnt].std(axis=0)
        if self.target_scaling != "column":
            scales = np.full_like(scales, np.sqrt(np.mean(scales**2)))
        # A target that is always the same is learnt as its mean.
        scales[scales <= 1e-12 * np.abs(means)] = 1.0
        return (y - means) / scales, length * means, length * scales

    def _require_sizes(self) -> None:
        """Raise unless the tuples hold whole numbers of at least 1, as many as they must."""
        names = ("n_filters", "pool_sizes", "hidden_layer_sizes")
        sizes = {name: getattr(self, name) for name in names}
        if self.shape is not None:
            sizes["shape"] = self.shape
        for name, values in sizes.items():
            if not all(isinstance(n, (int, np.integer)) and n >= 1 for n in values):
                raise ValueError(f"{name} must hold whole numbers of at least 1, got {values}.")
        if self.shape is not None and len(self.shape) != 2:
            raise ValueError(f"shape must be (n_frames, n_bins), got {self.shape}.")
        if not self.n_filters or len(self.pool_sizes) >= len(self.n_filters):
            raise ValueError(
                "n_filters must have an entry for each convolution, and pool_sizes fewer: got "
                f"{self.n_filters} and {self.pool_sizes}."
            )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _require_targets(estimator: Any, y: Any) -> Any:
    if y is None:
        # scikit-learn's own words, which its searches and checks know.
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target "
            "y is None."
        )
    return y
