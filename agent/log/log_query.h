/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a log from somewhere to somewhere, as Hubble selects: where to begin, what to pass over,
 * when to end. What the log holds it need not know: the flow log and that of agent events are read
 * by the same rules. A reader keeps a cursor; entries overwritten before it came to them are counted
 * as lost.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Entries may be out of order by this much, unless the clock was set back. */
#define LOG_QUERY_SLACK_NS 50000000ULL

enum log_answer {
	LOG_NO,
	LOG_YES,
	LOG_PAUSED, /* the time was up */
};

/* What a query asks of a log. Entries are numbered from 1 on; the oldest make room for new ones. */
struct log_ops {
	/* Entries oldest .. next-1 are there. */
	uint64_t (*oldest)(const void *log);
	uint64_t (*next)(const void *log);
	/* The number of the first of the last `count` entries; the oldest if there are not so many. */
	uint64_t (*last)(const void *log, uint64_t count);
	/* The first number from which on that holds for all. */
	uint64_t (*orderly)(const void *log);
	/* How many numbers before seq have no entry. NULL: each has one. */
	uint64_t (*voids)(const void *log, uint64_t seq);
	/* Looks at seq, which is there, and tells its time. False: it has no entry. */
	bool (*look)(void *log, uint64_t seq, uint64_t *ret_time_ns);
	/*
	 * Is seq, which was just looked at, among those asked for? If that is not known until then
	 * (CLOCK_MONOTONIC), it is asked again in the next slice. NULL: each is.
	 */
	enum log_answer (*match)(void *log, uint64_t seq, uint64_t until_ns);
	/* Does one match take as long as to look at the clock? NULL: none does. */
	bool (*is_dear)(const void *log);
};

struct log_view {
	const struct log_ops *ops;
	void *log;
};

struct log_query {
	/* As asked. */
	uint64_t number;   /* 0: no limit */
	uint64_t since_ns; /* since 1970; 0: no bound, inclusive */
	uint64_t until_ns;
	bool first;
	bool follow;
	/* Of the answer. */
	uint64_t wanted; /* while it is looked for: how many more the answer begins with */
	uint64_t seek;	 /* likewise: entries before it have not been looked at */
	uint64_t found;	 /* likewise: the first one that is known to match */
	uint64_t cursor; /* the next entry to look at */
	uint64_t end;	 /* the first one not to look at; follow: no end */
	uint64_t voids;	 /* numbers before the cursor that have no entry */
	uint64_t sent;
	uint64_t lost;	  /* overwritten before they were read, or dropped, and not yet told */
	uint64_t dropped; /* of those sent: taken back before they were on their way */
	bool is_done;
};

/*
 * What is done at a time: so many entries are looked at, or for so long, then others have their
 * turn. An entry of which it is not known by then is looked at again in the next one.
 */
struct log_slice {
	unsigned int left;
	uint64_t until_ns; /* CLOCK_MONOTONIC */
};

void log_slice_begin(struct log_slice *slice, unsigned int max, uint64_t for_ns);

/* -EINVAL: first together with follow. */
int log_query_start(struct log_query *query, const struct log_view *view);
/*
 * The number of the next entry that is asked for, which was the last one looked at; 0: none now. See
 * is_done. The last ones that match have to be looked for, from the newest on back, before the first
 * is found.
 */
uint64_t log_query_next(struct log_query *query, const struct log_view *view,
			struct log_slice *slice);
/* So many of those sent are lost after all. False: none. */
bool log_query_drop(struct log_query *query, uint64_t count);
/* How many were sent, and not dropped. */
uint64_t log_query_taken(const struct log_query *query);
/* Is there something the query has not looked at yet? */
bool log_query_has_more(const struct log_query *query, const struct log_view *view);
