"""The network learns patterns in time, from memory or disk, and leaves nothing but arrays."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import pickle
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_recsys.neural_network import AudioCNNRegressor, _clips
from sklearn_recsys.neural_network._clips import Clips
from sklearn_recsys.persistence import load, save

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")

N_FRAMES, N_BINS = 24, 3


def tiny(**parameters):
    """Return a regressor that takes a moment to fit."""
    defaults = {
        "n_filters": (8, 8),
        "pool_sizes": (4,),
        "hidden_layer_sizes": (16,),
        "dropout": 0.0,
        "learning_rate": 0.01,
        "max_iter": 3,
        "random_state": 0,
        "device": "cpu",
    }
    return AudioCNNRegressor(**defaults | parameters)


@pytest.fixture(scope="module")
def clips():
    """Return clips whose pulses, at random places, rise or fall: the mean says nothing of it."""
    rng = np.random.default_rng(0)
    X = 0.1 * rng.standard_normal((160, N_FRAMES, N_BINS))
    rising, scale = rng.random(160) < 0.5, rng.random(160)
    for clip, up in zip(X, rising, strict=True):
        for start in rng.choice(N_FRAMES // 4, 3, replace=False) * 4:
            clip[start : start + 3, 1] += np.arange(1, 4) if up else np.arange(3, 0, -1)
    X[:, :, 2] += scale[:, None]
    return X, np.column_stack([np.where(rising, 1.0, -1.0), 5 * scale])


def test_it_learns_an_order_in_time_which_means_do_not_show(clips):
    X, y = clips
    model = tiny(max_iter=30).fit(X[:120], y[:120])
    flat = RidgeCV().fit(X[:120].mean(axis=1), y[:120])

    by_network = r2_score(y[120:], model.predict(X[120:]), multioutput="raw_values")
    by_means = r2_score(y[120:], flat.predict(X[120:].mean(axis=1)), multioutput="raw_values")

    assert by_network.min() > 0.7
    assert by_means[0] < 0.1


def test_the_network_is_the_one_of_the_equations(clips):
    X, y = clips
    model = tiny(kernel_size=3, pool_sizes=(5,)).fit(X, y)
    w = {name: value.astype(np.float64) for name, value in model.weights_.items()}
    kernels = [name for name in w if name.endswith("weight")]
    assert [w[name].shape for name in kernels] == [(8, 3, 3), (8, 8, 3), (16, 24), (2, 16)]

    frames = (X[7] - model.bin_means_) / model.bin_scales_
    for name in kernels[:2]:
        bias = w[name.replace("weight", "bias")]
        padded = np.pad(frames, ((1, 1), (0, 0)))
        frames = np.array(
            [np.einsum("oct,tc->o", w[name], padded[t : t + 3]) + bias for t in range(len(frames))]
        )
        frames = np.maximum(frames, 0)
        if name == kernels[0]:  # 24 frames are four blocks of five, and four more frames
            frames = np.array([frames[t : t + 5].max(axis=0) for t in range(0, 24, 5)])
    pooled = np.concatenate(
        [frames.mean(axis=0), frames.max(axis=0), np.sqrt((frames**2).mean(axis=0) + 1e-8)]
    )
    hidden = np.maximum(w[kernels[2]] @ pooled + w[kernels[2].replace("weight", "bias")], 0)
    output = w[kernels[3]] @ hidden + w[kernels[3].replace("weight", "bias")]
    expected = output * model.target_scales_ + model.target_means_

    assert model.predict(X[[7]])[0] == pytest.approx(expected, rel=1e-4)


def test_flat_rows_with_a_shape_are_the_same_as_clips(clips):
    X, y = clips
    flat = X.reshape(len(X), -1)

    expected = tiny().fit(X, y).predict(X)

    by_rows = tiny(shape=(N_FRAMES, N_BINS)).fit(flat, y)
    assert np.array_equal(by_rows.predict(flat), expected)
    assert np.array_equal(by_rows.predict(X), expected)
    assert by_rows.n_features_in_ == N_FRAMES * N_BINS


def test_clips_on_the_disk_are_the_same_as_in_memory(clips, tmp_path):
    X, y = clips
    expected = tiny().fit(X, y).predict(X)
    np.save(tmp_path / "all.npy", X.reshape(len(X), -1))
    mapped = np.load(tmp_path / "all.npy", mmap_mode="r")
    paths = [tmp_path / f"{place}.npy" for place in range(len(X))]
    for path, clip in zip(paths, X, strict=True):
        np.save(path, clip)

    assert np.array_equal(tiny(shape=(N_FRAMES, N_BINS)).fit(mapped, y).predict(mapped), expected)
    assert np.array_equal(tiny().fit(paths, y).predict(paths), expected)
    column = np.array([[str(path)] for path in paths])
    assert np.array_equal(tiny().fit(column, y).predict(X), expected)


def test_a_file_is_read_once_by_a_prediction(clips, tmp_path, monkeypatch):
    X, y = clips
    model = tiny(max_iter=1).fit(X, y)
    paths = [tmp_path / f"{place}.npy" for place in range(3)]
    for path, clip in zip(paths, X[:3], strict=True):
        np.save(path, clip)
    read, original = [], _clips._read_file
    monkeypatch.setattr(_clips, "_read_file", lambda *about: read.append(about) or original(*about))

    found = model.predict(paths)

    assert len(read) == 3
    assert np.array_equal(found, model.predict(X[:3]))


def test_a_mapped_file_is_read_a_batch_at_a_time(clips, tmp_path, monkeypatch):
    X, y = clips
    np.save(tmp_path / "all.npy", X.reshape(len(X), -1))
    mapped = np.load(tmp_path / "all.npy", mmap_mode="r")
    taken = []
    take = Clips.take
    monkeypatch.setattr(Clips, "take", lambda self, rows: taken.append(self) or take(self, rows))

    tiny(shape=(N_FRAMES, N_BINS), max_iter=1).fit(mapped, y)

    assert all(np.shares_memory(clips.source, mapped) for clips in taken)


def test_the_same_seed_gives_the_same_model_and_another_seed_another(clips):
    X, y = clips
    first, second, other = (tiny(random_state=seed, dropout=0.3).fit(X, y) for seed in (0, 0, 1))

    assert np.array_equal(first.predict(X), second.predict(X))
    assert first.loss_curve_ == second.loss_curve_
    assert not np.allclose(first.predict(X), other.predict(X))


def test_a_fit_touches_neither_threads_nor_random_numbers_of_the_caller(clips):
    X, y = clips
    torch.manual_seed(3)
    expected = torch.rand(2)
    n_threads = torch.get_num_threads()
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002

    tiny().fit(X, y).predict(X)

    assert torch.equal(torch.rand(2), expected)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert torch.get_num_threads() == n_threads


def test_a_fitted_model_holds_no_tensor_and_survives_pickle_save_and_clone(clips, tmp_path):
    X, y = clips
    model = tiny().fit(X, y)
    expected = model.predict(X)
    stream = io.BytesIO()

    save(model, tmp_path / "model.zip")
    pickle.dump(model, stream)

    assert b"torch" not in stream.getvalue()
    assert {type(weight) for weight in model.weights_.values()} == {np.ndarray}
    assert np.array_equal(load(tmp_path / "model.zip").predict(X), expected)
    assert np.array_equal(pickle.loads(stream.getvalue()).predict(X), expected)
    assert np.array_equal(clone(model).fit(X, y).predict(X), expected)
    assert json.dumps(model.loss_curve_)


def test_early_stopping_keeps_the_weights_that_were_best(clips):
    X, _ = clips
    noise = np.random.default_rng(1).standard_normal(len(X))
    model = tiny(max_iter=40, n_iter_no_change=3, learning_rate=0.03).fit(X, noise)
    losses = model.validation_loss_curve_

    best = int(np.argmin(losses))
    assert model.n_iter_ == len(losses) < 40
    assert len(losses) - 1 - best <= 4
    shorter = clone(model).set_params(max_iter=best + 1).fit(X, noise)
    assert np.array_equal(shorter.predict(X), model.predict(X))


def test_without_early_stopping_every_song_is_learnt_from(clips):
    X, y = clips
    model = tiny(early_stopping=False, max_iter=5).fit(X, y)

    assert model.n_iter_ == 5
    assert model.validation_loss_curve_ == []
    assert model.bin_means_ == pytest.approx(X.mean(axis=(0, 1)))
    assert model.bin_scales_ == pytest.approx(X.std(axis=(0, 1)))
    assert model.target_means_ == pytest.approx(y.mean(axis=0))
    assert model.loss_curve_[-1] < model.loss_curve_[0]


def test_columns_are_scaled_alike_or_each_by_itself(clips):
    X, y = clips
    common = tiny(early_stopping=False, max_iter=1).fit(X, y)
    column = clone(common).set_params(target_scaling="column").fit(X, y)

    assert common.target_scales_ == pytest.approx(np.full(2, np.sqrt(y.var(axis=0).mean())))
    assert column.target_scales_ == pytest.approx(y.std(axis=0))


def test_unit_targets_are_directions(clips):
    X, y = clips
    model = tiny(early_stopping=False, target_scaling="unit").fit(X, y)
    lengths = np.linalg.norm(y, axis=1, keepdims=True)

    longer = clone(model).fit(X, y * lengths**2)

    assert model.target_means_ == pytest.approx((y / lengths).mean(axis=0) * lengths.mean())
    assert longer.predict(X) / (lengths**3).mean() == pytest.approx(
        model.predict(X) / lengths.mean(), rel=1e-3, abs=1e-3
    )


def test_a_constant_target_is_predicted(clips):
    X, _ = clips
    assert tiny(max_iter=40).fit(X, np.full(len(X), 7.0)).predict(X) == pytest.approx(7, abs=0.3)


def test_a_clip_of_one_frame_will_do():
    X = np.random.default_rng(0).standard_normal((20, 1, 4))
    assert tiny(pool_sizes=(4,)).fit(X, X[:, 0, 0]).predict(X).shape == (20,)


def test_it_ends_a_pipeline(clips):
    X, y = clips
    pipeline = make_pipeline(FunctionTransformer(np.float32), tiny(shape=(N_FRAMES, N_BINS)))

    assert pipeline.fit(X.reshape(len(X), -1), y).predict(X.reshape(len(X), -1)).shape == y.shape


def test_the_source_network_has_its_sizes():
    X = np.zeros((3, 599, 128), dtype=np.float32)
    y = np.random.default_rng(0).standard_normal((3, 40))

    model = AudioCNNRegressor(max_iter=1, batch_size=2, device="cpu").fit(X, y)

    shapes = [weight.shape for weight in model.weights_.values() if weight.ndim > 1]
    assert shapes == [
        (256, 128, 4),
        (256, 256, 4),
        (512, 256, 4),
        (512, 512, 4),
        (2048, 3 * 512),
        (2048, 2048),
        (40, 2048),
    ]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"shape": (5, 5)}, r"X has 72 features, but shape=\(5, 5\) makes 25"),
        ({"shape": (72,)}, r"shape must be \(n_frames, n_bins\), got \(72,\)"),
        ({"n_filters": ()}, "n_filters must have an entry for each convolution"),
        ({"n_filters": (8, 0)}, r"n_filters must hold whole numbers of at least 1, got \(8, 0\)"),
        ({"pool_sizes": (2, 2)}, r"pool_sizes fewer: got \(8, 8\) and \(2, 2\)"),
        ({"target_scaling": "unit"}, "needs more than one output"),
        ({"device": "gpu"}, "device must be 'auto'"),
        ({"learning_rate": 1e30}, "lower it"),
    ],
)
def test_wrong_parameters_are_named(clips, parameters, message):
    X, y = clips
    with pytest.raises(ValueError, match=message):
        tiny(**parameters).fit(X.reshape(len(X), -1), y[:, 0])


def test_one_song_cannot_be_split():
    with pytest.raises(ValueError, match=r"there are n_samples=1: pass more, or set"):
        tiny().fit(np.zeros((1, 4)), [0.0])


def test_files_of_another_shape_and_with_holes_are_named(tmp_path):
    paths = [str(tmp_path / f"{place}.npy") for place in range(3)]
    for path in paths:
        np.save(path, np.zeros((4, 2)))
    model = tiny().fit(paths, [0.0, 1.0, 2.0])

    np.save(paths[1], np.zeros((5, 2)))
    with pytest.raises(ValueError, match=r"1\.npy must hold an array of shape \(4, 2\)"):
        model.predict(paths)
    np.save(paths[1], np.full((4, 2), np.nan))
    with pytest.raises(ValueError, match=r"1\.npy contains NaN or infinity"):
        model.predict(paths)
    with pytest.raises(TypeError, match="X begins with a path, but also holds"):
        model.predict([paths[0], 3])
    np.save(paths[0], np.zeros(8))
    with pytest.raises(ValueError, match=r"must hold \(n_frames, n_bins\) numbers, has shape"):
        tiny().fit(paths[:1], [0.0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        tiny(shape=(4, 2)).fit(paths, [0.0])


def test_clips_of_another_shape_are_refused(clips):
    X, y = clips
    model = tiny().fit(X, y)
    with pytest.raises(ValueError, match=r"X holds arrays of shape \(20, 3\), but shape \(24, 3\)"):
        model.predict(X[:, :20])


def test_without_pytorch_the_extra_is_named(monkeypatch, clips):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'sklearn-recsys\[neural\]'"):
        tiny().fit(*clips)


def test_parameters_set_after_the_fit_do_not_change_what_is_predicted(clips):
    X, y = clips
    model = tiny(max_iter=2).fit(X, y)
    expected = model.predict(X)
    model.set_params(n_filters=(3, 3), kernel_size=2, pool_sizes=(4,), hidden_layer_sizes=(7,))
    np.testing.assert_array_equal(model.predict(X), expected)
