// SPDX-License-Identifier: BSD-2-Clause
/*
 * What kubelet does with a container runtime, by hand: makes pods and containers through the
 * container runtime interface, and removes them.
 *
 * usage: cri SOCKET pod NAMESPACE NAME UID [--host] [KEY=VALUE...]       prints the sandbox's id
 *        cri SOCKET run SANDBOX NAMESPACE POD UID IMAGE NAME COMMAND...  prints the container's id
 *        cri SOCKET remove SANDBOX                                       with all in it
 *        cri SOCKET version
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"

#include "who/call.h"
#include "who/grpc.h"

#define NODE 2 /* NamespaceMode */

static struct grpc *grpc;

/* ---- protobuf: a number, a text, a message in a message ---- */

static void put_varint(struct buf *buf, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		buf_append_char(buf, (char)(value | 0x80));
	buf_append_char(buf, (char)value);
}

static void put_bytes(struct buf *buf, unsigned int field, const void *bytes, size_t len)
{
	put_varint(buf, field << 3 | 2);
	put_varint(buf, len);
	buf_append(buf, bytes, len);
}

static void put_text(struct buf *buf, unsigned int field, const char *text)
{
	put_bytes(buf, field, text, strlen(text));
}

/* Empties the message. */
static void put_message(struct buf *buf, unsigned int field, struct buf *message)
{
	put_bytes(buf, field, buf_bytes(message), buf_len(message));
	buf_truncate(message, 0);
}

static void put_number(struct buf *buf, unsigned int field, uint64_t number)
{
	put_varint(buf, field << 3);
	put_varint(buf, number);
}

static void put_pair(struct buf *buf, unsigned int field, const char *key, const char *value)
{
	auto_buf struct buf pair = { 0 };

	put_text(&pair, 1, key);
	put_text(&pair, 2, value);
	put_message(buf, field, &pair);
}

/* ---- calls ---- */

static void call_or_exit(const char *method, const struct buf *request, struct buf *answer)
{
	char path[96];
	int r;

	snprintf(path, sizeof(path), "/runtime.v1.RuntimeService/%s", method);
	r = grpc_unary(grpc, path, buf_bytes(request), buf_len(request), answer);
	if (!r)
		return;
	fprintf(stderr, "cri: %s: %s, status %d\n", method, strerror(-r), grpc_status(grpc));
	exit(1);
}

/* The first field of an answer is an id. */
static void print_id(const struct buf *answer)
{
	const uint8_t *bytes = (const uint8_t *)buf_bytes(answer);
	size_t len = buf_len(answer);

	if (len < 2 || bytes[0] != (1 << 3 | 2) || bytes[1] > len - 2 || bytes[1] > 0x7f) {
		fprintf(stderr, "cri: no id\n");
		exit(1);
	}
	printf("%.*s\n", bytes[1], (const char *)bytes + 2);
}

static void pod_labels(struct buf *buf, unsigned int field, char **pod)
{
	put_pair(buf, field, "io.kubernetes.pod.namespace", pod[0]);
	put_pair(buf, field, "io.kubernetes.pod.name", pod[1]);
	put_pair(buf, field, "io.kubernetes.pod.uid", pod[2]);
}

/* PodSandboxConfig; pod: NAMESPACE NAME UID. */
static void put_sandbox_config(struct buf *buf, unsigned int field, char **pod, char **labels,
			       bool is_host)
{
	auto_buf struct buf config = { 0 }, part = { 0 }, inner = { 0 };

	put_text(&part, 1, pod[1]);
	put_text(&part, 2, pod[2]);
	put_text(&part, 3, pod[0]);
	put_message(&config, 1, &part);
	if (!is_host)
		put_text(&config, 2, pod[1]); /* hostname */
	pod_labels(&config, 6, pod);
	for (; labels && *labels; labels++) {
		char *value = strchr(*labels, '=');

		if (!value)
			continue;
		*value = '\0';
		put_pair(&config, 6, *labels, value + 1);
	}
	if (is_host) {
		put_number(&inner, 1, NODE);
		put_message(&part, 1, &inner); /* namespace_options */
		put_message(&inner, 2, &part); /* security_context */
		put_message(&config, 8, &inner);
	}
	put_message(buf, field, &config);
}

static void make_pod(char **pod, char **rest)
{
	auto_buf struct buf request = { 0 }, answer = { 0 };
	bool is_host = *rest && !strcmp(*rest, "--host");

	put_sandbox_config(&request, 1, pod, rest + is_host, is_host);
	call_or_exit("RunPodSandbox", &request, &answer);
	print_id(&answer);
}

static void make_container(const char *sandbox, char **pod, const char *image, const char *name,
			   char **command)
{
	auto_buf struct buf request = { 0 }, answer = { 0 }, config = { 0 }, part = { 0 };

	put_text(&part, 1, name);
	put_message(&config, 1, &part);
	put_text(&part, 1, image);
	put_message(&config, 2, &part);
	for (; *command; command++)
		put_text(&config, 3, *command);
	pod_labels(&config, 9, pod);
	put_pair(&config, 9, "io.kubernetes.container.name", name);
	put_text(&request, 1, sandbox);
	put_message(&request, 2, &config);
	put_sandbox_config(&request, 3, pod, NULL, false);
	call_or_exit("CreateContainer", &request, &answer);
	print_id(&answer);
	/* The answer to the one is the question of the other. */
	buf_truncate(&request, 0);
	buf_append(&request, buf_bytes(&answer), buf_len(&answer));
	call_or_exit("StartContainer", &request, &answer);
}

static void remove_pod(const char *sandbox)
{
	auto_buf struct buf request = { 0 }, answer = { 0 };

	put_text(&request, 1, sandbox);
	call_or_exit("StopPodSandbox", &request, &answer);
	call_or_exit("RemovePodSandbox", &request, &answer);
}

int main(int argc, char **argv)
{
	struct call call = { .cancel_fd = -1, .limit_ns = 60000000000ULL };
	auto_buf struct buf none = { 0 }, answer = { 0 };
	const char *what = argc > 2 ? argv[2] : "";
	int r;

	if (argc < 3)
		return 2;
	r = grpc_open(&grpc, &call, argv[1]);
	if (r) {
		fprintf(stderr, "cri: %s: %s\n", argv[1], strerror(-r));
		return 1;
	}
	if (!strcmp(what, "pod") && argc >= 6)
		make_pod(argv + 3, argv + 6);
	else if (!strcmp(what, "run") && argc >= 9)
		make_container(argv[3], argv + 4, argv[7], argv[8], argv + 9);
	else if (!strcmp(what, "remove") && argc == 4)
		remove_pod(argv[3]);
	else if (!strcmp(what, "version"))
		call_or_exit("Version", &none, &answer);
	else
		return 2;
	grpc_close(&grpc);
	return 0;
}
