/* SPDX-License-Identifier: BSD-2-Clause */
/* Docker's list of containers. */
#pragma once

#include <stddef.h>

#include "base/text.h"

struct listing;
struct runtime_ask;

#define DOCKER_TARGET_SIZE 4096

/* GET /containers/json. 0 or -EBADMSG, -ENOMEM. */
int docker_containers(struct listing *listing, struct text json);
/* The target of a list, with the question's ids as a filter; they must be ids. */
void docker_filter(char *ret, size_t size, const char *target, const struct runtime_ask *ask);
