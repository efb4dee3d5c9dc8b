// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Nothing but the maps: their BTF is what the codecs are made from.
#include "../../bpf/maps.h"
