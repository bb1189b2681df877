/* SPDX-License-Identifier: BSD-2-Clause */
/* What kubelet leaves in labels, names and log files: which pod a container belongs to. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct found;
struct listing;

/* Kubelet's own labels tell the pod; others are the container's or the pod's. */
void kube_label(struct listing *listing, struct found *found, struct text key, struct text value);
/* Docker's k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT; a sandbox's CONTAINER is POD. */
bool kube_docker_name(struct listing *listing, struct found *found, struct text name);
/*
 * The link /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log and what it points to,
 * /var/log/pods/NAMESPACE_POD_UID/CONTAINER/0.log; adds a container. False: it is no such link.
 */
bool kube_log_link(struct listing *listing, struct text link, struct text target);
