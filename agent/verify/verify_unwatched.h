/* SPDX-License-Identifier: BSD-2-Clause */
/* Verify's lines of interfaces that should be attached to and are not, or not wholly. */
#pragma once

struct ifaces;
struct verify_report;

/* A line for each, which has failed. Of those that are being attached to there is nothing to say. */
void unwatched_write(const struct ifaces *ifaces, struct verify_report *report);
