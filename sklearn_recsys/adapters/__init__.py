"""Models of other libraries under the contract of this one."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.adapters._implicit import ImplicitAdapter
from sklearn_recsys.adapters._lightfm import LightFMAdapter

__all__ = ["ImplicitAdapter", "LightFMAdapter"]
