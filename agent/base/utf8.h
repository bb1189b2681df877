/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that comes from outside: what of it is UTF-8 (RFC 3629), what a terminal must not be shown
 * as it is, and copies of a bounded length.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_NONE    UINT32_MAX /* no code point: the byte is no part of UTF-8 */
#define UTF8_LONGEST 4		/* bytes of a code point */

/*
 * The code point that the text begins with, of which len > 0 bytes are there, and how many of them
 * it takes; UTF8_NONE takes one.
 */
uint32_t utf8_decode(const char *text, size_t len, size_t *ret_taken);
/*
 * Control characters (C0, DEL, C1), and those that break or reorder a line: separators of lines and
 * paragraphs, marks and overrides of the direction of writing.
 */
bool utf8_is_unsafe(uint32_t point);
/*
 * A string of valid UTF-8, at most size - 1 bytes (size >= 4) long and ended by a NUL. What is no
 * UTF-8, and each NUL, becomes U+FFFD; a text that does not fit is cut between two characters and
 * ends in U+2026. Control characters stay: who prints escapes them. Returns its length.
 */
size_t utf8_clip(char *to, size_t size, const char *bytes, size_t len);
