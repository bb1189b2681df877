// SPDX-License-Identifier: BSD-2-Clause
/*
 * Features are bits whose places the kernel tells by name: the set's size, its strings, its bits.
 */
#include "kernel/ethtool.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"

struct query {
	int fd;
	struct ifreq request;
};

static int ask(struct query *query, void *command)
{
	query->request.ifr_data = command;
	return ioctl(query->fd, SIOCETHTOOL, &query->request) < 0 ? -errno : 0;
}

/* How many features there are. */
static int ask_count(struct query *query, uint32_t *ret)
{
	auto_free struct ethtool_sset_info *info = calloc(1, sizeof(*info) + sizeof(info->data[0]));
	int r;

	if (!info)
		return -ENOMEM;
	info->cmd = ETHTOOL_GSSET_INFO;
	info->sset_mask = 1U << ETH_SS_FEATURES;
	r = ask(query, info);
	if (r < 0)
		return r;
	*ret = info->sset_mask ? info->data[0] : 0;
	return 0;
}

static int ask_names(struct query *query, uint32_t count, struct ethtool_gstrings **ret)
{
	auto_free struct ethtool_gstrings *names =
		calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	int r;

	if (!names)
		return -ENOMEM;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = count;
	r = ask(query, names);
	if (!r)
		*ret = TAKE_PTR(names);
	return r;
}

static int ask_bits(struct query *query, uint32_t count, struct ethtool_gfeatures **ret)
{
	uint32_t blocks = (count + 31) / 32;
	auto_free struct ethtool_gfeatures *bits =
		calloc(1, sizeof(*bits) + blocks * sizeof(bits->features[0]));
	int r;

	if (!bits)
		return -ENOMEM;
	bits->cmd = ETHTOOL_GFEATURES;
	bits->size = blocks;
	r = ask(query, bits);
	if (!r)
		*ret = TAKE_PTR(bits);
	return r;
}

static bool is_on(const struct ethtool_gstrings *names, const struct ethtool_gfeatures *bits,
		  const char *name)
{
	for (uint32_t i = 0; i < names->len && i / 32 < bits->size; i++) {
		const char *at = (const char *)names->data + (size_t)i * ETH_GSTRING_LEN;

		if (!strncmp(at, name, ETH_GSTRING_LEN))
			return bits->features[i / 32].active & 1U << i % 32;
	}
	return false;
}

int ethtool_features(const char *ifname, const char *const names[], unsigned int count,
		     uint32_t *ret)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	auto_free struct ethtool_gstrings *known = NULL;
	auto_free struct ethtool_gfeatures *bits = NULL;
	struct query query = { .fd = fd };
	uint32_t features = 0;
	int r;

	if (fd < 0)
		return -errno;
	snprintf(query.request.ifr_name, sizeof(query.request.ifr_name), "%s", ifname);
	r = ask_count(&query, &features);
	if (!r)
		r = ask_names(&query, features, &known);
	if (!r)
		r = ask_bits(&query, features, &bits);
	if (r)
		return r;
	*ret = 0;
	for (unsigned int i = 0; i < count && i < ETHTOOL_NAMES_MAX; i++)
		*ret |= is_on(known, bits, names[i]) ? 1U << i : 0;
	return 0;
}

bool ethtool_is_driver(const char *ifname, const char *driver)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct query query = { .fd = fd };

	if (fd < 0)
		return false;
	snprintf(query.request.ifr_name, sizeof(query.request.ifr_name), "%s", ifname);
	return !ask(&query, &info) && !strncmp(info.driver, driver, sizeof(info.driver));
}
