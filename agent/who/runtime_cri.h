/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What answers of the container runtime interface say, as protobuf: each adds what it tells to a
 * listing. want_all: those that have ended too. -EPROTO: it is no such answer.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct listing;

int cri_sandboxes(struct listing *listing, struct text answer, const char *runtime, bool want_all);
int cri_containers(struct listing *listing, struct text answer, const char *runtime, bool want_all);
/* Of one sandbox, verbose. */
int cri_status(struct listing *listing, struct text answer);
/* A constant. NULL: it is no such answer. */
const char *cri_runtime(struct text answer);
