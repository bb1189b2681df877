/* SPDX-License-Identifier: BSD-2-Clause */
/* The words for what became of packets that are in no flow. */
#pragma once

#include "weir/iface.h"

/* remainder: enum weir_remainder, below WEIR_REM_MAX. As records and people have it. */
const char *remainder_name(unsigned int remainder);
