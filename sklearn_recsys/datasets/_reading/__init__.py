"""Tables of interactions from files, addresses and data bases."""
# SPDX-License-Identifier: BSD-3-Clause
