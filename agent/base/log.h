/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages for people, on stderr. Under the journal (JOURNAL_STREAM names our stderr) a line
 * carries its <N> priority and no program name. A level that is off costs one comparison. Control
 * characters and what is no UTF-8 are shown as '?', a text of several lines becomes as many. errno
 * is left alone.
 */
#pragma once

#include <stdarg.h>

enum log_level {
	LOG_LEVEL_ERR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* program: the prefix of each line ("weir-agent"); not copied. */
void log_init(const char *program, enum log_level max);
enum log_level log_max_level(void);
void log_set_max_level(enum log_level max);

/* Prints the text and, where error is not 0, ": " and its strerror. error: -errno or 0. Returns error. */
int log_at(enum log_level level, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int log_vat(enum log_level level, int error, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

#define log_err(error, ...)  log_at(LOG_LEVEL_ERR, (error), __VA_ARGS__)
#define log_warn(error, ...) log_at(LOG_LEVEL_WARN, (error), __VA_ARGS__)
#define log_info(...)	     ((void)log_at(LOG_LEVEL_INFO, 0, __VA_ARGS__))
#define log_debug(...)	     ((void)log_at(LOG_LEVEL_DEBUG, 0, __VA_ARGS__))
