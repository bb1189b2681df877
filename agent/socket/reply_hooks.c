// SPDX-License-Identifier: BSD-2-Clause
#include "socket/reply_hooks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/json_out.h"
#include "link/ifaces.h"

#define NOTE_SIZE 512

static const char *const hook_names[] = { [WEIR_INGRESS] = "ingress", [WEIR_EGRESS] = "egress" };

struct note {
	char text[NOTE_SIZE];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void note_add(struct note *note, const char *format,
							   ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(note->text + note->len, sizeof(note->text) - note->len, format, args);
	va_end(args);
	if (len > 0)
		note->len += (size_t)len;
	if (note->len >= sizeof(note->text))
		note->len = sizeof(note->text) - 1;
}

/* "behind cil_to_netdev (tcx, program 57) and 1 more at egress: what they end is not seen" */
static void note_ahead(struct note *note, const struct attach_ahead *ahead, const char *hook)
{
	note_add(note, "%sbehind %s (%s", note->len ? "; " : "",
		 ahead->name[0] ? ahead->name : "a program", attach_kind_to_str(ahead->kind));
	if (ahead->program)
		note_add(note, ", program %u", ahead->program);
	note_add(note, ")");
	if (ahead->count > 1)
		note_add(note, " and %u more", ahead->count - 1);
	note_add(note, " at %s: what %s not seen", hook,
		 ahead->count > 1 ? "they end is" : "it ends is");
}

static void reply_note(struct json_out *out, const struct watched *watched)
{
	struct note note = { .text = "" };

	if (watched->job) {
		json_string(out, "note", "being attached to");
		return;
	}
	note_add(&note, "%s", watched->note);
	if (watched->others.removed)
		note_add(&note, "%sremoved by others %" PRIu64 " times", note.len ? "; " : "",
			 watched->others.removed);
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		if (watched->others.ahead[hook].count)
			note_ahead(&note, &watched->others.ahead[hook], hook_names[hook]);
	}
	if (note.len)
		json_string(out, "note", note.text);
}

static void reply_ahead(struct json_out *out, const struct attach_ahead ahead[WEIR_HOOK_MAX])
{
	if (!ahead[WEIR_INGRESS].count && !ahead[WEIR_EGRESS].count)
		return;
	json_object_begin(out, "ahead");
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		const struct attach_ahead *first = &ahead[hook];

		if (!first->count)
			continue;
		json_object_begin(out, hook_names[hook]);
		json_u64(out, "count", first->count);
		json_string(out, "kind", attach_kind_to_str(first->kind));
		if (first->program)
			json_u64(out, "program", first->program);
		if (first->name[0])
			json_string(out, "name", first->name);
		json_object_end(out);
	}
	json_object_end(out);
}

void reply_hooks(struct json_out *out, const struct watched *watched)
{
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++)
		json_string(out, hook_names[hook], attach_kind_to_str(watched->hooks[hook].kind));
	if (watched->others.removed)
		json_u64(out, "removed", watched->others.removed);
	reply_ahead(out, watched->others.ahead);
	reply_note(out, watched);
}
