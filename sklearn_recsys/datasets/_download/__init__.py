"""Files from the network, kept whole or not at all."""
# SPDX-License-Identifier: BSD-3-Clause
