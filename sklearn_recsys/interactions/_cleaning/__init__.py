"""Drop, merge, rename and join, and report what that changed."""
# SPDX-License-Identifier: BSD-3-Clause
