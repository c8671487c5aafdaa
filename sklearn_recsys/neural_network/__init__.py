"""Neural networks, which need PyTorch once they are fitted."""
# SPDX-License-Identifier: BSD-3-Clause

__all__: list[str] = []
