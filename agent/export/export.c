// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two buffers: one is filled from the log while the worker writes the other.
 */
#include "export/export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/num.h"
#include "export/export_file.h"
#include "export/export_filter.h"
#include "export/export_mask.h"
#include "export/export_stream.h"
#include "filter/filter.h"
#include "log/event_reader.h"
#include "log/flow_query.h"
#include "log/history.h"
#include "log/lost_events.h"
#include "log/record.h"
#include "log/record_mask.h"
#include "loop.h"
#include "worker.h"

#define QUEUE_BYTES ((size_t)1 << 20) /* more is not prepared while this much waits */
/* What is done before others have their turn: by the clock, because filters differ. */
#define SLICE_NS	500000ULL
#define RECORDS_A_SLICE 65536U
#define RETRY_FIRST_MS	1000U
#define RETRY_MAX_MS	60000U

/* Lines on their way to the file, the worker's until they are there. */
struct batch {
	struct worker_job job;
	struct export *export;
	struct buf lines;
	uint64_t records;
	bool want_reopen;
	int error, tidy_error;
	bool has_more_to_tidy;
};

struct export
{
	struct agent *agent;
	const struct export_options *options;
	struct worker *worker;
	struct export_file *file; /* the worker's while it writes; NULL: standard output */
	struct batch batch;
	struct buf filling;
	uint64_t filling_records, filling_events;
	struct flow_query query;
	struct record_mask *mask; /* NULL: of a record everything */
	struct lost_events lost_events;
	struct event_reader events;
	bool has_events;	   /* no list has to let them through, as with Hubble */
	struct watch *slice_timer; /* there is more in the log */
	struct watch *retry_timer;
	unsigned int retry_ms;
	int error;	/* why the file cannot be written; 0: it can */
	int tidy_error; /* the last one */
	bool is_writing, want_reopen, is_ending;
	uint64_t records, lost, failures, rotations;
};

int export_check_size(const char *text, char reason[static OPTION_REASON_SIZE])
{
	uint64_t bytes;

	if (num_parse_size(text, &bytes) || !bytes || bytes >= EXPORT_MAX_BYTES_LEAST)
		return 0; /* what is no size the option itself refuses */
	snprintf(reason, OPTION_REASON_SIZE, "neither 0 nor at least %" PRIu64 "K",
		 EXPORT_MAX_BYTES_LEAST >> 10);
	return -EINVAL;
}

bool export_is_stdout(const struct export_options *options)
{
	return options->file && !strcmp(options->file, EXPORT_STDOUT);
}

/* In the place of what was closed is something that cannot be written to (base/std_fds.h). */
int export_check_file(const char *text, char reason[static OPTION_REASON_SIZE])
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (strcmp(text, EXPORT_STDOUT) != 0 || (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY))
		return 0;
	snprintf(reason, OPTION_REASON_SIZE, "standard output is closed");
	return -EINVAL;
}

/* On the worker's thread. */
static void batch_run(struct worker_job *job)
{
	struct batch *batch = (struct batch *)job;
	struct export_file *file = batch->export->file;
	int r;

	if (!file) {
		batch->error = export_stream_write(STDOUT_FILENO, &batch->lines);
		return;
	}
	if (batch->want_reopen)
		export_file_close(file);
	batch->want_reopen = false;
	batch->error = export_file_write(file, &batch->lines);
	r = batch->error ? 0 : export_file_tidy(file);
	batch->has_more_to_tidy = r > 0;
	batch->tidy_error = r < 0 ? r : 0;
}

static void give(struct export *export)
{
	export->is_writing = true;
	export->batch.want_reopen |= export->want_reopen;
	export->want_reopen = false;
	worker_give(export->worker, &export->batch.job);
}

/* The next batch, if there is something in it. */
static void give_next(struct export *export)
{
	struct buf empty;

	if (export->is_writing || export->error)
		return;
	if (!buf_len(&export->filling) && !export->want_reopen &&
	    (!export->batch.has_more_to_tidy || export->is_ending))
		return;
	empty = export->batch.lines;
	export->batch.lines = export->filling;
	export->batch.records = export->filling_records;
	export->filling = empty;
	export->filling_records = 0;
	export->filling_events = 0;
	give(export);
}

