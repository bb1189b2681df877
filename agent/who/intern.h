/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts that many have in common, each held once and counted. Two are the same if their pointers are.
 */
#pragma once

struct intern;

int intern_new(struct intern **ret);
/* Every text must have been given back. */
void intern_free(struct intern **at);

/* The text, held until it is given back as often as it was got. NULL: no memory. */
const char *intern_get(struct intern *intern, const char *text);
/* Sets *at to NULL, which is fine as well. */
void intern_put(struct intern *intern, const char **at);
