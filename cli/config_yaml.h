/* SPDX-License-Identifier: BSD-2-Clause */
/* The only module that knows libyaml. */
#pragma once

#include <stddef.h>

struct config_file;

/* The path is for messages, which name the line. -EINVAL or -ENOMEM after one. */
int config_yaml_read(struct config_file *file, const char *path, const char *text, size_t len);