/* In export_file.h's terms. */
static const char *why(int error)
{
	switch (error) {
	case -EINVAL:
		return "not a regular file";
	case -EBUSY:
		return "another process has locked it";
	case -EAGAIN:
		return "nobody reads it";
	default:
		return strerror(-error);
	}
}

static void has_failed(struct export *export, int error)
{
	if (export->error != error)
		log_warn(0, "--export-file %s: cannot be written, and is tried again: %s",
			 export->options->file, why(error));
	export->error = error;
	export->failures++;
	watch_set_timer(export->retry_timer, export->retry_ms, 0);
	export->retry_ms =
		export->retry_ms * 2 < RETRY_MAX_MS ? export->retry_ms * 2 : RETRY_MAX_MS;
}

static void has_written(struct export *export)
{
	if (export->error)
		log_info("--export-file %s: is written again", export->options->file);
	export->error = 0;
	export->retry_ms = RETRY_FIRST_MS;
	export->records += export->batch.records;
	export->batch.records = 0;
}

static void batch_done(struct worker_job *job)
{
	struct batch *batch = (struct batch *)job;
	struct export *export = batch->export;

	export->is_writing = false;
	if (!batch->error && buf_len(&batch->lines)) {
		if (!export->is_ending)
			give(export); /* who reads it is slow */
		return;
	}
	if (export->file)
		export->rotations = export_file_rotations(export->file);
	if (batch->tidy_error && batch->tidy_error != export->tidy_error)
		log_warn(batch->tidy_error, "--export-file %s: cannot look after its backups",
			 export->options->file);
	export->tidy_error = batch->tidy_error;
	if (batch->error)
		has_failed(export, batch->error);
	else
		has_written(export);
	if (export->is_ending)
		give_next(export);
	else if (export->want_reopen)
		give(export);
	else
		export_records(export);
}

static int retry(void *ctx)
{
	struct export *export = ctx;

	if (!export->is_writing)
		give(export);
	return 0;
}

static int slice_due(void *ctx)
{
	export_records(ctx);
	return 0;
}

/* What the agent tells of itself stands between the records, as it came. */
static void fill_events(struct export *export, bool is_last)
{
	uint64_t sent = export->events.query.sent;

	if (!export->has_events)
		return;
	export->lost += event_reader_write(&export->events, &export->filling, QUEUE_BYTES, is_last);
	export->filling_events += export->events.query.sent - sent;
}

static bool has_more(const struct export *export)
{
	return flow_query_has_more(&export->query, export->agent->history) ||
	       (export->has_events && event_reader_has_more(&export->events));
}

/* Records into the buffer, as long as there is room in it. */
static void fill(struct export *export, unsigned int max, bool is_last)
{
	struct agent *agent = export->agent;
	bool has_room = buf_len(&export->filling) < QUEUE_BYTES;
	const struct record_leg *legs;
	const struct record *rec;
	struct log_slice slice;

	/* With no record to look at it still notices which of them are gone. */
	log_slice_begin(&slice, has_room ? max : 0, SLICE_NS);
	while ((rec = flow_query_next(&export->query, agent->history, &slice, &legs))) {
		record_to_json(&export->filling, rec, history_seq(agent->history, rec), legs,
			       &agent->context, export->mask);
		export->filling_records++;
		if (buf_len(&export->filling) >= QUEUE_BYTES)
			slice.left = 0;
	}
	if (has_room || is_last)
		export->lost += lost_events_tell(&export->lost_events, agent, &export->query.log,
						 is_last, &export->filling);
}

/* Memory ran out: what is in this buffer is lost, and that is told. */
static void forget_failed(struct export *export)
{
	if (!export->filling.failed)
		return;
	export->query.log.lost += export->filling_records;
	export->filling_records = 0;
	export->events.query.lost += export->filling_events;
	export->filling_events = 0;
	buf_done(&export->filling);
	export->filling = (struct buf){};
}

