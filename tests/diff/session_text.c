// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sessions as text, one line for the interface and one for each step, so that what a run has found
 * can be kept and run again:
 *
 *   session ethernet slot=1 gso_max=65536,65536
 *   in tag=0005 gso=100/3 0200000000...
 *   xdp 0200000000...
 *   out linear=54 0200000000...{78*4200}
 *   mark 7
 *   reap 7 other-start
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "session.h"

#define RUN_MIN 12 /* equal bytes, from which on they are counted and not shown */

static const char *const ops[] = {
	[SESSION_PACKET] = "packet", [SESSION_MARK] = "mark",	[SESSION_REAP] = "reap",
	[SESSION_AGE] = "age",	     [SESSION_RETRY] = "retry", [SESSION_READ] = "read",
	[SESSION_KILL] = "kill",     [SESSION_BURY] = "bury",
};
_Static_assert(ARRAY_SIZE(ops) == SESSION_OP_MAX, "a name is missing");

static const char *const progs[] = {
	[SESSION_TC_IN] = "in",
	[SESSION_TC_OUT] = "out",
	[SESSION_XDP] = "xdp",
};
_Static_assert(ARRAY_SIZE(progs) == SESSION_PROG_MAX, "a name is missing");

static const char *const twists[] = {
	[SESSION_HONEST] = "",
	[SESSION_OTHER_START] = "other-start",
	[SESSION_MOVED] = "moved",
};
_Static_assert(ARRAY_SIZE(twists) == SESSION_TWIST_MAX, "a name is missing");

static const char *const kinds[] = {
	[SESSION_ETHERNET] = "ethernet",
	[SESSION_L3] = "l3",
	[SESSION_UNKNOWN] = "unknown",
};
_Static_assert(ARRAY_SIZE(kinds) == SESSION_KIND_MAX, "a name is missing");

static void print_bytes(const uint8_t *bytes, uint32_t len, FILE *to)
{
	for (uint32_t i = 0, n; i < len; i += n) {
		for (n = 1; i + n < len && bytes[i + n] == bytes[i];)
			n++;
		if (n >= RUN_MIN) {
			fprintf(to, "{%02x*%u}", bytes[i], n);
			continue;
		}
		for (uint32_t j = 0; j < n; j++)
			fprintf(to, "%02x", bytes[i]);
	}
}

void session_print_step(const struct session_step *step, FILE *to)
{
	if (step->op != SESSION_PACKET) {
		fprintf(to, "%s %u %s\n", ops[step->op], step->number, twists[step->twist]);
		return;
	}
	fputs(progs[step->prog], to);
	if (step->has_tag)
		fprintf(to, " tag=%04x", step->tci);
	if (step->protocol)
		fprintf(to, " protocol=%04x", step->protocol);
	if (step->linear)
		fprintf(to, " linear=%u", step->linear);
	if (step->gso_size)
		fprintf(to, " gso=%u/%u", step->gso_size, step->gso_segs);
	fputc(' ', to);
	print_bytes(step->bytes, step->len, to);
	fputc('\n', to);
}

void session_print(const struct session *session, FILE *to)
{
	fprintf(to, "session %s slot=%u gso_max=%u,%u%s\n", kinds[session->kind], session->slot,
		session->gso_max[0], session->gso_max[1], session->is_small ? " small" : "");
	for (size_t i = 0; i < session->len; i++)
		session_print_step(&session->steps[i], to);
}

