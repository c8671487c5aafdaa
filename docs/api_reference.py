"""The API reference as data: each room, what it is for, and its public names in order."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import inspect
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOMS", "Room", "write_api_pages"]


@dataclass(frozen=True)
class Room:
    """Describe one room of the package."""

    name: str
    title: str
    text: str
    names: tuple[str, ...]


ROOMS = (
    Room(
        "base",
        "Base classes",
        "What a recommender gets for nothing.",
        (
            "BaseRecommender",
            "ItemSimilarityRecommender",
            "FactorRecommender",
            "RecommenderTags",
        ),
    ),
    Room(
        "baseline",
        "Baselines",
        "What every model has to beat.",
        (
            "PopularityRecommender",
            "RandomRecommender",
            "BaselineRecommender",
        ),
    ),
    Room(
        "neighbors",
        "Neighbours",
        "Items alike because the same people chose them, and people alike.",
        ("ItemKNNRecommender", "RP3BetaRecommender", "UserKNNRecommender"),
    ),
    Room(
        "linear_model",
        "Linear models",
        "Each item as a weighted sum of the others.",
        ("EASERecommender", "SLIMRecommender"),
    ),
    Room(
        "decomposition",
        "Factor models",
        "Users and items as points in one space.",
        (
            "ALSRecommender",
            "BiasedMFRecommender",
            "GraphFilterRecommender",
            "HybridRecommender",
            "SVDRecommender",
        ),
    ),
    Room(
        "content",
        "Content",
        "What items are, rather than who chose them: for items that nobody has chosen yet.",
        ("ContentRecommender", "ContentToFactorsRecommender"),
    ),
    Room(
        "neural_network",
        "Neural networks",
        "Models that PyTorch fits.",
        ("AudioCNNRegressor", "CFNADERecommender"),
    ),
    Room(
        "adapters",
        "Adapters",
        "Models of implicit and LightFM under this library's contract.",
        (
            "ImplicitAdapter",
            "LightFMAdapter",
        ),
    ),
    Room(
        "pipeline",
        "Pipelines",
        "A scikit-learn Pipeline that also recommends.",
        (
            "RecommenderPipeline",
            "make_recommender_pipeline",
        ),
    ),
    Room(
        "persistence",
        "Saving models",
        "One file without pickle, and back.",
        (
            "save",
            "load",
        ),
    ),
    Room(
        "ensemble",
        "Ensembles",
        "Recommenders made of others: blended, fused, tried in turn, ranked again, diversified.",
        (
            "BlendRecommender",
            "RankFusionRecommender",
            "CascadeRecommender",
            "RerankRecommender",
            "MMRDiversifier",
            "CalibratedDiversifier",
        ),
    ),
    Room(
        "interactions",
        "Interactions",
        "Tables in, codes and sparse matrices out.",
        (
            "FeatureTable",
            "FilterReport",
            "LabelReport",
            "MergeReport",
            "describe_interactions",
            "InteractionsDescription",
            "popularity_table",
            "filter_items",
            "filter_k_core",
            "filter_min_count",
            "filter_min_value",
            "filter_missing",
            "filter_users",
            "validate_ids",
            "normalize_labels",
            "find_near_duplicate_labels",
            "merge_items",
            "join_item_table",
            "interactions_from_matrix",
            "matrix_from_interactions",
            "share_work",
        ),
    ),
    Room(
        "preprocessing",
        "Preprocessing",
        "Transformers that keep rows and change columns.",
        (
            "ConfidenceWeighter",
            "BM25Weighter",
            "TfidfWeighter",
            "TimeDecayWeighter",
            "EventWeighter",
            "AgeBinner",
        ),
    ),
    Room(
        "feature_extraction",
        "Feature extraction",
        "Features of users and items.",
        (
            "GenreTfidf",
            "TermVectors",
            "MelSpectrogram",
            "AudioSummary",
            "read_echo_nest_analysis",
        ),
    ),
    Room(
        "metrics",
        "Metrics",
        "How good a ranked list is, and scorers for searches.",
        (
            "precision_at_k",
            "recall_at_k",
            "f1_at_k",
            "hit_rate_at_k",
            "ndcg_at_k",
            "average_precision_at_k",
            "reciprocal_rank_at_k",
            "roc_auc_per_user",
            "sampled_ranking_metrics",
            "catalogue_coverage",
            "gini_index",
            "personalization",
            "long_tail_share_at_k",
            "novelty_at_k",
            "popularity_lift",
            "intra_list_diversity_at_k",
            "serendipity_at_k",
            "calibration_error_at_k",
            "inverse_propensity",
            "make_ranking_scorer",
        ),
    ),
    Room(
        "model_selection",
        "Model selection",
        "Splits by row, user, item and time, grids to search, and comparisons.",
        (
            "train_test_split_by_user",
            "InteractionKFold",
            "LeaveLastOut",
            "TemporalSplit",
            "UserKFold",
            "ColdItemKFold",
            "suggested_grid",
            "compare_recommenders",
            "RecommenderComparison",
            "search_intervals",
            "search_progress",
            "lint_evaluation",
        ),
    ),
    Room(
        "inspection",
        "Inspection",
        "Figures of what recommenders do, after scikit-learn's Displays, and a report of all.",
        (
            "PrecisionRecallAtKDisplay",
            "MetricAtKDisplay",
            "LongTailDisplay",
            "ParetoDisplay",
            "ScoreDistributionDisplay",
            "CalibrationAtKDisplay",
            "FactorMapDisplay",
            "evaluation_report",
            "EvaluationReport",
        ),
    ),
    Room(
        "datasets",
        "Data sets",
        "Data to try things on, made, loaded or downloaded.",
        (
            "make_interactions",
            "make_music_world",
            "read_interactions",
            "load_movielens",
            "load_lastfm_360k",
            "load_hetrec_lastfm",
            "load_taste_profile",
            "load_audioscrobbler",
            "fetch_movielens",
            "fetch_lastfm_360k",
            "fetch_hetrec_lastfm",
            "fetch_taste_profile",
            "get_data_home",
            "clear_data_home",
        ),
    ),
    Room(
        "testing",
        "Testing",
        "Prove a recommender of your own.",
        (
            "check_recommender",
            "parametrize_with_recommender_checks",
            "check_weighter",
            "interactions",
            "World",
            "make_checkerboard",
        ),
    ),
    Room(
        "exceptions",
        "Errors and warnings",
        "What is raised, and when.",
        (
            "DataWarning",
            "EvaluationWarning",
            "UnknownIdError",
            "FormatVersionError",
            "PerformanceWarning",
            "UnsafeFileError",
        ),
    ),
)


def write_api_pages(folder: Path) -> None:
    """Write one page per room and the index that gathers them."""
    folder.mkdir(parents=True, exist_ok=True)
    for room in ROOMS:
        _write(folder / f"{room.name}.rst", _page(room))
    _write(folder / "index.rst", _index())


def _page(room: Room) -> str:
    module = f"sklearn_recsys.{room.name}"
    lines = [*_heading(f"{module}: {room.title}"), f".. module:: {module}", "", room.text]
    classes = [name for name in room.names if _is_class(module, name)]
    functions = [name for name in room.names if name not in classes]
    for template, names in (("class.rst", classes), ("function.rst", functions)):
        if names:
            lines += ["", ".. autosummary::", "   :toctree: generated/", "   :nosignatures:"]
            lines += [f"   :template: {template}", "", *(f"   {name}" for name in names)]
    return "\n".join([*lines, ""])


def _index() -> str:
    lines = _heading("API reference")
    lines += ["Every public name, room by room. What is not here may change without notice.", ""]
    lines += [".. toctree::", "   :maxdepth: 1", "", *(f"   {room.name}" for room in ROOMS), ""]
    return "\n".join(lines)


def _heading(title: str) -> list[str]:
    return [title, "=" * len(title), ""]


def _is_class(module: str, name: str) -> bool:
    return inspect.isclass(getattr(importlib.import_module(module), name))


def _write(path: Path, text: str) -> None:
    # Sphinx reads a page again when its time changes, so an equal page is left alone.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
