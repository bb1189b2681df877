/* SPDX-License-Identifier: BSD-2-Clause */
/* What both sides of the socket must know of a request's bounds (schema 5). */
#pragma once

/* Verify: how long it counts. */
#define VERIFY_FOR_MIN_NS     1000000ULL       /* 1ms */
#define VERIFY_FOR_MAX_NS     3600000000000ULL /* 1h */
#define VERIFY_FOR_DEFAULT_NS 5000000000ULL    /* 5s */
