# SPDX-License-Identifier: GPL-2.0-only
#
# Where every test finds its programs: what the distribution has, and nothing that stands before it in somebody's PATH.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
