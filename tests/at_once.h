/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent begins to load datapath and tracing, does other things, and waits. Tests and benchmarks
 * have nothing else to do: both steps at once.
 */
#pragma once

#include "agent/kernel/datapath.h"
#include "agent/kernel/tracing.h"

/* What the kernel refuses is logged. -errno. */
static inline int datapath_new(struct datapath **ret, const struct datapath_options *options)
{
	struct datapath *datapath = NULL;
	int r = datapath_begin(&datapath, options);

	if (!r)
		r = datapath_wait(datapath);
	if (r)
		datapath_free(&datapath);
	else
		*ret = datapath;
	return r;
}

static inline int tracing_new(struct tracing **ret, const struct tracing_options *options)
{
	int r = tracing_begin(ret, options);

	if (!r)
		tracing_wait(*ret);
	return r;
}