void export_records(struct export *export)
{
	if (!export)
		return;
	fill_events(export, false);
	fill(export, RECORDS_A_SLICE, false);
	forget_failed(export);
	give_next(export);
	if (buf_len(&export->filling) < QUEUE_BYTES && has_more(export))
		watch_set_timer(export->slice_timer, 1, 0);
}

void export_reopen(struct export *export)
{
	if (!export)
		return;
	export->want_reopen = true;
	export->retry_ms = RETRY_FIRST_MS;
	if (!export->is_writing)
		give(export);
}

bool export_is_drained(const struct export *export)
{
	return !export || export->error ||
	       (!export->is_writing && !buf_len(&export->filling) && !has_more(export));
}

uint64_t export_lost(const struct export *export)
{
	return export ? export->lost + export->query.log.lost : 0;
}

void export_status(const struct export *export, struct json_out *out)
{
	if (!export)
		return;
	json_object_begin(out, "export");
	json_string(out, "file", export->options->file);
	json_u64_str(out, "records", export->records);
	json_u64_str(out, "rotations", export->rotations);
	json_u64_str(out, "failures", export->failures);
	if (export->error)
		json_string(out, "error", why(export->error));
	json_object_end(out);
}

static int export_open(struct export *export)
{
	struct loop *loop = agent_loop(export->agent);
	const struct export_file_options file = {
		.path = export->options->file,
		.max_bytes = export->options->max_bytes,
		.max_backups = export->options->max_backups,
		.compress = export->options->compress,
	};
	int r = export_is_stdout(export->options) ? 0 : export_file_new(&export->file, &file);

	if (!r)
		r = loop_add_timer(loop, 0, 0, slice_due, export, &export->slice_timer);
	if (!r)
		r = loop_add_timer(loop, 0, 0, retry, export, &export->retry_timer);
	if (!r)
		r = worker_new(&export->worker, loop);
	if (!r)
		r = export_filter_new(&export->query.filter, &export->options->allow,
				      &export->options->deny);
	if (!r)
		r = export_mask_new(&export->mask, &export->options->mask);
	if (!r)
		r = flow_query_start(&export->query, export->agent->history);
	if (r)
		return r;
	export->has_events = !export->options->allow.count;
	(void)event_reader_begin(&export->events, export->agent, "agent_event",
				 export->agent->agent_events,
				 &(struct log_query){ .since_ns = 1, .follow = true });
	lost_events_start(&export->lost_events, export->agent);
	give(export); /* makes the file, and tells at once if that is not possible */
	return 0;
}

int export_new(struct export **ret, struct agent *agent, const struct export_options *options)
{
	struct export *export = calloc(1, sizeof(*export));
	int r;

	if (!export)
		return -ENOMEM;
	export->agent = agent;
	export->options = options;
	export->query.log.follow = true;
	export->query.context = &agent->context;
	export->retry_ms = RETRY_FIRST_MS;
	export->batch = (struct batch){
		.job = { .run = batch_run, .done = batch_done },
		.export = export,
	};
	r = export_open(export);
	if (r) {
		export_free(&export);
		return r;
	}
	*ret = export;
	return 0;
}

void export_free(struct export **at)
{
	struct export *export = TAKE_PTR(*at);

	if (!export)
		return;
	if (export->worker) {
		export->is_ending = true;
		fill_events(export, true);
		fill(export, 0, true);
		give_next(export);
		worker_free(&export->worker);
	}
	if (export->batch.records + export->filling_records)
		log_warn(export->error, "--export-file %s: %" PRIu64 " records are not in it",
			 export->options->file, export->batch.records + export->filling_records);
	watch_free(&export->slice_timer);
	watch_free(&export->retry_timer);
	export_file_free(&export->file);
	filter_free(&export->query.filter);
	record_mask_free(&export->mask);
	buf_done(&export->batch.lines);
	buf_done(&export->filling);
	free(export);
}
