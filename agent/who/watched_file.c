// SPDX-License-Identifier: BSD-2-Clause
/*
 * inotify on three things: the file itself (a container's /etc/hosts is a mount, whose directory
 * hears nothing), the directory of its path (renames, a link that is turned), and the one that it
 * is in behind all links. Whatever they say, the file is looked at soon after, and loaded if it
 * is another one than before: by inode, size and times. It is looked at every half a minute anyway,
 * for what inotify cannot see: directories that come later, links further up, network file systems.
 *
 * A job does all that may block: it resolves the path, moves the watches, looks and loads.
 */
#include "watched_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "loop.h"
#include "worker.h"

#define SETTLE_MS 50	/* a writer may be busy: the events of a while are one */
#define LOOK_MS	  30000 /* look without being told */

#define DIR_EVENTS                                                                           \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR | \
	 IN_DELETE_SELF | IN_MOVE_SELF)
#define FILE_EVENTS (IN_CLOSE_WRITE | IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB)

enum watch_place {
	WATCH_DIR,
	WATCH_REAL_DIR,
	WATCH_FILE,
	WATCH_MAX,
};

struct version {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

struct job {
	struct worker_job job;
	struct watched_file *file; /* NULL: it was freed meanwhile */
	const struct watched_file_ops *ops;
	int inotify_fd; /* of its own; -1: none */
	int watches[WATCH_MAX];
	struct version version; /* in: the one that was looked at last */
	bool has_version;
	bool is_other; /* it was: then `result` and what follows are of this one */
	int result;
	void *loaded;
	char message[WATCHED_MESSAGE];
	char path[];
};

struct watched_file {
	struct loop *loop;
	struct worker *worker;
	const struct watched_file_ops *ops;
	void *ctx;
	char *path;
	const char *base; /* in path: behind the last slash */
	int inotify_fd;
	int watches[WATCH_MAX];
	struct watch *inotify_watch;
	struct watch *settle_timer, *look_timer;
	struct job *job; /* that is under way */
	bool is_dirty;	 /* look once more when it is done */
	bool is_settling;
	bool has_version;
	struct version version;
	struct watched_file_stats stats;
	char told[WATCHED_MESSAGE]; /* what was wrong when it was last said */
};

static bool version_is(const struct version *a, const struct version *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec &&
	       a->ctime.tv_sec == b->ctime.tv_sec && a->ctime.tv_nsec == b->ctime.tv_nsec;
}

static void watch_place(struct job *job, enum watch_place place, const char *path)
{
	int before = job->watches[place], now = -1;
	bool is_shared = false;

	if (job->inotify_fd < 0)
		return;
	if (path)
		now = inotify_add_watch(job->inotify_fd, path,
					place == WATCH_FILE ? FILE_EVENTS : DIR_EVENTS);
	job->watches[place] = now;
	for (int i = 0; i < WATCH_MAX; i++)
		is_shared = is_shared || job->watches[i] == before;
	if (before >= 0 && !is_shared)
		(void)inotify_rm_watch(job->inotify_fd, before);
}

/* The path up to its last slash, in place. */
static const char *dir_of(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	if (slash == path)
		return "/";
	*slash = '\0';
	return path;
}

/* Before the file is looked at: what changes from now on is heard of. */
static void job_watch(struct job *job)
{
	auto_free char *dir = strdup(job->path), *real = realpath(job->path, NULL);

	watch_place(job, WATCH_FILE, real);
	watch_place(job, WATCH_REAL_DIR, real ? dir_of(real) : NULL);
	watch_place(job, WATCH_DIR, dir ? dir_of(dir) : NULL);
}

static void job_run(struct worker_job *at)
{
	struct job *job = (struct job *)at;
	struct version version = { 0 };
	struct stat st;

	job_watch(job);
	if (stat(job->path, &st)) {
		job->result = -errno;
		snprintf(job->message, sizeof(job->message), "%s: %s", job->path,
			 strerror(-job->result));
	} else {
		version.dev = st.st_dev;
		version.ino = st.st_ino;
		version.size = st.st_size;
		version.mtime = st.st_mtim;
		version.ctime = st.st_ctim;
	}
	if (job->has_version && version_is(&version, &job->version))
		return;
	job->version = version;
	job->is_other = true;
	if (!job->result)
		job->result = job->ops->load(&job->loaded, job->path, job->message);
}

static void file_refuse(struct watched_file *file, const struct job *job)
{
	bool is_missing = job->result == -ENOENT && file->ops->is_optional;
	bool has_old = file->stats.loaded > 0;

	file->stats.refused++;
	file->stats.is_stale = has_old;
	if (is_missing || !strcmp(file->told, job->message))
		return;
	snprintf(file->told, sizeof(file->told), "%s", job->message);
	log_warn(0, "%s%s", job->message, has_old ? "; what it said before stays in use" : "");
}

/* Not put off by what comes meanwhile: there may be no end of it. */
static void file_settle(struct watched_file *file)
{
	if (!file->is_settling)
		watch_set_timer(file->settle_timer, SETTLE_MS, 0);
	file->is_settling = true;
}

static void file_result(struct watched_file *file, struct job *job)
{
	file->job = NULL;
	file->stats.is_loading = false;
	memcpy(file->watches, job->watches, sizeof(file->watches));
	if (job->is_other) {
		file->version = job->version;
		file->has_version = true;
	}
	if (job->is_other && job->result) {
		file_refuse(file, job);
	} else if (job->is_other) {
		file->stats.loaded++;
		file->stats.is_stale = false;
		file->told[0] = '\0';
		file->ops->take(file->ctx, TAKE_PTR(job->loaded));
	}
	if (file->is_dirty)
		file_settle(file);
}

static void job_done(struct worker_job *at)
{
	auto_free struct job *job = (struct job *)at;

	if (job->inotify_fd >= 0)
		close(job->inotify_fd);
	if (job->file)
		file_result(job->file, job);
	if (job->loaded)
		job->ops->drop(job->loaded);
}

/* Gives the worker a job, unless there is one. */
static int file_look(void *ctx)
{
	struct watched_file *file = ctx;
	size_t len = strlen(file->path) + 1;
	struct job *job;

	file->is_settling = false;
	file->is_dirty = file->job != NULL;
	if (file->job)
		return 0;
	job = calloc(1, sizeof(*job) + len);
	if (!job)
		return 0; /* the next look will be better off */
	job->job.run = job_run;
	job->job.done = job_done;
	job->file = file;
	job->ops = file->ops;
	job->inotify_fd = file->inotify_fd < 0 ? -1 : fcntl(file->inotify_fd, F_DUPFD_CLOEXEC, 3);
	memcpy(job->watches, file->watches, sizeof(job->watches));
	job->version = file->version;
	job->has_version = file->has_version;
	memcpy(job->path, file->path, len);
	file->job = job;
	file->stats.is_loading = true;
	worker_give(file->worker, &job->job);
	return 0;
}

/* Others may be busy in that directory. A link of a ConfigMap is called "..data". */
static bool is_about_us(const struct watched_file *file, const struct inotify_event *event)
{
	return !event->len || event->wd != file->watches[WATCH_DIR] ||
	       !strcmp(event->name, file->base) || !strncmp(event->name, "..", 2);
}

static int file_notified(void *ctx, uint32_t events)
{
	struct watched_file *file = ctx;
	char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool is_ours = false;
	ssize_t len;

	(void)events;
	len = read(file->inotify_fd, bytes, sizeof(bytes));
	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *event = (const void *)(bytes + at);

		is_ours = is_ours || is_about_us(file, event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	if (is_ours)
		file_settle(file);
	return 0;
}

static int file_open(struct watched_file *file, const char *path)
{
	const char *slash;
	int r = 0;

	file->path = strdup(path);
	if (!file->path)
		return -ENOMEM;
	slash = strrchr(file->path, '/');
	file->base = slash ? slash + 1 : file->path;
	for (int i = 0; i < WATCH_MAX; i++)
		file->watches[i] = -1;
	/* Where there are too many of these, looking every half a minute has to do. */
	file->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (file->inotify_fd < 0)
		log_warn(-errno, "%s: changes will be noticed late", path);
	else
		r = loop_add_fd(file->loop, file->inotify_fd, EPOLLIN, file_notified, file,
				&file->inotify_watch);
	if (!r)
		r = loop_add_timer(file->loop, 0, 0, file_look, file, &file->settle_timer);
	if (!r)
		r = loop_add_timer(file->loop, LOOK_MS, LOOK_MS, file_look, file,
				   &file->look_timer);
	return r ? r : file_look(file);
}

int watched_file_new(struct watched_file **ret, struct loop *loop, struct worker *worker,
		     const char *path, const struct watched_file_ops *ops, void *ctx)
{
	struct watched_file *file = calloc(1, sizeof(*file));
	int r;

	if (!file)
		return -ENOMEM;
	file->loop = loop;
	file->worker = worker;
	file->ops = ops;
	file->ctx = ctx;
	file->inotify_fd = -1;
	r = file_open(file, path);
	if (r) {
		watched_file_free(&file);
		return r;
	}
	*ret = file;
	return 0;
}

void watched_file_free(struct watched_file **at)
{
	struct watched_file *file = TAKE_PTR(*at);

	if (!file)
		return;
	if (file->job)
		file->job->file = NULL;
	watch_free(&file->inotify_watch);
	watch_free(&file->settle_timer);
	watch_free(&file->look_timer);
	if (file->inotify_fd >= 0)
		close(file->inotify_fd);
	free(file->path);
	free(file);
}

void watched_file_get_stats(const struct watched_file *file, struct watched_file_stats *ret)
{
	*ret = file->stats;
}
