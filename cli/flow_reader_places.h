/* SPDX-License-Identifier: BSD-2-Clause */
/* Where in a GetFlowsResponse each field stands: fills a struct flow_reader_values. */
#pragma once

#include "json_fields.h"

extern const struct json_field flow_reader_places[];
