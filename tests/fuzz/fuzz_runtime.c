// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whatever a container runtime answers: the first byte says which one and to which question, the
 * rest is the answer. What is made of it has its bounds, and the registry stays whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"

#include "who/call.h"
#include "who/containers.h"
#include "who/grpc.h"
#include "who/http_get.h"
#include "who/kube.h"
#include "who/oci_config.h"
#include "who/runtime_cri.h"
#include "who/runtime_docker.h"
#include "who/runtime_podman.h"
#include "who/runtime_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_so)
{
	if (!is_so)
		abort();
}

static void check_text(const char *text, size_t max)
{
	check(text && strlen(text) <= max);
}

static void check_found(const struct found *found)
{
	check(found_is_id(text_from_str(found->id)));
	check_text(found->name, FOUND_NAME_MAX);
	check_text(found->image, FOUND_NAME_MAX);
	check_text(found->runtime, FOUND_NAME_MAX);
	check_text(found->sandbox_id, FOUND_NAME_MAX);
	check_text(found->pod_namespace, FOUND_NAME_MAX);
	check_text(found->pod_name, FOUND_NAME_MAX);
	check_text(found->pod_uid, FOUND_NAME_MAX);
	check(found->label_count <= LABELS_MAX && found->net.ip_count <= FOUND_IPS_MAX);
	for (unsigned int i = 0; i < found->label_count; i++) {
		check_text(found->labels[i].key, LABEL_KEY_MAX);
		check_text(found->labels[i].value, LABEL_VALUE_MAX);
	}
	if (found->net.netns)
		check_text(found->net.netns, FOUND_PATH_MAX);
}

/* Twice, so that what is there is told again; then all of it goes. */
static void tell_registry(const struct listing *listing)
{
	struct containers *containers;

	if (containers_new(&containers, NULL, NULL))
		return;
	for (unsigned int pass = 0; pass < 2; pass++) {
		containers_begin(containers);
		for (size_t i = pass; i < listing->count; i++) {
			containers_tell(containers, &listing->items[i], 0,
					(uint8_t)(listing->items[i].is_sandbox + pass));
			containers_tell_details(containers, &listing->items[i]);
		}
		containers_end(containers, 0, 1);
	}
	containers_begin(containers);
	containers_end(containers, 0, 1);
	(void)containers_expire(containers, 2 * CONTAINERS_KEEP_NS);
	check(!containers_sums(containers).containers && !containers_sums(containers).pods &&
	      !containers_sums(containers).bytes);
	containers_free(&containers);
}

/* What a peer says to a call of ours, however much of it is HTTP/2. */
static void call_grpc(struct text said)
{
	struct call call = { .cancel_fd = -1, .limit_ns = 1000000000 };
	auto_buf struct buf answer = { 0 };
	struct grpc *grpc;
	int ends[2];

	if (said.len > 65536 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return;
	(void)!write(ends[1], said.bytes, said.len);
	shutdown(ends[1], SHUT_WR);
	if (!grpc_open_fd(&grpc, &call, ends[0])) {
		(void)grpc_unary(grpc, "/a.B/C", "x", 1, &answer);
		grpc_close(&grpc);
	}
	close(ends[1]);
}

static void take(struct listing *listing, unsigned int which, struct text text)
{
	char ids[1][FOUND_ID_MAX + 1] = { "a1" };
	struct runtime_ask ask = { .root = "/nowhere", .ids = ids, .id_count = which & 16 ? 1 : 0 };
	const char *end = text.len ? memchr(text.bytes, '\n', text.len) : NULL;
	size_t first = end ? (size_t)(end - text.bytes) : text.len;
	struct text body;

	switch (which & 15) {
	case 0:
		(void)docker_containers(listing, text);
		break;
	case 1:
		(void)podman_containers(listing, text);
		break;
	case 2:
		(void)podman_storage(&ask, listing, "/nowhere", text);
		break;
	case 3:
		(void)oci_config(listing, text_from_str("a1"), text, "containerd", NULL);
		break;
	case 4:
		(void)cri_sandboxes(listing, text, "containerd", which & 16);
		break;
	case 5:
		(void)cri_containers(listing, text, "containerd", which & 16);
		break;
	case 6:
		(void)cri_status(listing, text);
		break;
	case 7:
		(void)cri_runtime(text);
		break;
	case 8:
		(void)kube_log_link(listing, (struct text){ text.bytes, first },
				    (struct text){ text.bytes + first, text.len - first });
		break;
	case 9:
		if (!http_parse(text, &body, NULL))
			(void)docker_containers(listing, body);
		break;
	case 10:
		call_grpc(text);
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_listing struct listing *listing = listing_new();
	/* Without a NUL behind it: the sanitizer sees a byte read too many. */
	auto_free char *bytes = malloc(size ? size : 1);

	if (!bytes || !listing || !size)
		return 0;
	memcpy(bytes, data + 1, size - 1);
	take(listing, data[0], (struct text){ bytes, size - 1 });
	for (size_t i = 0; i < listing->count; i++)
		check_found(&listing->items[i]);
	tell_registry(listing);
	return 0;
}