static int find_name(const char *const *names, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

/* A number behind `name=`; false: the word is something else. */
static bool read_number(const char *word, const char *name, int base, unsigned long max,
			unsigned long *ret, const char **ret_rest)
{
	size_t len = strlen(name);
	char *end;

	if (strncmp(word, name, len) != 0)
		return false;
	*ret = strtoul(word + len, &end, base);
	*ret_rest = end;
	return end != word + len && *ret <= max;
}

static int read_setup(struct session *session, char *words)
{
	const char *rest;
	unsigned long n;

	for (char *save, *word = strtok_r(words, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		int kind = find_name(kinds, SESSION_KIND_MAX, word);

		if (kind >= 0) {
			session->kind = (uint8_t)kind;
		} else if (strcmp(word, "small") == 0) {
			session->is_small = true;
		} else if (read_number(word, "slot=", 10, UINT8_MAX, &n, &rest)) {
			session->slot = (uint8_t)n;
		} else if (read_number(word, "gso_max=", 10, UINT32_MAX, &n, &rest)) {
			session->gso_max[0] = (uint32_t)n;
			if (read_number(rest, ",", 10, UINT32_MAX, &n, &rest))
				session->gso_max[1] = (uint32_t)n;
		} else {
			return -EINVAL;
		}
	}
	return 0;
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Two digits and, after a brace, how often. Returns what is behind, NULL: that is no bytes. */
static const char *read_run(const char *text, uint8_t *ret_byte, unsigned long *ret_times)
{
	bool is_run = *text == '{';
	int high = digit_of(text[is_run]), low = high < 0 ? -1 : digit_of(text[is_run + 1]);
	const char *rest = text + 2;

	*ret_times = 1;
	if (low < 0)
		return NULL;
	*ret_byte = (uint8_t)(high << 4 | low);
	if (!is_run)
		return rest;
	if (!read_number(text + 3, "*", 10, SESSION_FRAME_MAX, ret_times, &rest) || *rest != '}')
		return NULL;
	return rest + 1;
}

/* Behind those that are there. */
static int read_bytes(struct session_step *step, const char *text)
{
	while (*text) {
		unsigned long times;
		uint8_t byte;

		text = read_run(text, &byte, &times);
		if (!text || step->len + times > SESSION_FRAME_MAX)
			return -EINVAL;
		memset(step->bytes + step->len, byte, times);
		step->len += (uint32_t)times;
	}
	return 0;
}

static int read_packet(struct session_step *step, char *words)
{
	const char *rest;
	unsigned long n;

	for (char *save, *word = strtok_r(words, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		if (read_number(word, "tag=", 16, UINT16_MAX, &n, &rest)) {
			step->has_tag = true;
			step->tci = (uint16_t)n;
		} else if (read_number(word, "protocol=", 16, UINT16_MAX, &n, &rest)) {
			step->protocol = (uint16_t)n;
		} else if (read_number(word, "linear=", 10, UINT16_MAX, &n, &rest)) {
			step->linear = (uint16_t)n;
		} else if (read_number(word, "gso=", 10, UINT16_MAX, &n, &rest)) {
			step->gso_size = (uint16_t)n;
			if (read_number(rest, "/", 10, UINT16_MAX, &n, &rest))
				step->gso_segs = (uint16_t)n;
		} else {
			int r = read_bytes(step, word);

			if (r)
				return r;
		}
	}
	return step->len < SESSION_FRAME_MIN ? -EINVAL : 0;
}

static int read_command(struct session_step *step, const char *words)
{
	char *end;
	int twist;

	step->number = (uint32_t)strtoul(words, &end, 10);
	twist = find_name(twists, SESSION_TWIST_MAX, end + strspn(end, " "));
	step->twist = (uint8_t)twist;
	return twist < 0 ? -EINVAL : 0;
}

static int parse_line(struct session *session, char *line)
{
	uint8_t bytes[SESSION_FRAME_MAX] = { 0 };
	struct session_step step = { .bytes = bytes };
	char *words = line + strcspn(line, " ");
	int prog, op, r;

	if (*words)
		*words++ = '\0';
	if (!*line || *line == '#')
		return 0;
	if (strcmp(line, "session") == 0)
		return read_setup(session, words);
	prog = find_name(progs, SESSION_PROG_MAX, line);
	op = prog >= 0 ? SESSION_PACKET : find_name(ops, SESSION_OP_MAX, line);
	if (op < 0 || (op == SESSION_PACKET && prog < 0))
		return -EINVAL;
	step.op = (uint8_t)op;
	step.prog = prog >= 0 ? (uint8_t)prog : 0;
	r = prog >= 0 ? read_packet(&step, words) : read_command(&step, words);
	return r ? r : session_add(session, &step);
}

int session_parse(struct session *ret, const char *text, size_t *ret_line)
{
	auto_session struct session session = { .gso_max = { 65536, 65536 } };
	auto_free char *copy = strdup(text);
	size_t number = 0;

	if (!copy)
		return -ENOMEM;
	for (char *line = copy, *next; line; line = next) {
		int r;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		number++;
		r = parse_line(&session, line);
		if (r) {
			*ret_line = number;
			return r;
		}
	}
	*ret = session;
	session = (struct session){ 0 };
	return 0;
}
