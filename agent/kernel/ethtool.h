/* SPDX-License-Identifier: BSD-2-Clause */
/* What a device does by itself, as `ethtool -k` tells. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ETHTOOL_NAMES_MAX 32

/*
 * Bit i of *ret: the feature names[i] is on. At most ETHTOOL_NAMES_MAX names. -errno: the device tells
 * none, or has gone.
 */
int ethtool_features(const char *ifname, const char *const names[], unsigned int count,
		     uint32_t *ret);
/* Is it a device of this driver? */
bool ethtool_is_driver(const char *ifname, const char *driver);
