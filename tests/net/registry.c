// SPDX-License-Identifier: BSD-2-Clause
/*
 * The registry of containers by itself, for tests with real runtimes: commands come by lines on
 * stdin, and each dump is one line of JSON on stdout.
 *
 * usage: registry [--root DIR] [--no-files] [SOCKET...]
 * lines: want ID | gone ID | dump
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "base/log.h"
#include "loop.h"

#include "who/containers.h"
#include "who/runtime.h"

struct registry {
	struct loop *loop;
	struct containers *containers;
	struct runtime *runtime;
	struct buf in;
};

static void put_labels(struct json_out *out, const struct label *labels, unsigned int count)
{
	struct json_out inner;

	json_object_begin(out, "labels");
	inner = *out;
	for (unsigned int i = 0; i < count; i++) {
		/* Keys of the writer are literals: these are not. */
		if (inner.need_comma)
			buf_append_char(out->buf, ',');
		inner.need_comma = false;
		json_string(&inner, NULL, labels[i].key);
		buf_append_char(out->buf, ':');
		inner.need_comma = false;
		json_string(&inner, NULL, labels[i].value);
	}
	*out = inner;
	json_object_end(out);
}

static void put_net(struct json_out *out, const struct found_net *net)
{
	char text[ADDR_TEXT_SIZE];

	json_array_begin(out, "ips");
	for (unsigned int i = 0; i < net->ip_count; i++) {
		static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff };

		addr_to_str(net->ips[i], memcmp(net->ips[i], v4, sizeof(v4)) ? 6 : 4, text);
		json_string(out, NULL, text);
	}
	json_array_end(out);
	json_bool(out, "host", net->is_host);
	json_string(out, "netns", net->netns ? net->netns : "");
}

static bool put_container(void *ctx, struct container *container)
{
	struct json_out *out = ctx;

	json_object_begin(out, NULL);
	json_string(out, "id", container->id);
	json_string(out, "name", container->name);
	json_string(out, "image", container->image);
	json_string(out, "runtime", container->runtime);
	json_bool(out, "sandbox", container->is_sandbox);
	json_bool(out, "gone", container->is_gone);
	json_string(out, "pod", container->pod ? container->pod->uid : "");
	json_u64(out, "pid", container->pid);
	put_labels(out, container->labels, container->label_count);
	put_net(out, &container->net);
	json_object_end(out);
	return true;
}

static bool put_pod(void *ctx, struct pod *pod)
{
	struct json_out *out = ctx;

	json_object_begin(out, NULL);
	json_string(out, "namespace", pod->namespace);
	json_string(out, "name", pod->name);
	json_string(out, "uid", pod->uid);
	json_string(out, "runtime", pod->runtime);
	json_string(out, "sandbox", pod->sandbox_id ? pod->sandbox_id : "");
	json_string(out, "workload", pod->workload.name);
	json_string(out, "kind", pod->workload.kind);
	json_u64(out, "live", pod->live);
	json_u64(out, "pid", pod->pid);
	json_bool(out, "details", pod->has_details);
	put_labels(out, pod->labels, pod->label_count);
	put_net(out, &pod->net);
	json_object_end(out);
	return true;
}

static void put_places(struct json_out *out, const struct runtime *runtime)
{
	struct runtime_state states[RUNTIME_SOCKETS_MAX];
	size_t count = runtime_states(runtime, states, ARRAY_SIZE(states));

	json_array_begin(out, "places");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(out, NULL);
		json_string(out, "kind", states[i].kind);
		json_string(out, "path", states[i].path);
		json_bool(out, "there", states[i].is_there);
		json_bool(out, "answered", states[i].has_answered);
		json_i64(out, "error", states[i].error);
		json_u64(out, "asked", states[i].asked);
		json_object_end(out);
	}
	json_array_end(out);
}

static void dump(const struct registry *registry)
{
	struct runtime_sums sums = runtime_sums(registry->runtime);
	auto_buf struct buf buf = { 0 };
	struct json_out out = { .buf = &buf };

	json_object_begin(&out, NULL);
	json_array_begin(&out, "containers");
	containers_each(registry->containers, put_container, &out);
	json_array_end(&out);
	json_array_begin(&out, "pods");
	containers_each_pod(registry->containers, put_pod, &out);
	json_array_end(&out);
	put_places(&out, registry->runtime);
	json_u64(&out, "asked", sums.asked);
	json_u64(&out, "failed", sums.failed);
	json_u64(&out, "unknown", sums.unknown);
	json_object_end(&out);
	printf("%.*s\n", (int)buf_len(&buf), buf_bytes(&buf));
	fflush(stdout);
}

static void on_line(struct registry *registry, char *line)
{
	if (!strncmp(line, "want ", 5))
		runtime_want(registry->runtime, line + 5);
	else if (!strncmp(line, "gone ", 5))
		runtime_gone(registry->runtime, line + 5);
	else if (!strcmp(line, "dump"))
		dump(registry);
	else
		fprintf(stderr, "registry: what is '%s'?\n", line);
}

static int on_input(void *ctx, uint32_t events)
{
	struct registry *registry = ctx;
	char bytes[4096], *line, *end;
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	(void)events;
	if (n <= 0) {
		loop_stop(registry->loop, 0);
		return 0;
	}
	buf_append(&registry->in, bytes, (size_t)n);
	while (buf_len(&registry->in) &&
	       (end = memchr(buf_bytes(&registry->in), '\n', buf_len(&registry->in)))) {
		line = registry->in.data + registry->in.start;
		*end = '\0';
		on_line(registry, line);
		buf_consume(&registry->in, (size_t)(end + 1 - line));
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct runtime_options options = { 0 };
	struct registry registry = { 0 };
	struct watch *input;

	log_init("registry", LOG_LEVEL_DEBUG);
	for (argv++, argc--; argc && argv[0][0] == '-'; argv++, argc--) {
		if (!strcmp(*argv, "--no-files"))
			options.no_files = true;
		else if (!strcmp(*argv, "--root") && argc > 1)
			options.root = (argc--, *++argv);
	}
	if (argc) {
		options.sockets = (const char *const *)argv;
		options.socket_count = (size_t)argc;
	}
	if (loop_new(&registry.loop) || containers_new(&registry.containers, NULL, NULL) ||
	    runtime_new(&registry.runtime, registry.loop, registry.containers, &options) ||
	    loop_add_fd(registry.loop, STDIN_FILENO, EPOLLIN, on_input, &registry, &input))
		return 1;
	loop_run(registry.loop);
	watch_free(&input);
	runtime_free(&registry.runtime);
	containers_free(&registry.containers);
	loop_free(&registry.loop);
	buf_done(&registry.in);
	return 0;
}
